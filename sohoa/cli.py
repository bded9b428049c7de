"""The command line. Each verb parses its words, makes one call and prints what came of it.

Heavy packages are imported inside the verbs that need them, so that `--help` is instant.
"""

import io
import os
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TextIO, TypeVar, get_args

import click

from schemas.lookup import Basis
from schemas.problem import INTEGRITY_MISMATCH, INTERNAL, Exit, ProblemError, refused_by_system
from schemas.report import Extraction, Ingestion
from schemas.settings import Loaded, Settings
from sohoa import console
from sohoa.audits import audit, receipt
from sohoa.backfills import backfill
from sohoa.backups import backup, restore
from sohoa.calibrations import calibration
from sohoa.catalogs import catalog
from sohoa.configuration import read_settings
from sohoa.horizons import horizon
from sohoa.issuers import issuers
from sohoa.owners import owner
from sohoa.records import record
from sohoa.reviews import review
from sohoa.scores import score
from sohoa.signers import signers
from sohoa.station.cli import station
from sohoa.stations import stations
from sohoa.tables import tables
from sohoa.tokens import token
from sohoa.verbs import PathWord, Verbs, json_option

Told = TypeVar("Told", Extraction, Ingestion)


class Configuration:
    """The settings of this command, read when a verb first asks for them."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    @cached_property
    def loaded(self) -> Loaded:
        """The settings and where each one came from."""
        return read_settings(self._file)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.loaded.settings


_scans = click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PathWord())


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--config", type=PathWord(), help="Configuration file instead of ./sohoa.toml.")
@click.version_option(package_name="sohoa")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """Sohoa turns paper into signed, reusable data: scans in, signed copies and records out."""
    context.obj = Configuration(config)


@cli.command(epilog="sohoa extract scan.pdf\nsohoa extract --json *.jpg | jq .fields.full_name.value")
@_scans
@json_option
@click.pass_obj
def extract(configuration: Configuration, paths: Sequence[Path], *, as_json: bool) -> Exit:
    """Read scans and print their fields. Signs nothing and stores nothing."""
    from sohoa.extracting import extract_files

    with console.file_progress(len(paths)) as progress:
        documents = extract_files(paths, configuration.settings, progress)
        statuses = _tell_each(documents, console.print_extraction, as_json=as_json)
    return batch_exit(refused=statuses["rejected"], done=statuses["ok"])


@cli.command(
    epilog="sohoa ingest scans/\n"
    "sohoa ingest --dossier H40.12-260331-0007 birth.pdf\n"
    "sohoa ingest --json scans/ > outcome.jsonl"
)
@_scans
@click.option("--dossier", metavar="CODE", help="Dossier code (mã hồ sơ) that the papers belong to.")
@click.option("--procedure", metavar="CODE", help="Procedure code (mã TTHC).")
@json_option
@click.pass_obj
def ingest(
    configuration: Configuration, paths: Sequence[Path], dossier: str | None, procedure: str | None, *, as_json: bool
) -> Exit:
    """Take scans in: signed copies and records in the warehouse. The main job.

    Running the same command again does no harm: what is stored already is found again, and what was cut off goes on.
    """
    from sohoa.ingesting import ingest_files

    documents = ingest_files(paths, configuration.settings, dossier_code=dossier, procedure_code=procedure)
    return _ingestion_exit(_tell_each(documents, console.print_ingestion, as_json=as_json))


@cli.command(
    epilog="sohoa lookup 040095001234 --purpose 1.001193 --dossier H40.12-260331-0007\n"
    "sohoa lookup 040095001234 --purpose 1.001193 --dossier H40.12-260331-0007 --type birth_certificate --json\n"
    "sohoa lookup 040095001234 --purpose 1.001193 --dossier H40.12-260331-0007 --known-at 2026-11-03T09:30:00+07:00\n"
    "sohoa lookup 040095001234 --purpose 1.001193 --dossier H40.12-260331-0007 --legal-basis court_or_police \\\n"
    "    --basis-document 45/YC-CSĐT"
)
@click.argument("owner", metavar="OWNER_ID")
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Only records of this type; may be repeated.")
@click.option("--valid-on", type=click.DateTime(["%Y-%m-%d"]), help="Valid on this day; today if not said.")
@click.option(
    "--known-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="As it was known at this moment of the past, whatever came later; a day alone is its beginning in Vietnam.",
)
@click.option("--purpose", metavar="CODE", required=True, help="Procedure that needs the record (mã TTHC).")
@click.option("--dossier", metavar="CODE", required=True, help="Dossier it is needed for (mã hồ sơ).")
@click.option(
    "--legal-basis",
    type=click.Choice(get_args(Basis)),
    default="tthc_processing",
    show_default=True,
    help="What lets you ask.",
)
@click.option("--basis-document", metavar="CODE", help="Consent, demand or decision that it rests on: 45/QĐ-TTr.")
@click.option("--requester", metavar="ID", help="Identifier of the person for whom you ask.")
@json_option
@click.pass_obj
def lookup(
    configuration: Configuration,
    owner: str,
    types: Sequence[str],
    valid_on: datetime | None,
    known_at: datetime | None,
    purpose: str,
    dossier: str,
    legal_basis: Basis,
    basis_document: str | None,
    requester: str | None,
    *,
    as_json: bool,
) -> None:
    """Show an owner's records, and whether each can replace paper.

    A lookup is an act with a purpose: it is written to the audit log before it is answered.
    """
    from sohoa.looking import look_up_owner

    answer = look_up_owner(
        configuration.settings,
        owner,
        types,
        purpose,
        dossier,
        valid_on=valid_on,
        known_at=known_at,
        legal_basis=legal_basis,
        basis_document=basis_document,
        requester=requester,
    )
    if as_json:
        console.print_json(answer)
    else:
        console.print_answer(answer)


@cli.command(
    epilog="sohoa verify copy.pdf\nsohoa verify 0f3a…\nsohoa verify printout.jpg --issuers /media/stick/issuers"
)
@click.argument("target", metavar="FILE|RECORD_ID")
@click.option(
    "--issuers",
    type=PathWord(),
    metavar="FOLDER",
    help="Whose keys sign the claims in QR codes, as `sohoa issuers` wrote them; otherwise the warehouse knows.",
)
@json_option
@click.pass_obj
def verify(configuration: Configuration, target: str, issuers: Path | None, *, as_json: bool) -> Exit:
    """Check a signed file, a record with its signatures, or the QR code on a printed copy.

    Says exactly what fails.
    """
    from sohoa.verifying import verify_target

    report = verify_target(configuration.settings, target, issuers)
    if as_json:
        console.print_json(report)
    else:
        console.print_verification(report)
    return report.exit_code


@cli.command(epilog="sohoa rebuild")
@json_option
@click.pass_obj
def rebuild(configuration: Configuration, *, as_json: bool) -> Exit:
    """Make the catalog anew from the warehouse, the only truth.

    What is damaged there is left out and named.
    """
    from sohoa.maintaining import rebuild_catalog

    rebuilt = rebuild_catalog(configuration.settings)
    counts = rebuilt.counts._asdict() | {"removed": rebuilt.removed, "added": rebuilt.added}
    if as_json:
        console.print_json(counts | {"damaged": rebuilt.damaged})
    else:
        rows = ((name, str(count)) for name, count in counts.items())
        console.print_table("The catalog was made anew.", ("", "how many"), rows)
    for detail in rebuilt.damaged:
        console.print_problem(INTEGRITY_MISMATCH.error(detail).problem)
    return Exit.INTEGRITY if rebuilt.damaged else Exit.DONE


@cli.command(epilog="sohoa fixity\nsohoa fixity --all --json | jq .damaged")
@click.option("--all", "everything", is_flag=True, help="Read everything, not only what has its turn today.")
@json_option
@click.pass_obj
def fixity(configuration: Configuration, *, everything: bool, as_json: bool) -> Exit:
    """Read what is stored again and compare it with its hashes: a part each day, all in `fixity.days` days.

    What has changed or is gone is named, put back from the second copy (`fixity.second`) if there is one, and a report
    is kept in the store.
    """
    from sohoa.maintaining import read_again

    report = read_again(configuration.settings, everything=everything)
    if as_json:
        console.print_json(report)
    else:
        console.say(f"{report.objects} objects read again ({report.size} bytes), {len(report.damaged)} are damaged.")
    for key in report.mended:
        console.note(f"{key} was put back from the second copy.")
    for folder, count in report.fewer.items():
        console.print_problem(INTEGRITY_MISMATCH.error(f"{count} objects below {folder}/ are gone").problem)
    for key in report.damaged:
        console.print_problem(INTEGRITY_MISMATCH.error(key).problem)
    return Exit.DONE if report.is_sound else Exit.INTEGRITY


@cli.command(epilog="sohoa reconcile")
@json_option
@click.pass_obj
def reconcile(configuration: Configuration, *, as_json: bool) -> Exit:
    """Run submissions that have a receipt but no outcome; then raise what is not yet at `signing.level`.

    Nothing waits for ever.
    """
    from sohoa.ingesting import reconcile_waiting

    statuses = _tell_each(reconcile_waiting(configuration.settings), console.print_ingestion, as_json=as_json)
    if not statuses and not as_json:
        console.say("No submission was waiting.")
    return _ingestion_exit(statuses)


@cli.command(epilog="sohoa doctor")
@json_option
@click.pass_obj
def doctor(configuration: Configuration, *, as_json: bool) -> Exit:
    """Check that everything is in place; say what to do.

    Looks at programs, languages, fonts, keys, disk, the catalog and what the object store promises.
    """
    from sohoa.doctor import examine

    findings = examine(configuration.settings)
    worst = Exit.DONE
    for finding in findings:
        if as_json:
            console.print_json(finding)
        else:
            console.print_finding(finding)
        worst = max(worst, finding.exit_code)
    return worst


@cli.group()
def store() -> None:
    """Look after the object store."""


@store.command(epilog="sohoa store check\nSOHOA_STORE__KIND=s3 sohoa store check --json")
@json_option
@click.pass_obj
def check(configuration: Configuration, *, as_json: bool) -> Exit:
    """Try out what the configured object store promises, and keep the result there, with the server's version.

    Of sixteen writers of one name one wins; what was stored is found and listed at once; damaged bytes are refused.
    Also tries to delete one object that was made for that. Ends with 24 if a promise is broken that is needed.
    """
    from sohoa.doctor import examine_store

    result = examine_store(configuration.settings)
    if as_json:
        console.print_json(result)
    else:
        console.print_store_check(result)
    return result.exit_code


@cli.command(epilog="sohoa config\nSOHOA_STORE__KIND=s3 sohoa config --json")
@json_option
@click.pass_obj
def config(configuration: Configuration, *, as_json: bool) -> None:
    """Print every setting, its value and where it came from.

    Secrets are masked.
    """
    rows = list(configuration.loaded.explain())
    if as_json:
        console.print_json({name: {"value": value, "origin": origin} for name, value, origin in rows})
    else:
        console.print_table("", ("setting", "value", "from"), rows)


@cli.command(epilog="sohoa demo\nSOHOA_HOME=/tmp/try sohoa demo")
@click.pass_obj
def demo(configuration: Configuration) -> Exit:
    """Run the main job on bundled sample scans, end to end.

    Ends by saying what to look at next.
    """
    from sohoa.demo import run_demo

    return run_demo(configuration.settings)


cli.add_command(record)
cli.add_command(owner)
store.add_command(backup)
store.add_command(restore)
cli.add_command(horizon)
cli.add_command(audit)
cli.add_command(receipt)
cli.add_command(station)
cli.add_command(stations)
cli.add_command(signers)
cli.add_command(issuers)
cli.add_command(backfill)
cli.add_command(review)
cli.add_command(calibration)
cli.add_command(score)
cli.add_command(tables)
cli.add_command(token)
cli.add_command(catalog)


@cli.group()
def bench() -> None:
    """Measure Sohoa on scans whose truth is known."""


@bench.command(
    epilog="sohoa bench accuracy\nsohoa bench accuracy scans/ --plots plots/\nsohoa bench accuracy --json scans/ | jq ."
)
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=PathWord())
@click.option("--plots", type=PathWord(), help="Folder to draw plots into (SVG).")
@json_option
@click.pass_obj
def accuracy(configuration: Configuration, folders: Sequence[Path], plots: Path | None, *, as_json: bool) -> None:
    """Read scans with NAME.truth.json beside each, and say how much was right.

    By type, field and level of damage: exact fields, accepted share, silent errors with their upper bound, text, tilt.
    Without a folder it reads the bundled scans.
    """
    from sohoa.bench.accuracy import COLUMNS, cells, measure, scans_in, table
    from sohoa.demo import SCANS

    truths = scans_in(folders or [SCANS])
    with console.file_progress(len(truths)) as progress:
        papers = list(measure(truths, configuration.settings, progress))
    rows = table(papers)
    if as_json:
        for row in rows:
            console.print_json(row)
    else:
        console.print_table("", COLUMNS, map(cells, rows))
    if plots is not None:
        from sohoa.bench.plots import draw

        for path in draw(rows, papers, plots):
            console.note(f"drawn: {path}")


@cli.command(
    epilog="sohoa up\nSOHOA_API__PORT=9000 sohoa up\nSOHOA_PREFECT__API_URL=http://prefect:4200/api sohoa up worker"
)
@click.argument(
    "part",
    metavar="[api|prefect|worker|backfill]",
    required=False,
    type=click.Choice(["api", "prefect", "worker", "backfill"]),
)
@click.pass_obj
def up(configuration: Configuration, part: str | None) -> Exit:
    """Run lookup API, Prefect server and worker, until Ctrl-C.

    Or one part of it alone; `backfill` is a worker for old papers, which the others do without.
    """
    from sohoa.up import PARTS, run_everything

    run = PARTS[part] if part else run_everything
    return run(configuration.settings)


def _tell_each(documents: Iterable[Told], show: Callable[[Told], None], *, as_json: bool) -> Counter[str]:
    """Tell of each document as it is done; return how many ended in which status."""
    statuses: Counter[str] = Counter()
    for document in documents:
        statuses[document.status] += 1
        if document.problem is not None:
            console.print_problem(document.problem)
        if as_json:
            console.print_json(document)
        elif document.problem is None:
            show(document)
    return statuses


def _ingestion_exit(statuses: Mapping[str, int]) -> Exit:
    done = statuses["stored"] + statuses["duplicate"]
    return batch_exit(refused=statuses["refused"], review=statuses["review"], done=done)


def batch_exit(*, done: int, refused: int, review: int = 0) -> Exit:
    """Return the exit code for a batch: what was refused weighs most, then what waits for a person."""
    if refused:
        return Exit.PARTLY_FAILED if done or review else Exit.REFUSED
    return Exit.WAITS_FOR_REVIEW if review else Exit.DONE


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code; nobody ever sees a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.stdout, sys.stderr = _ready(sys.stdout), _ready(sys.stderr)
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except OSError:  # it was told already, or the reader has gone; Python would try once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _ready(stream: TextIO | None) -> TextIO:
    """Return a stream that takes every text in UTF-8; one that was closed before we were started swallows it.

    Half a character in the name of a file becomes an escape that JSON knows too.
    """
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open for as long as we run
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _run(arguments: Sequence[str]) -> int:
    try:
        return int(cli.main(list(arguments), prog_name="sohoa", standalone_mode=False) or Exit.DONE)
    except ProblemError as error:
        return _tell(error, arguments)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return int(Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        console.note("Interrupted. Nothing is lost: run the same command again to go on.")
        return int(Exit.INTERRUPTED)
    except OSError as error:
        is_left = isinstance(error, BrokenPipeError)  # the reader has gone; there is nothing more to say
        return int(Exit.DONE) if is_left else _tell(refused_by_system(error), arguments)
    except Exception:  # noqa: BLE001 - the last line of defence: a defect is reported, not shown
        return _tell(INTERNAL.error(_keep_defect(arguments)), [])


def _tell(error: ProblemError, arguments: Sequence[str]) -> int:
    with suppress(OSError):  # what cannot be told still has its exit code
        console.print_problem(error.problem)
        if "--json" in arguments:
            console.print_json({"problem": error.problem.model_dump(mode="json")})
    return int(error.kind.exit_code)


def _keep_defect(arguments: Sequence[str]) -> str:
    """Keep the traceback where support finds it and nobody else can read it, for it may hold what was read; say where.

    That is the home folder, or the folder for temporary files when there is no writing there.
    """
    report = traceback.format_exc()
    for folder in (_home(arguments) / "defects", None):
        with suppress(OSError):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, path = tempfile.mkstemp(prefix="sohoa-defect-", suffix=".txt", dir=folder)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - no path
                file.write(report)
            return f"the details are in {path}"
    return f"the details could not be kept: {report.splitlines()[-1].partition(':')[0]}"


def _home(arguments: Sequence[str]) -> Path:
    """Return the home folder, also when what went wrong has to do with the settings."""
    try:
        context = cli.make_context("sohoa", list(arguments), resilient_parsing=True)
        return read_settings(context.params["config"]).settings.home
    except (ProblemError, OSError):
        return Settings().home


if __name__ == "__main__":
    main()
