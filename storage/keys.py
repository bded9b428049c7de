"""Object keys: pure functions, so that anybody can say where a thing is kept (docs/architecture.md has the table).

A key holds no personal data: owners appear as HMACs. Segments are at most 255 bytes, and no key is a folder of another.
Byte order equals folder order (no segment is the beginning of a sibling that goes on with `-` or `.`), because servers
disagree on the rest: SeaweedFS lists `a/b` before `a-` and then skips keys.
"""

import hmac
import re
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

from schemas.claim import IssuerId
from schemas.digest import Sha256, sha256_hex
from schemas.identifier import PersonalIdentifier
from schemas.model import canonical_bytes
from schemas.record import RecordId
from schemas.settings import Digest
from schemas.submission import Manifest, Receipt, StationId

INBOX = "inbox/"
FILES = "files/"
SEALS = "seals/"
DRAFTS = "drafts/"
PREPARED = "prepared/"
SIGNED = "signed/"
RECEIPTS = "receipts/"
OUTCOMES = "outcomes/"
RECORDS = "records/"
OWNERS = "owners/"
ALIASES = "aliases/"
ESTABLISHED = "established/"
REVIEWS = "reviews/"
KEYINGS = "keyings/"
LEVELS = "levels/"
SIGNATURES = "signatures/"
EVIDENCE = "evidence/"
TOKENS = "tokens/"
RENEWALS = "renewals/"
STATIONS = "stations/"
SIGNERS = "signers/"
ISSUERS = "issuers/"
WITHDRAWN = "withdrawn/"
CLAIMS = "claims/"
JOURNALS = "journals/"
QUARANTINE = "quarantine/"
PLANS = "plans/"
BACKFILLS = "backfills/"
AUDIT_ENTRIES = "audit/entries/"
AUDIT_HEADS = "audit/heads/"
AUDIT_SEGMENTS = "audit/segments/"
FIXITY = "fixity/"
SYNCED = "synced/"
TABLES = "tables/"
REVOKED = "revoked/"
CONTRACT = "contract/"

DATA = ".json"
SIGNATURE = ".p7s"
TIME_STAMP = ".tst"

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,254}(/[a-z0-9][a-z0-9_.-]{0,254})+")
_HEX = re.compile(r"[0-9a-f]+")
_SHA256_DIGITS = 64
_RECORD_ID_DIGITS = 32
_ISSUER_ID_DIGITS = 16
_LAST_VERSION = 999_999
_LAST_ENTRY = 2**53 - 1
_LONGEST_KEY = 1024
_PERSON = b"sohoa/owner/person/1\0"
_LINK = b"sohoa/snippet/link/1\0"
_TERM = b"sohoa/catalog/term/1\0"
_TERM_DIGITS = 32


def term(kind: str, text: str, secret: bytes) -> str:
    """Return what the catalog keeps of something that a paper is found by (32 hex digits); *text* is folded."""
    return hmac.digest(secret, _TERM + f"{kind}\0{text}".encode(), "sha256").hex()[:_TERM_DIGITS]


def checked(key: str) -> str:
    """Return *key* if a store may use it as a name.

    Raises:
        ValueError: if it is not two or more segments of lower-case letters, digits, `_`, `.` and `-`, each beginning
            with a letter or digit and at most 255 bytes long, 1024 together.
    """
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        message = f"not an object key: {key[:100]!r}"
        raise ValueError(message)
    return key


def _hex(value: str, digits: int) -> str:
    if len(value) != digits or not _HEX.fullmatch(value):
        message = f"not {digits} hex digits: {value[:100]!r}"
        raise ValueError(message)
    return value


def _spread(prefix: str, value: str, digits: int) -> str:
    """Return *prefix* and *value*, spread over 256 folders: folders of millions of entries are slow everywhere."""
    return f"{prefix}{_hex(value, digits)[:2]}/{value}"


def _day(day: date) -> str:
    return f"{day.year:04d}/{day.month:02d}/{day.day:02d}"


# --- what comes in ---------------------------------------------------------------------------------------------
def manifest(sent: Manifest | Receipt) -> str:
    """Return where a manifest (or that of a receipt) is kept: its being there makes the submission stored.

    The day is that of `scanned_at` as the station wrote it: the same sending has the same key, whoever stores it, when.
    """
    return f"{station_inbox(sent.station)}{_day(sent.scanned_at.date())}/{sent.submission_id}{DATA}"


