"""The verbs of a station. They run where nothing of the server is installed."""

import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, get_args

import click
from pydantic import TypeAdapter, ValidationError

from schemas.problem import BAD_REQUEST, Exit
from schemas.settings import Settings
from schemas.station import Welcome
from schemas.submission import DocumentTypeCode, DossierCode, ProcedureCode, ScanReason
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

if TYPE_CHECKING:
    from schemas.draft import ToSign
    from sohoa.station.dossiers import Dossiers
    from sohoa.station.home import Home
    from sohoa.station.status import DossierStatus


_RECENT = 20
_home_option = click.option(
    "--home", "folder", type=PathWord(), help="The station's folder; SOHOA_HOME/station if not said."
)


_declared_option = click.option(
    "--pages", type=click.IntRange(1), metavar="N", help="Pages of paper that were counted; compared with the scans."
)
_dossier_option = click.option("--dossier", metavar="CODE|NUMBER", help="Another dossier than the current one.")
_dossier_argument = click.argument("dossier", metavar="[CODE|NUMBER]", required=False)


class _Code(click.ParamType[str]):
    """A dossier code or a procedure code."""

    def __init__(self, name: str, kind: TypeAdapter[str]) -> None:
        self.name = name
        self._kind = kind

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See click."""
        try:
            return self._kind.validate_python(value)
        except ValidationError:
            self.fail(f"this is no {self.name}.", param, ctx)


_DOSSIER = _Code("dossier code (mã hồ sơ)", TypeAdapter(DossierCode))
_PROCEDURE = _Code("procedure code (mã TTHC)", TypeAdapter(ProcedureCode))
_TYPE = _Code("document type", TypeAdapter(DocumentTypeCode))
_procedure_option = click.option("--procedure", type=_PROCEDURE, metavar="CODE", help="Procedure code (mã TTHC).")


def _home(configuration: Configured, folder: Path | None) -> "Home":
    from sohoa.station.home import Home

    return Home(folder or configuration.settings.home / "station")


def _dossiers(configuration: Configured, folder: Path | None) -> "Dossiers":
    from sohoa.station.dossiers import Dossiers

    return Dossiers(_home(configuration, folder), configuration.settings)


def _number(dossiers: "Dossiers", word: str | None) -> int:
    """Return the number of the dossier that is meant: by its number, its code, or the current one."""
    if word is None:
        return dossiers.current()
    return int(word) if word.isdecimal() else dossiers.newest(word)


def _show(status: "DossierStatus", *, as_json: bool) -> None:
    if as_json:
        console.print_json(status)
    else:
        console.say(_line(status))


def _line(status: "DossierStatus") -> str:
    pages = f"{status.scanned_pages}" + (f"/{status.declared_pages}" if status.declared_pages else "")
    why = f": {status.why}" if status.why else ""
    line = f"{status.number}. {status.dossier_code or 'chưa có mã'} · {pages} trang · {status.words}{why}"
    return "\n".join([line, *(f"   {notice}" for notice in status.notices if notice not in status.why)])


@click.group(cls=Verbs)
def station() -> None:
    """Scan at a counter or a post office, and send when there is a line."""


@station.command(
    epilog='sohoa station enroll --id buu-dien-kim-lien --kind post_office --agency "UBND xã Kim Liên" > enrolment.json'
)
@click.option("--id", "station_id", required=True, metavar="ID", help="Lower-case letters, digits and hyphens.")
@click.option("--kind", required=True, type=click.Choice(["counter", "post_office"]), help="What it is.")
@click.option("--agency", required=True, help="The agency that it scans for.")
@_home_option
@click.pass_obj
def enroll(configuration: Configured, station_id: str, kind: str, agency: str, folder: Path | None) -> None:
    """Make this station's key, and print what it asks to be known by.

    Nothing of what is printed is secret: give it to whoever runs the server. The private key stays in the station's
    folder, readable by this user alone; it is not encrypted under a passphrase, so keep the disk encrypted.
    """
    console.print_json(_home(configuration, folder).enroll(station_id, kind, agency))


@station.command(epilog="sohoa station accept welcome.json")
@click.argument("file", metavar="WELCOME.json", type=PathWord())
@_home_option
@json_option
@click.pass_obj
def accept(configuration: Configured, file: Path, folder: Path | None, *, as_json: bool) -> None:
    """Keep the server's welcome: its address, and what its receipts are checked against."""
    home = _home(configuration, folder)
    try:
        welcome = Welcome.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise BAD_REQUEST.error("this is no welcome of a server", file=str(file)) from error
    home.accept(welcome)
    if as_json:
        console.print_json({"station": welcome.station, "server": welcome.server})
    else:
        console.say(f"Điểm quét {welcome.station} gửi về {welcome.server}.")


