"""The verbs of a station. They run where nothing of the server is installed."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click
from pydantic import ValidationError

from schemas.problem import BAD_REQUEST
from schemas.settings import Settings
from schemas.station import Welcome
from sohoa import console
from sohoa.verbs import PathWord, Verbs, json_option

if TYPE_CHECKING:
    from sohoa.station.home import Home


class _Configured(Protocol):
    @property
    def settings(self) -> Settings:
        """What `sohoa` was configured with."""


_home_option = click.option(
    "--home", "folder", type=PathWord(), help="The station's folder; SOHOA_HOME/station if not said."
)


def _home(configuration: _Configured, folder: Path | None) -> "Home":
    from sohoa.station.home import Home

    return Home(folder or configuration.settings.home / "station")


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
def enroll(configuration: _Configured, station_id: str, kind: str, agency: str, folder: Path | None) -> None:
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
def accept(configuration: _Configured, file: Path, folder: Path | None, *, as_json: bool) -> None:
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