def station_inbox(station: StationId) -> str:
    """Return the folder of one station's manifests."""
    return _of_station(INBOX, station)


def _of_station(prefix: str, station: StationId) -> str:
    return f"{prefix}{station.replace('-', '_')}/"  # see above: `ab-c` would stand both before and after `ab/`


def file(sha256: Sha256) -> str:
    """Return where bytes are kept: a file as received, or a copy."""
    return _spread(FILES, sha256, _SHA256_DIGITS)


def receipt(submission_id: Sha256) -> str:
    """Return where a receipt is kept; its signature is beside it (`signature_of`)."""
    return _spread(RECEIPTS, submission_id, _SHA256_DIGITS) + DATA


def outcome(submission_id: Sha256) -> str:
    """Return where it is written what became of a submission."""
    return f"{OUTCOMES}{_hex(submission_id, _SHA256_DIGITS)}{DATA}"


def submission_of(key: str) -> Sha256:
    """Return the submission id that a manifest, receipt or outcome key ends in."""
    return _hex(key.rpartition("/")[2].partition(".")[0], _SHA256_DIGITS)


# --- who sends -------------------------------------------------------------------------------------------------
def enrolment(station: StationId, number: int) -> str:
    """Return where one step in the life of a station's right to send is kept; *number* is 1 for the first one."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of an enrolment: {number}"
        raise ValueError(message)
    return f"{_of_station(STATIONS, station)}{number:06d}{DATA}"


def signer(certificate_sha256: Sha256, number: int) -> str:
    """Return where one step in the life of a right to sign is kept; *number* is 1 for the first one."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of a step: {number}"
        raise ValueError(message)
    return f"{_spread(SIGNERS, certificate_sha256, _SHA256_DIGITS)}/{number:06d}{DATA}"


def signer_of(key: str) -> Sha256:
    """Return the hash of the certificate that a key under `signers/` is about."""
    return _hex(key.split("/")[2], _SHA256_DIGITS)


def revoked_token(issuer: str, token_id: str) -> str:
    """Return where it is kept that a token was taken back; neither its issuer nor its id can be read from it."""
    return f"{_spread(REVOKED, sha256_hex(canonical_bytes([issuer, token_id])), _SHA256_DIGITS)}{DATA}"


def journal(station: StationId) -> str:
    """Return the folder of a station's journal."""
    return _of_station(JOURNALS, station)


def journal_entry(station: StationId, sequence: int) -> str:
    """Return where an entry of a station's journal is kept."""
    if not 1 <= sequence <= _LAST_ENTRY:
        message = f"not the number of a journal entry: {sequence}"
        raise ValueError(message)
    return f"{journal(station)}{sequence:016d}{DATA}"


def quarantine(station: StationId) -> str:
    """Return the folder of what was refused to a station."""
    return _of_station(QUARANTINE, station)


def quarantined(station: StationId, identity: Sha256) -> str:
    """Return where it is kept what was refused to a station, and why."""
    return f"{quarantine(station)}{_hex(identity, _SHA256_DIGITS)}{DATA}"


# --- backfills -------------------------------------------------------------------------------------------------
def plan(plan_id: Sha256) -> str:
    """Return where a plan is kept."""
    return f"{PLANS}{_hex(plan_id, _SHA256_DIGITS)}{DATA}"


def plan_of(key: str) -> Sha256:
    """Return the id of the plan that is kept under *key*."""
    return _hex(key.rpartition("/")[2].removesuffix(DATA), _SHA256_DIGITS)


BackfillPart = Literal["shards", "sent", "done", "steps"]
"""What there is of each shard of a plan (what was planned, what was sent, what became of it), and its decisions."""


def backfill(plan_id: Sha256, part: BackfillPart) -> str:
    """Return the folder of one part of a plan."""
    return f"{BACKFILLS}{_hex(plan_id, _SHA256_DIGITS)}/{part}/"


