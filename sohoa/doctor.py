"""`sohoa doctor`: is everything in place, and what to do if not. Looks at everything even when one thing is wrong."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import packages_distributions

from flows.house import House
from flows.keyring import Keyring
from flows.traces import traces_to
from pipeline.seal.fonts import SERIF
from pipeline.seal.raising import Authorities
from pipeline.seal.raising import try_out as try_out_time_stamps
from pipeline.tools import Tool, leptonica, poppler, tesseract
from pipeline.workers import Workers
from schemas.problem import STORE_CONTRACT, TOOL_MISSING, Exit, ProblemError, refused_by_system
from schemas.report import Finding, StoreCheck, StorePromise
from schemas.settings import Settings
from storage.contract import check_store

_TAKE_AWAY = "Take the right to delete from the credentials, or have the bucket lock its objects."
_FREE_BYTES = 2 * 1024**3
_OURS = ("sohoa", "flows", "pipeline", "schemas", "storage")


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each thing that Sohoa needs."""
    for look in (_programs, _workers, _disk, _packages, _keys, _time_stamps, _store, _catalog, _traces):
        yield from _safely(look, settings)


def _safely(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from look(settings)
    except ProblemError as error:
        yield _finding(error)
    except OSError as error:
        yield _finding(refused_by_system(error))


def _finding(error: ProblemError) -> Finding:
    problem = error.problem
    return Finding(
        name=problem.title,
        state="bad",
        detail=f"{problem.file}: {problem.detail}" if problem.file else problem.detail,
        remedy=problem.remedy,
        exit_code=error.kind.exit_code,
    )


def _programs(_settings: Settings) -> Iterator[Finding]:
    font = Tool("signature font", SERIF.name if SERIF.exists() else None, "fonts-liberation2")
    for tool in (*tesseract.tools(), poppler.tool(), leptonica.tool(), font):
        yield _tool(tool)


def _tool(tool: Tool) -> Finding:
    if tool.version is not None:
        return Finding(name=tool.name, state="good", detail=tool.version)
    return Finding(
        name=tool.name,
        state="bad",
        detail="is not installed",
        remedy=f"Run: apt-get install {tool.package}",
        exit_code=TOOL_MISSING.exit_code,
    )


def _workers(settings: Settings) -> Iterator[Finding]:
    with Workers(settings.workers, settings.limits) as workers:
        yield Finding(name="workers", state="good", detail=f"{workers.count} processes of one thread each")


def _disk(settings: Settings) -> Iterator[Finding]:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    detail = f"{free / 1024**3:.1f} GiB free in {settings.home}"
    if free >= _FREE_BYTES:
        yield Finding(name="disk", state="good", detail=detail)
    else:
        yield Finding(
            name="disk", state="warning", detail=detail, remedy="Free some space: scans are about 1 MB a page."
        )


def _packages(_settings: Settings) -> Iterator[Finding]:
    """Our import names are common words: another distribution that ships one would overwrite files without a word."""
    shipped = packages_distributions()
    others = {name: set(shipped.get(name, ())) - {"sohoa"} for name in _OURS}
    for name, culprits in others.items():
        if culprits:
            yield Finding(
                name=f"package {name}",
                state="bad",
                detail=f"is also shipped by {', '.join(sorted(culprits))}",
                remedy="Install Sohoa alone, from its lock file, into an environment of its own.",
                exit_code=Exit.BAD_CONFIGURATION,
            )
    if not any(others.values()):
        yield Finding(name="packages", state="good", detail="no other distribution ships our import names")


def _keys(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    for name, signer, is_selfmade in Keyring.open(settings, now).held():
        days = (signer.certificate.not_valid_after_utc - now).days
        detail = f"{signer.name}, until {signer.certificate.not_valid_after_utc:%Y-%m-%d}"
        if is_selfmade:
            remedy = f"Set signing.{name}.pkcs12 or .pkcs11 to a real key before any copy is meant to have legal value."
            yield Finding(
                name=f"{name} key", state="warning", detail=f"{detail}; self-made, for trying out", remedy=remedy
            )
        elif days < 0:
            yield Finding(
                name=f"{name} key",
                state="bad",
                detail=f"{detail}: it has expired",
                remedy="Get a new certificate.",
                exit_code=Exit.BAD_CONFIGURATION,
            )
        else:
            yield Finding(name=f"{name} key", state="good", detail=f"{detail} ({days} days)")


def _time_stamps(settings: Settings) -> Iterator[Finding]:
    signing = settings.signing
    if signing.time_stamps is not None:
        stated = try_out_time_stamps(Authorities(signing.time_stamps, signing.time_stamp_seconds))
        yield Finding(name="time-stamps", state="good", detail=f"level {signing.level}; the authority says {stated}")


def _store(settings: Settings) -> Iterator[Finding]:
    result = examine_store(settings)
    yield Finding(name="store", state="good", detail=result.server)
    for promise in result.promises:
        yield _promise(promise)


def examine_store(settings: Settings) -> StoreCheck:
    """Return what the configured store promises and keeps."""
    return check_store(House.open(settings, needs_catalog=False).store, datetime.now(UTC))


def _promise(promise: StorePromise) -> Finding:
    name = f"store: {promise.check}"
    if promise.ok:
        return Finding(name=name, state="good", detail=promise.detail)
    if not promise.needed:
        return Finding(name=name, state="warning", detail=promise.detail, remedy=_TAKE_AWAY)
    return Finding(
        name=name,
        state="bad",
        detail=promise.detail,
        remedy=STORE_CONTRACT.remedy,
        exit_code=STORE_CONTRACT.exit_code,
    )


def _catalog(settings: Settings) -> Iterator[Finding]:
    counts = House.open(settings).catalog.counts()
    detail = f"{counts.records} records, {counts.review} of them in review; {counts.waiting} submissions wait"
    detail += f", and {counts.drafted} to be signed at their stations" if counts.drafted else ""
    yield Finding(name="catalog", state="good", detail=detail)


def _traces(settings: Settings) -> Iterator[Finding]:
    endpoint = settings.traces.endpoint
    if endpoint is None:
        return
    traces_to(endpoint)
    from flows.collector import takes_traces

    if takes_traces(endpoint):
        yield Finding(name="traces", state="good", detail="the collector takes them")
    else:
        remedy = "Look at traces.endpoint and the collector; nothing else waits for it."
        yield Finding(name="traces", state="warning", detail="the collector does not take them", remedy=remedy)
