"""`sohoa store backup` and `sohoa store restore`: the one thing that must not be lost, kept a second time."""

from pathlib import Path

import click

from schemas.problem import FILE_MISSING
from schemas.report import Copied
from sohoa import console
from sohoa.verbs import Configured, PathWord, json_option


@click.command(epilog="sohoa store backup /mnt/backup\nsohoa store backup /mnt/backup --json")
@click.argument("folder", metavar="FOLDER", type=PathWord())
@json_option
@click.pass_obj
def backup(configuration: Configured, folder: Path, *, as_json: bool) -> None:
    """Copy what the object store holds, and FOLDER/store does not have yet, into that; each object is checked.

    Any number of times, while work goes on: only what is new is copied. Owner secret and signing keys are not in
    the store: keep them elsewhere. With SOHOA_HOME=FOLDER and SOHOA_STORE__KIND=local the copy is a house of its own.
    """
    from storage.copying import copy_new
    from storage.local import LocalStore
    from storage.opening import open_store

    kept = LocalStore(folder / "store")
    kept.prepare()
    _tell(copy_new(open_store(configuration.settings), kept), as_json=as_json)


@click.command(epilog="sohoa store restore /mnt/backup && sohoa rebuild")
@click.argument("folder", metavar="FOLDER", type=PathWord())
@json_option
@click.pass_obj
def restore(configuration: Configured, folder: Path, *, as_json: bool) -> None:
    """Copy what FOLDER/store holds, and the object store does not have, back into that. Then run `sohoa rebuild`.

    Nothing that is there is overwritten: where something else stands under the same name, it stops and says so.
    """
    from storage.copying import copy_new
    from storage.local import LocalStore
    from storage.opening import open_store

    if not (folder / "store" / "objects").is_dir():
        raise FILE_MISSING.error("no backup is there", file=str(folder / "store"))
    _tell(copy_new(LocalStore(folder / "store"), open_store(configuration.settings)), as_json=as_json)


def _tell(copied: Copied, *, as_json: bool) -> None:
    if as_json:
        console.print_json(copied)
    else:
        console.say(f"{copied.objects} objects were copied, {copied.size / 1024**2:.1f} MiB. Nothing is missing.")