def backfill_part(plan_id: Sha256, part: BackfillPart, number: int) -> str:
    """Return where a shard's part, or a decision, is kept; *number* is 1 for the first one."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of a shard or a decision: {number}"
        raise ValueError(message)
    return f"{backfill(plan_id, part)}{number:06d}{DATA}"


def backfill_number_of(key: str) -> int:
    """Return the number of the shard or decision that is kept under *key*."""
    return int(key.rpartition("/")[2].removesuffix(DATA))


# --- what goes out ---------------------------------------------------------------------------------------------
def seal(unsigned_sha256: Sha256) -> str:
    """Return where the bytes are kept that signing appended to an unsigned copy."""
    return _spread(SEALS, unsigned_sha256, _SHA256_DIGITS)


def claim(record_id: RecordId) -> str:
    """Return where the claim is kept that stands on a record's copy."""
    return _spread(CLAIMS, record_id, _RECORD_ID_DIGITS)


def issuer(issuer_id: IssuerId) -> str:
    """Return where it is kept whose key an issuer of claims is; the agency's signature is beside it."""
    return f"{ISSUERS}{_hex(issuer_id, _ISSUER_ID_DIGITS)}{DATA}"


def issuer_of(key: str) -> IssuerId:
    """Return which issuer a key under `issuers/` is about."""
    return _hex(key.removeprefix(ISSUERS).partition(".")[0], _ISSUER_ID_DIGITS)


def withdrawn(issuer_id: IssuerId) -> str:
    """Return where it is kept that the key of an issuer was taken back, since when and why."""
    return f"{WITHDRAWN}{_hex(issuer_id, _ISSUER_ID_DIGITS)}{DATA}"


def draft(submission_id: Sha256) -> str:
    """Return where it is kept what is known of a submission whose copies wait to be signed at its station."""
    return f"{DRAFTS}{_hex(submission_id, _SHA256_DIGITS)}{DATA}"


def prepared(unsigned_sha256: Sha256) -> str:
    """Return where the bytes are kept that were appended to an unsigned copy, with room for a signature in them."""
    return _spread(PREPARED, unsigned_sha256, _SHA256_DIGITS)


def signed(unsigned_sha256: Sha256) -> str:
    """Return where the signature is kept that goes there, and whose it is."""
    return _spread(SIGNED, unsigned_sha256, _SHA256_DIGITS)


def record_versions(record_id: RecordId) -> str:
    """Return the folder of a record's versions."""
    return _spread(RECORDS, record_id, _RECORD_ID_DIGITS) + "/"


def record(record_id: RecordId, version: int) -> str:
    """Return where one version of a record is kept; its signature is beside it (`signature_of`)."""
    if not 1 <= version <= _LAST_VERSION:
        message = f"not a record version: {version}"
        raise ValueError(message)
    return f"{record_versions(record_id)}v{version:06d}{DATA}"


def level(record_id: RecordId, number: int) -> str:
    """Return where the bytes are kept that were appended to a record's copy later on; *number* is 1 for the first."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of a level: {number}"
        raise ValueError(message)
    return f"{_spread(LEVELS, record_id, _RECORD_ID_DIGITS)}/{number:06d}"


class Raised(NamedTuple):
    """Which record's copy was raised, and how often."""

    record_id: RecordId
    number: int


def raised_of(key: str) -> Raised:
    """Return what a key under `levels/` is about."""
    _, _, record_id, number = key.split("/")
    return Raised(_hex(record_id, _RECORD_ID_DIGITS), int(number))


def signature_report(file_sha256: Sha256, number: int) -> str:
    """Return where a report about the signatures of a file is kept; *number* is 1 for the first."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of a report: {number}"
        raise ValueError(message)
    return f"{_spread(SIGNATURES, file_sha256, _SHA256_DIGITS)}/{number:06d}{DATA}"


class Reported(NamedTuple):
    """Which file's signatures were reported of, and how often."""

    file_sha256: Sha256
    number: int


def reported_of(key: str) -> Reported:
    """Return what a key under `signatures/` is about."""
    _, _, sha256, name = key.split("/")
    return Reported(_hex(sha256, _SHA256_DIGITS), int(name.removesuffix(DATA)))


def signature_of(key: str) -> str:
    """Return where the detached signature of a record version or receipt is kept."""
    return key.removesuffix(DATA) + SIGNATURE


