"""`sohoa lookup` and `sohoa record …`: asking for records, showing one, handing one out as plain files."""

import getpass
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from flows.house import House
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupAnswer, LookupRequest
from schemas.problem import BAD_REQUEST
from schemas.record import Record
from schemas.settings import Settings
from storage.lookup import look_up

_HOW_TO_CHECK = """What is here, and how to check it without Sohoa

  copy.pdf      the signed copy of the paper       pdfsig copy.pdf; qpdf --check copy.pdf
  record.json   what the paper says
  record.p7s    the signature of record.json       openssl cms -verify -binary -inform DER -in record.p7s \\
                                                     -content record.json -CAfile roots.pem -purpose any -out /dev/null
  roots.pem     the root certificates that were trusted when this was written
  SHA256SUMS    the hashes of the files            sha256sum --check SHA256SUMS
"""


def look_up_owner(
    settings: Settings, owner: str, types: Sequence[str], valid_on: datetime | None, purpose: str, dossier: str
) -> LookupAnswer:
    """Return the records of an owner, for a procedure and a dossier; the audit log names the user who asked.

    Raises:
        ProblemError: `bad-request`; it does not repeat the identifier.
    """
    try:
        request = LookupRequest(
            owner=PersonalIdentifier.parse(owner),
            purpose=purpose,
            dossier_code=dossier,
            document_types=tuple(types),
            valid_on=valid_on.date() if valid_on else None,
        )
    except ValidationError as error:
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False))
        raise BAD_REQUEST.error(wrong) from error
    except ValueError as error:
        raise BAD_REQUEST.error(str(error)) from error
    house = House.open(settings)
    who = f"cli:{getpass.getuser()}"
    return look_up(house.warehouse, house.catalog, house.audit, request, who=who, now=datetime.now(UTC))


def latest_record(settings: Settings, record_id: str) -> Record:
    """Return the latest version of a record."""
    return House.open(settings, needs_catalog=False).warehouse.record(record_id).value


def export_record(settings: Settings, record_id: str, folder: Path) -> Iterator[Path]:
    """Write a record, its signature, its copy and the trusted roots into *folder*; yield each file as it is there."""
    from flows.keyring import trusted_roots  # signatures are slow to import, and showing a record needs none

    warehouse = House.open(settings, needs_catalog=False).warehouse
    sealed = warehouse.record(record_id)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "copy.pdf": b"".join(warehouse.copy(sealed.value.copy_.sha256)),
        "record.json": sealed.data,
        "record.p7s": sealed.signature,
        "roots.pem": b"".join(trusted_roots(settings)),
        "README.txt": _HOW_TO_CHECK.encode(),
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items())
    for name, data in (contents | {"SHA256SUMS": sums.encode()}).items():
        (folder / name).write_bytes(data)
        yield folder / name