@station.command(
    epilog="SOHOA_SCANNING__FOLDER=/home/quet/scans sohoa station run --page\nsohoa station run --json --folder scans"
)
@click.option("--folder", "scans", type=PathWord(), help="Scanning folder; the setting scanning.folder if not said.")
@click.option("--page", "with_page", is_flag=True, help="Show the clerk's page too: for a browser on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of that page; any that is free if not said.")
@_home_option
@json_option
@click.pass_obj
def run(
    configuration: Configured,
    scans: Path | None,
    port: int,
    folder: Path | None,
    *,
    with_page: bool,
    as_json: bool,
) -> None:
    """Take what is scanned and send what is closed, until Ctrl-C; print each dossier as its light changes.

    It works without a line too, for days: what is closed waits. Run it again after whatever happened: nothing that was
    counted is lost, and nothing is sent twice.
    """
    from sohoa.station.agent import Agent

    settings = configuration.settings
    if scans is not None:
        scanning = settings.scanning.model_copy(update={"folder": scans})
        settings = settings.model_copy(update={"scanning": scanning})
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    home = _home(configuration, folder)
    with _page(home, settings, port, as_json=as_json) if with_page else nullcontext():
        Agent(home, settings).run(stop, lambda status: _show(status, as_json=as_json))


@contextmanager
def _page(home: "Home", settings: Settings, port: int, *, as_json: bool) -> Iterator[None]:
    """Serve the clerk's page, say where, and open it where somebody sits at this machine."""
    from sohoa.station.page import serving

    with serving(home, settings, port) as address:
        if as_json:
            console.print_json({"page": address})
        else:
            console.say(f"Trang của điểm quét: {address}")
        if sys.stdout.isatty():
            webbrowser.open(address)
        yield


@station.command(epilog="sohoa station sync\nsohoa station sync --json")
@_home_option
@json_option
@click.pass_obj
def sync(configuration: Configured, folder: Path | None, *, as_json: bool) -> Exit:
    """Send what is closed, once, and print what is left: for a timer, where `sohoa station run` does not run.

    Ends with 26 when the line or the server failed, and with 27 when a dossier needs somebody.
    """
    from sohoa.station.agent import Agent
    from sohoa.station.dossiers import Dossiers

    home = _home(configuration, folder)
    problem = Agent(home, configuration.settings).sync()
    left = [each for each in Dossiers(home, configuration.settings).every_status(received=0) if each.sequence]
    for each in left:
        _show(each, as_json=as_json)
    if problem is not None:
        raise problem
    return Exit.PARTLY_FAILED if left else Exit.DONE