def time_stamp_of(key: str) -> str:
    """Return where the time-stamp over the signature of a record version is kept."""
    return key.removesuffix(DATA) + TIME_STAMP


class RecordVersion(NamedTuple):
    """Which record and which version of it a key is about."""

    record_id: RecordId
    version: int


def record_version_of(key: str) -> RecordVersion:
    """Return what a key under `records/` is about."""
    _, _, record_id, name = key.split("/")
    return RecordVersion(_hex(record_id, _RECORD_ID_DIGITS), int(name[1:].partition(".")[0]))


def evidences(digest: Digest) -> str:
    """Return the folder of the evidence records whose last hash tree was made with *digest*."""
    return f"{EVIDENCE}{digest}/"


def evidence(version: RecordVersion, digest: Digest) -> str:
    """Return where the evidence record of a record version is kept."""
    return f"{_spread(evidences(digest), version.record_id, _RECORD_ID_DIGITS)}/v{version.version:06d}"


def evident_version_of(key: str) -> RecordVersion:
    """Return which record version an evidence record is about."""
    _, _, _, record_id, name = key.split("/")
    return RecordVersion(_hex(record_id, _RECORD_ID_DIGITS), int(name[1:]))


def token(sha256: Sha256) -> str:
    """Return where a time-stamp of a whole hash tree is kept."""
    return f"{TOKENS}{_hex(sha256, _SHA256_DIGITS)}"


def renewal(sha256: Sha256) -> str:
    """Return where it is kept that the time-stamp with this hash was renewed, and how."""
    return f"{RENEWALS}{_hex(sha256, _SHA256_DIGITS)}"


# --- reviews ---------------------------------------------------------------------------------------------------
def reviews(record_id: RecordId) -> str:
    """Return the folder of what people decided about a record."""
    return _spread(REVIEWS, record_id, _RECORD_ID_DIGITS) + "/"


def review(record_id: RecordId, version: int) -> str:
    """Return where it is kept what was decided about one version of a record: whoever comes first decides."""
    if not 1 <= version <= _LAST_VERSION:
        message = f"not a record version: {version}"
        raise ValueError(message)
    return f"{reviews(record_id)}{version:06d}{DATA}"


def reviewed_version_of(key: str) -> RecordVersion:
    """Return what a key under `reviews/` is about."""
    _, _, record_id, name = key.split("/")
    return RecordVersion(_hex(record_id, _RECORD_ID_DIGITS), int(name.partition(".")[0]))


def keyings(record_id: RecordId) -> str:
    """Return the folder of what people keyed from crops of a record's fields."""
    return _spread(KEYINGS, record_id, _RECORD_ID_DIGITS) + "/"


def keying(record_id: RecordId, field: str, number: int) -> str:
    """Return where one answer about a field is kept; *number* is 1 for the first one."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of an answer: {number}"
        raise ValueError(message)
    return f"{keyings(record_id)}{field}.{number:06d}{DATA}"


def keying_number_of(key: str) -> int:
    """Return the number of the answer that is kept under *key*."""
    return int(key.removesuffix(DATA).rpartition(".")[2])


# --- owners ----------------------------------------------------------------------------------------------------
def owner_key(identifier: PersonalIdentifier, secret: bytes) -> str:
    """Return the pseudonym of a person: HMAC-SHA256 as 64 hex digits.

    Without *secret* nobody can try all twelve-digit numbers. Organisations get a message of their own one day, so that
    no number of theirs can meet a person's.
    """
    return hmac.digest(secret, _PERSON + identifier.digits.encode("ascii"), "sha256").hex()


def link(what: str, secret: bytes) -> str:
    """Return the pseudonym of something that two crops may have in common; it is no part of any key."""
    return hmac.digest(secret, _LINK + what.encode(), "sha256").hex()


def owned(owner: str) -> str:
    """Return the folder of pointers to an owner's records; *owner* is an `owner_key`."""
    return f"{OWNERS}{_hex(owner, _SHA256_DIGITS)}/"


def pointer(owner: str, record_id: RecordId) -> str:
    """Return where it is kept that *owner* has this record."""
    return f"{owned(owner)}{_hex(record_id, _RECORD_ID_DIGITS)}"


