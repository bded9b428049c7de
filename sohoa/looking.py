"""`sohoa lookup` and `sohoa record …`: asking for records, showing one, handing one out as plain files."""

import os
import pwd
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import ValidationError

from flows.house import House
from schemas.audit import AuditEntry
from schemas.identifier import PersonalIdentifier
from schemas.lookup import Basis, LookupAnswer, LookupRequest
from schemas.problem import BAD_REQUEST, CONFIGURATION, SYSTEM_REFUSED
from schemas.procedure import load_procedures
from schemas.record import Record
from schemas.settings import Settings
from schemas.vietnam import TIME_ZONE
from storage.lookup import look_up


def existing_house(settings: Settings, *, needs_catalog: bool = True) -> House:
    """Open the house for someone who only looks: where there is none, none is made.

    Raises:
        ProblemError: `configuration` when there is no warehouse there; what `House.open` raises.
    """
    folder = settings.home / "store"
    if settings.store.kind == "local" and not folder.is_dir():
        detail = "there is no warehouse there; set SOHOA_HOME to the home folder of the one that you mean"
        raise CONFIGURATION.error(detail, file=str(folder))
    return House.open(settings, needs_catalog=needs_catalog)


def look_up_owner(
    settings: Settings,
    owner: str,
    types: Sequence[str],
    purpose: str,
    dossier: str,
    *,
    valid_on: datetime | None = None,
    known_at: datetime | None = None,
    legal_basis: Basis = "tthc_processing",
    basis_document: str | None = None,
    requester: str | None = None,
) -> LookupAnswer:
    """Return the records of an owner, for a procedure and a dossier; the audit log names the user who asked.

    Raises:
        ProblemError: `bad-request`; it does not repeat the identifier.
    """
    try:
        request = LookupRequest(
            owner=parse_owner(owner),
            purpose=purpose,
            dossier_code=dossier,
            document_types=tuple(types),
            valid_on=valid_on.date() if valid_on else None,
            legal_basis=legal_basis,
            basis_document=basis_document,
            requester=None if requester is None else parse_owner(requester),
            known_at=known_at if known_at is None or known_at.tzinfo else known_at.replace(tzinfo=TIME_ZONE),
        )
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'request'}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise BAD_REQUEST.error(wrong) from error
    house, needs = existing_house(settings), load_procedures(settings.api.procedures).known_needs(purpose)
    now = datetime.now(UTC)
    return look_up(house.warehouse, house.catalog, house.audit, request, needs, who=this_user(), now=now)


def parse_owner(text: str) -> PersonalIdentifier:
    """Return the identifier that somebody typed.

    Raises:
        ProblemError: `bad-request`; it does not repeat the identifier.
    """
    try:
        return PersonalIdentifier.parse(text)
    except ValueError as error:
        raise BAD_REQUEST.error(str(error)) from error


def show_record(settings: Settings, record_id: str) -> Record:
    """Return the latest version of a record; the audit log names the user who asked."""
    house = existing_house(settings, needs_catalog=False)
    record = house.warehouse.record(record_id).value
    write_down(house, "record", "sohoa record show", record)
    return record


def hand_out_record(settings: Settings, record_id: str, folder: Path) -> Iterator[Path]:
    """Export a record; before the first file is there, the audit log names the user who asked."""
    house = existing_house(settings, needs_catalog=False)
    write_down(house, "copy", "sohoa record export", house.warehouse.record(record_id).value)
    yield from export_record(settings, record_id, folder)


def write_down(
    house: House, act: Literal["record", "copy"], purpose: str, record: Record, who: str | None = None
) -> None:
    """Write into the audit log that a record is looked at, by default by the user who runs this."""
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=datetime.now(UTC),
        act=act,
        who=who or this_user(),
        purpose=purpose,
        records=(record.record_id,),
    )
    house.audit.append(entry)


def this_user() -> str:
    """Return who runs this: as the system knows them, for the environment says whatever they like."""
    user = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"cli:{user}"


def export_record(settings: Settings, record_id: str, folder: Path) -> Iterator[Path]:
    """Write a record with all that proves it into *folder*; yield each file as it is there.

    Raises:
        ProblemError: `system-refused` when something else of the same name is there; it is left as it is.
    """
    from flows.keyring import trusted_roots  # signatures are slow to import, and showing a record needs none
    from sohoa.exporting import exported

    house = existing_house(settings, needs_catalog=False)
    files = exported(house, house.warehouse.record(record_id), trusted_roots(settings))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, data in files.items():
        _create(folder / name, data)
        yield folder / name


def _create(path: Path, data: bytes) -> None:
    """Create a file that its owner alone can read; the same content may be there already, from the last time."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
            detail = "something else of this name is there already, and is left as it is; name another folder"
            raise SYSTEM_REFUSED.error(detail, file=str(path)) from error
        return
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
    except OSError:
        path.unlink()  # half a file must not be taken for the whole
        raise