@station.command(
    "open", epilog="sohoa station open H40.12-260331-0007\nsohoa station open H40.12-260331-0007 --pages 6"
)
@click.argument("code", metavar="CODE", type=_DOSSIER)
@_procedure_option
@_declared_option
@_home_option
@json_option
@click.pass_obj
def open_(
    configuration: Configured,
    code: str,
    procedure: str | None,
    pages: int | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Let what is scanned from now on belong to a dossier."""
    dossiers = _dossiers(configuration, folder)
    _show(dossiers.open(code, procedure=procedure, declared=pages), as_json=as_json)


@station.command(epilog="sohoa station paper")
@_home_option
@json_option
@click.pass_obj
def paper(configuration: Configured, folder: Path | None, *, as_json: bool) -> None:
    """Let the next picture be the first page of another paper of the current dossier.

    Without it, single pictures that follow each other become one file, and the server finds out where a paper ends.
    """
    dossiers = _dossiers(configuration, folder)
    number = dossiers.current()
    dossiers.next_paper(number)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station scan\nsohoa station scan --device test:0 --pages 3")
@click.option("--device", help="As `scanimage -L` names it.")
@click.option("--pages", type=click.IntRange(1), metavar="N", help="How many; until the feeder is empty if not said.")
@_home_option
@json_option
@click.pass_obj
def scan(
    configuration: Configured, device: str | None, pages: int | None, folder: Path | None, *, as_json: bool
) -> None:
    """Scan with a scanner that SANE knows, into the current dossier."""
    from sohoa.station.scanner import SaneSource

    home = _home(configuration, folder)
    dossiers = _dossiers(configuration, folder)
    dossiers.current()
    for counted in SaneSource(home, dossiers, device).scan(pages):
        console.note(f"Đã lưu {counted} trang")
    _show(dossiers.status(dossiers.current()), as_json=as_json)


@station.command(epilog="sohoa station close\nsohoa station close H40.12-260331-0007 --pages 6")
@_dossier_argument
@_declared_option
@_home_option
@json_option
@click.pass_obj
def close(
    configuration: Configured, dossier: str | None, pages: int | None, folder: Path | None, *, as_json: bool
) -> None:
    """Close a dossier: it goes into the journal, and is sent as soon as there is a line.

    Refused as long as it has another number of pages than were counted.
    """
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    if pages is not None and dossiers.status(number).sequence is None:
        dossiers.declare(number, pages)
    dossiers.close(number, scanned_by=configuration.settings.scanned_by)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station assign 3 H40.12-260331-0007")
@click.argument("number", type=click.IntRange(1))
@click.argument("code", metavar="CODE", type=_DOSSIER)
@_home_option
@json_option
@click.pass_obj
def assign(configuration: Configured, number: int, code: str, folder: Path | None, *, as_json: bool) -> None:
    """Say which dossier the pages belong to that came while none was open."""
    _show(_dossiers(configuration, folder).assign(number, code), as_json=as_json)


@station.command(epilog="sohoa station remove 2 H40.12-260331-0007")
@click.argument("position", metavar="SCAN", type=click.IntRange(1))
@_dossier_argument
@_home_option
@json_option
@click.pass_obj
def remove(
    configuration: Configured, position: int, dossier: str | None, folder: Path | None, *, as_json: bool
) -> None:
    """Take a scan (1, 2, 3 …) out of a dossier that is not closed yet."""
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    dossiers.remove(number, position)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station move 3 1")
@click.argument("position", metavar="SCAN", type=click.IntRange(1))
@click.argument("to", metavar="PLACE", type=click.IntRange(1))
@_dossier_argument
@_home_option
@json_option
@click.pass_obj
def move(
    configuration: Configured, position: int, to: int, dossier: str | None, folder: Path | None, *, as_json: bool
) -> None:
    """Let a scan (1, 2, 3 …) lie in another place of a dossier that is not closed yet."""
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    dossiers.move(number, position, to)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station rescan 2")
@click.argument("position", metavar="SCAN", type=click.IntRange(1))
@_dossier_argument
@_home_option
@json_option
@click.pass_obj
def rescan(
    configuration: Configured, position: int, dossier: str | None, folder: Path | None, *, as_json: bool
) -> None:
    """Let the next scan take the place of this one (1, 2, 3 …), in a dossier that is not closed yet."""
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    dossiers.rescan(number, position)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station ask 040201000123 --type birth_certificate")
@click.argument("owner", metavar="OWNER_ID")
@click.option("--type", "document_type", required=True, type=_TYPE, metavar="TYPE", help="Such as birth_certificate.")
@_dossier_option
@_home_option
@json_option
@click.pass_obj
def ask(
    configuration: Configured,
    owner: str,
    document_type: str,
    dossier: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Ask the server whether a paper of this owner has to be scanned at all, for the current dossier.

    The question is an act with a purpose, the procedure of the dossier; who asked is written down at the server.
    Without a line there is no answer: scan the paper.
    """
    from schemas.identifier import PersonalIdentifier
    from sohoa.station import asking

    try:
        identifier = PersonalIdentifier.parse(owner)
    except ValueError as error:
        raise BAD_REQUEST.error(str(error)) from error
    home, dossiers = _home(configuration, folder), _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    answer = asking.ask(home, dossiers, number, identifier, document_type)
    if as_json:
        console.print_json({"document_type": document_type, "scan": answer.scan})
    else:
        console.say(answer.said)


@station.command(epilog="sohoa station decide birth_certificate present_only")
@click.argument("document_type", metavar="TYPE", type=_TYPE)
@click.argument("reason", type=click.Choice(get_args(ScanReason)))
@_dossier_option
@_home_option
@json_option
@click.pass_obj
def decide(
    configuration: Configured,
    document_type: str,
    reason: ScanReason,
    dossier: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say why a paper of the current dossier is not scanned, or why it is (TT 01/2023/TT-VPCP art. 4)."""
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    dossiers.decide(number, document_type, reason)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station settle H40.12-260331-0007 --because rescanned")
@_dossier_argument
@click.option("--because", required=True, type=click.Choice(["rescanned", "not_needed"]), help="What was done.")
@_home_option
@json_option
@click.pass_obj
def settle(
    configuration: Configured,
    dossier: str | None,
    because: Literal["rescanned", "not_needed"],
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what was done about files that arrived but that the server cannot read: then the dossier needs nobody."""
    dossiers = _dossiers(configuration, folder)
    number = _number(dossiers, dossier)
    dossiers.settle(number, because)
    _show(dossiers.status(number), as_json=as_json)


@station.command(epilog="sohoa station submit --dossier H40.12-260331-0007 --pages 6 birth.pdf marriage.pdf")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=PathWord())
@click.option("--dossier", "code", required=True, type=_DOSSIER, metavar="CODE", help="Dossier code (mã hồ sơ).")
@_procedure_option
@_declared_option
@_home_option
@json_option
@click.pass_obj
def submit(
    configuration: Configured,
    paths: Sequence[Path],
    code: str,
    procedure: str | None,
    pages: int | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Take files as one dossier and close it, in one go. The same again changes nothing."""
    from sohoa.station.submitting import submit as submit_files

    status = submit_files(
        _dossiers(configuration, folder),
        paths,
        code,
        scanned_by=configuration.settings.scanned_by,
        procedure=procedure,
        declared=pages,
    )
    _show(status, as_json=as_json)


@station.command(epilog="sohoa station sign --list\nsohoa station sign")
@click.option("--list", "only_list", is_flag=True, help="Only show what waits, and sign nothing.")
@_home_option
@json_option
@click.pass_obj
def sign(configuration: Configured, folder: Path | None, *, only_list: bool, as_json: bool) -> None:
    """Sign the copies of what was scanned here, with your own token: the setting signing.scanner says where it is.

    For servers that want it (signing.deferred): there each copy waits for the signature of the person who scanned. The
    key stays in the token. Interrupted, run it again: what is signed is not signed again.
    """
    from sohoa.station.client import Intake
    from sohoa.station.officer import sign_all, signer_at_hand, what_waits
    from sohoa.station.signing import Signing

    home = _home(configuration, folder)
    intake, signing, told = Intake.of(home), Signing(home), 0
    counting: AbstractContextManager[Callable[[], None]]
    counting = nullcontext(lambda: None) if only_list else signing.under_way()
    with counting as count:
        signer = signer_at_hand(configuration.settings.signing.scanner, _ask_pin)
        work = what_waits(intake, signer)
        signing.heard(work)
        for name in work.others:
            console.note(f"Còn bản số hóa chờ chữ ký số của: {name}")
        for each in work.documents if only_list else sign_all(intake, signer):
            told += 1
            count()
            if as_json:
                console.print_json(each.model_dump(mode="json", exclude={"attributes"}) | {"signed": not only_list})
            else:
                console.say(_signed_line(each, "chờ ký số" if only_list else "đã ký số"))
    if not told and not as_json:
        console.say("Không có bản số hóa nào chờ chữ ký số của bạn.")


def _ask_pin() -> str:
    pin: str = click.prompt("Mã PIN của thiết bị ký số", hide_input=True, err=True)
    return pin


def _signed_line(each: "ToSign", said: str) -> str:
    return f"{each.dossier_code or 'chưa có mã'} · {each.document_type or 'chưa rõ loại'} · {each.pages} trang · {said}"


@station.command(epilog="sohoa station status\nsohoa station status --json | jq 'select(.state == \"needs you\")'")
@click.option("--all", "everything", is_flag=True, help="Also every dossier that is safe there since long ago.")
@_home_option
@json_option
@click.pass_obj
def status(configuration: Configured, folder: Path | None, *, everything: bool, as_json: bool) -> None:
    """Show the light of each dossier: only "Được trả bản giấy" means that the paper may go back."""
    dossiers = _dossiers(configuration, folder)
    for each in dossiers.every_status(received=None if everything else _RECENT):
        _show(each, as_json=as_json)
    for complaint in dossiers.complaints().values():
        console.note(complaint)


@station.command(epilog="sohoa station separators H40.12-260331-0007 H40.12-260331-0008 --to sheets.pdf")
@click.argument("codes", metavar="CODE...", nargs=-1, required=True, type=_DOSSIER)
@click.option("--to", "file", required=True, type=PathWord(), help="PDF to write, to be printed on A4.")
def separators(codes: Sequence[str], file: Path) -> None:
    """Make sheets to lay between dossiers in a pile: pages belong to the dossier of the last sheet before them."""
    from sohoa.station.separators import sheets

    file.write_bytes(sheets(codes))
    console.say(str(file))