def aliases(owner: str) -> str:
    """Return the folder of what people said of a cancelled identifier; *owner* is its `owner_key`."""
    return f"{ALIASES}{_hex(owner, _SHA256_DIGITS)}/"


def alias(owner: str, number: int) -> str:
    """Return where one thing that was said of a cancelled identifier is kept; *number* is 1 for the first one."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of something that was said: {number}"
        raise ValueError(message)
    return f"{aliases(owner)}{number:06d}{DATA}"


def aliased_owner_of(key: str) -> str:
    """Return of which identifier, by its `owner_key`, a key under `aliases/` tells."""
    return _hex(key.split("/")[1], _SHA256_DIGITS)


def established(owner: str) -> str:
    """Return the folder of pointers to the identifiers whose place this one was said to take."""
    return f"{ESTABLISHED}{_hex(owner, _SHA256_DIGITS)}/"


# --- acts ------------------------------------------------------------------------------------------------------
def audit_entry(day: date, name: str) -> str:
    """Return where entries of the audit log are kept that came together; *name* is 32 hex digits."""
    return f"{AUDIT_ENTRIES}{_day(day)}/{_hex(name, 32)}{DATA}"


def audit_name(at: datetime, entry_id: str) -> str:
    """Return the name of entries that came together, by the first of them: names are in the order of time."""
    return f"{int(at.timestamp() * 1000):012x}{_hex(entry_id, 32)[-20:]}"


def audit_day_of(name: str) -> date:
    """Return the day (UTC) that stands in such a name."""
    return datetime.fromtimestamp(int(name[:12], 16) / 1000, UTC).date()


def audit_entries(month: str) -> str:
    """Return the folder of the acts of a month, such as `2026-03`."""
    return f"{AUDIT_ENTRIES}{month.replace('-', '/')}/"


def audit_entry_of(key: str) -> str:
    """Return the name of the entries that are kept under *key*."""
    return _hex(key.rpartition("/")[2].removesuffix(DATA), 32)


def audit_segment(number: int) -> str:
    """Return where a segment of the audit log is kept; *number* is 1 for the first one."""
    return f"{AUDIT_SEGMENTS}{_audit_number(number)}{DATA}"


def audit_head(number: int) -> str:
    """Return where the head after a segment is kept; its signature is beside it (`signature_of`)."""
    return f"{AUDIT_HEADS}{_audit_number(number)}{DATA}"


def audit_number_of(key: str) -> int:
    """Return the number of the segment that is kept under *key*."""
    return int(key.rpartition("/")[2].removesuffix(DATA))


def _audit_number(number: int) -> str:
    if not 1 <= number <= _LAST_ENTRY:
        message = f"not the number of a segment: {number}"
        raise ValueError(message)
    return f"{number:016d}"


def fixity(day: date, sha256: Sha256) -> str:
    """Return where a report of a fixity check is kept; *sha256* is that of the report."""
    return f"{FIXITY}{_day(day)}/{_hex(sha256, _SHA256_DIGITS)}{DATA}"


def synced_month(month: str) -> str:
    """Return the folder of what is known of the dossiers of a month, such as `2026-03`."""
    return f"{SYNCED}{month.replace('-', '/')}/"


def synced(month: str, number: int) -> str:
    """Return where a list of dossiers of a month is kept; *number* is 1 for the first."""
    if not 1 <= number <= _LAST_VERSION:
        message = f"not the number of a list: {number}"
        raise ValueError(message)
    return f"{synced_month(month)}{number:06d}{DATA}"


def synced_month_of(key: str) -> str:
    """Return which month a key under `synced/` is about."""
    _, year, month, _ = key.split("/")
    return f"{year}-{month}"


def table(name: str, month: str, edition: int) -> str:
    """Return where a table for analysis of a month is kept; *edition* is 1 for the first."""
    if not 1 <= edition <= _LAST_VERSION:
        message = f"not the number of an edition: {edition}"
        raise ValueError(message)
    return f"{TABLES}{name}/{month.replace('-', '/')}/{edition:06d}.parquet"


def contract_check(day: date, name: str) -> str:
    """Return the key with which `sohoa doctor` tries the store on one day; *name* is one of its checks."""
    return f"{CONTRACT}{day:%Y%m%d}/{name}"
