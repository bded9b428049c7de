"""The verbs of whoever runs the server: which stations may send, and what is missing of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError

from schemas.problem import BAD_REQUEST, Exit, refused_by_system
from schemas.station import Enrolment, EnrolmentRequest, Gap, Quarantined
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

_DAILY_BYTES: int = Enrolment.model_fields["daily_bytes"].default


@click.group(cls=Verbs)
def stations() -> None:
    """Say which stations may send here, and what is missing of them."""


@stations.command(
    epilog="sohoa stations register enrolment.json --server https://sohoa.example.vn > welcome.json\n"
    "sohoa stations register enrolment.json --server https://sohoa.example.vn --daily-bytes 8000000000"
)
@click.argument("file", metavar="ENROLMENT.json", type=PathWord())
@click.option("--server", required=True, metavar="URL", help="Where the station finds the API.")
@click.option("--reason", default="", help="For the audit log.")
@click.option("--daily-bytes", type=click.IntRange(1), default=_DAILY_BYTES, help="How much it may send in a day.")
@click.pass_obj
def register(configuration: Configured, file: Path, server: str, reason: str, daily_bytes: int) -> None:
    """Let a station send; print what it has to know.

    ENROLMENT.json is what `sohoa station enroll` printed there. What is printed here goes back to `sohoa station
    accept`. Make sure by another way, such as a call, that the public key is the one that the station made.
    """
    from sohoa.enrolling import register_station

    try:
        request = EnrolmentRequest.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise BAD_REQUEST.error("this is no request of a station", file=str(file)) from error
    except OSError as error:
        raise refused_by_system(error) from error
    welcome = register_station(configuration.settings, request, server, reason=reason, daily_bytes=daily_bytes)
    console.print_json(welcome)


@stations.command(epilog='sohoa stations revoke buu-dien-kim-lien --reason "máy bị mất"')
@click.argument("station", metavar="STATION")
@click.option("--reason", required=True, help="For the audit log.")
@click.pass_obj
def revoke(configuration: Configured, station: str, reason: str) -> None:
    """Take back a station's right to send, at once.

    What has a receipt stays. Registering it again lets it send again.
    """
    from sohoa.enrolling import revoke_station

    revoked = revoke_station(configuration.settings, station, reason=reason)
    console.say(f"{station} may not send any more, since {_local(revoked.decided_at)}.")


@stations.command("list", epilog="sohoa stations list")
@json_option
@click.pass_obj
def list_(configuration: Configured, *, as_json: bool) -> None:
    """Show every station, and whether it may send."""
    from sohoa.enrolling import all_stations

    found = list(all_stations(configuration.settings))
    if as_json:
        _print_each(found)
        return
    rows = (
        (each.request.station, each.request.kind, each.request.agency, each.status, _local(each.decided_at))
        for each in found
    )
    console.print_table("", ("station", "kind", "agency", "", "since"), rows)


@stations.command(epilog="sohoa stations gaps\nsohoa stations gaps buu-dien-kim-lien --json")
@click.argument("station", metavar="[STATION]", required=False)
@json_option
@click.pass_obj
def gaps(configuration: Configured, station: str | None, *, as_json: bool) -> Exit:
    """Name what stations said that they would send and that has no receipt.

    That may still be on its way: look at the time. Ends with 27 if anything is missing.
    """
    from sohoa.enrolling import find_gaps

    found = list(find_gaps(configuration.settings, station))
    if as_json:
        _print_each(found)
    elif found:
        console.print_table("", ("station", "number", "dossier", "files", "pages", "written"), map(_gap, found))
    else:
        console.say("Nothing is missing.")
    return Exit.PARTLY_FAILED if found else Exit.DONE


@stations.command(epilog="sohoa stations quarantine\nsohoa stations quarantine buu-dien-kim-lien --json")
@click.argument("station", metavar="[STATION]", required=False)
@json_option
@click.pass_obj
def quarantine(configuration: Configured, station: str | None, *, as_json: bool) -> Exit:
    """Show what was not taken as it came, and why. Ends with 20 if there is anything."""
    from sohoa.enrolling import in_quarantine

    found = list(in_quarantine(configuration.settings, station))
    if as_json:
        _print_each(found)
    elif found:
        rows = ((what.station, _local(what.at), what.problem.rpartition(":")[2], what.detail) for what in found)
        console.print_table("", ("station", "came", "problem", "detail"), rows)
    else:
        console.say("Nothing is in quarantine.")
    return Exit.QUARANTINED if found else Exit.DONE


def _print_each(values: Iterable[Enrolment | Gap | Quarantined]) -> None:
    for value in values:
        console.print_json(value)


def _gap(gap: Gap) -> tuple[str, ...]:
    entry = gap.entry
    if entry is None:
        return gap.station, str(gap.sequence), "not even announced", "–", "–", "–"
    known = entry.dossier_code or "–", str(entry.file_count), str(entry.scanned_pages), _local(entry.written_at)
    return gap.station, str(gap.sequence), *known


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
