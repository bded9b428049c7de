"""Small values to store, about people who do not exist."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from schemas.digest import Sha256, sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.outcome import DocumentOutcome, Outcome
from schemas.record import REASONS, Amended, AmendmentAct, Copy, Engine, Origin, Owner, Record, record_id
from schemas.submission import Manifest, Receipt, SubmittedFile

AN = PersonalIdentifier("051098000011")
BINH = PersonalIdentifier("051197000022")
SECRET = b"a secret that only tests know"
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def sign(data: bytes) -> bytes:
    """Return something that stands for a signature and, as real ones do, says who signed what."""
    return b"signed: " + sha256_hex(data).encode()


def manifest(*contents: bytes, station: str = "bd-quang-ngai") -> Manifest:
    files = tuple(SubmittedFile(sha256=sha256_hex(c), size=len(c), name=f"{n}.pdf") for n, c in enumerate(contents))
    return Manifest(station=station, scanned_by="Lê Văn Quét", scanned_at=NOON, files=files)


def on_disk(folder: Path, *contents: bytes) -> dict[Sha256, Path]:
    """Write each content to a file; return where it is, by its hash."""
    folder.mkdir(exist_ok=True)
    paths = {sha256_hex(content): folder / sha256_hex(content) for content in contents}
    for content in contents:
        paths[sha256_hex(content)].write_bytes(content)
    return paths


def receipt(sent: Manifest, minutes: int = 1) -> Receipt:
    return Receipt.of(sent, NOON + timedelta(minutes=minutes))


def outcome(sent: Manifest) -> Outcome:
    documents = tuple(DocumentOutcome(file_sha256=file.sha256, status="refused") for file in sent.files)
    return Outcome(submission_id=sent.submission_id, documents=documents)


def amended(of: Record, act: AmendmentAct, effective: date, **changes: object) -> Record:
    """Return the next version of a record, after an amendment."""
    made = {
        "act": act, "reason": next(iter(REASONS[act])), "legal_basis": {"code": "12/QĐ-UBND"}, "effective": effective,
        "superseded_by": record(b"successor").record_id if act == "supersede" else None,
        "version": of.version + 1, "who": "cli:binh", "at": NOON,
    }  # fmt: skip
    made = Amended.model_validate(made | changes)
    following = of.model_copy(update={"version": made.version, "amendments": (*of.amendments, made)})
    return following.model_copy(update={"status": following.status_on(effective)})


def record(content: bytes = b"paper", *owners: PersonalIdentifier | None, **changes: object) -> Record:
    """Return the first version of a record about a file with this content; *changes* replace what it says."""
    origin = Origin(file_sha256=sha256_hex(content), pages=(1,))
    roles = ("husband", "wife", "witness")
    known: dict[str, object] = {
        "record_id": record_id(origin),
        "version": 1,
        "status": "active",
        "document_type": "marriage_certificate",
        "document_type_confidence": 0.98,
        "owners": tuple(Owner(role=role, identifier=each) for role, each in zip(roles, owners, strict=False)),
        "fields": {"number": Field(value="195/2016", confidence=0.99, page=1, accepted=True)},
        "pages": (),
        "copy_": Copy(sha256=sha256_hex(content + b" copied"), size=12, original=False),
        "origin": origin,
        "submission_id": sha256_hex(b"submission"),
        "dossier_code": None,
        "valid_from": None,
        "valid_to": None,
        "review_reasons": (),
        "engine": Engine(pipeline="1", tesseract="5.3.0", language="vie", model_sha256=sha256_hex(b"model")),
        "created_at": NOON,
        "text": "GIẤY CHỨNG NHẬN KẾT HÔN",
    }
    return Record.model_validate(known | changes)
