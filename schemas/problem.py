"""What can go wrong, said once: a stable type, what happened, where, and what to do about it (RFC 9457).

Every failure that a user can meet is one `Kind` below. The CLI turns it into an exit code, the API into an
`application/problem+json` answer, and `docs/errors.md` explains each one.
"""

import errno
import os
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from schemas.model import Value


class Exit(IntEnum):
    """Exit codes of the command line. Part of its contract: documented and tested."""

    DONE = 0
    USAGE = 1
    REFUSED = 2
    MISSING_DEPENDENCY = 3
    BAD_CONFIGURATION = 9
    QUARANTINED = 20
    WAITS_FOR_REVIEW = 21
    SIGNATURE_NOT_VALID = 22
    INTEGRITY = 23
    STORAGE_CONTRACT = 24
    OFFLINE = 26
    PARTLY_FAILED = 27
    INTERRUPTED = 130


class Problem(Value):
    """One failure, ready to be shown: the same text in the CLI, the API and the web pages."""

    type: str
    title: str
    detail: str
    remedy: str
    file: str | None = None
    page: int | None = None


class Kind(NamedTuple):
    """A kind of failure: everything about it that does not depend on the case at hand."""

    slug: str
    title: str
    remedy: str
    exit_code: Exit = Exit.REFUSED
    http_status: int = 422
    transient: bool = False
    """True when the same call may succeed later: retried, never written down as an outcome."""

    @property
    def type(self) -> str:
        """The stable name that programs compare."""
        return f"urn:sohoa:problem:{self.slug}"

    def error(self, detail: str, *, file: str | None = None, page: int | None = None) -> "ProblemError":
        """Return the exception that says this happened, to be raised."""
        problem = Problem(type=self.type, title=self.title, detail=detail, remedy=self.remedy, file=file, page=page)
        return ProblemError(self, problem)


class ProblemError(Exception):
    """A failure that a user can be told about. Anything else that is raised is a defect."""

    def __init__(self, kind: Kind, problem: Problem) -> None:
        super().__init__(kind, problem)
        self.kind = kind
        self.problem = problem

    def __str__(self) -> str:
        where = "".join(
            [
                f"{self.problem.file}: " if self.problem.file else "",
                f"page {self.problem.page}: " if self.problem.page else "",
            ]
        )
        return f"{where}{self.problem.title}: {self.problem.detail}"

    def at(self, *, file: str | None = None, page: int | None = None) -> "ProblemError":
        """Return this failure with the place filled in where it was not known yet."""
        known = self.problem
        located = known.model_copy(update={"file": known.file or file, "page": known.page or page})
        return ProblemError(self.kind, located)


# --- input that is refused (exit 2) ----------------------------------------------------------------------------
FILE_MISSING = Kind("file-missing", "No such file", "Check the path.", http_status=404)
FILE_UNREADABLE = Kind(
    "file-unreadable", "The file cannot be opened", "Give the user that runs Sohoa the right to read it."
)
FILE_EMPTY = Kind("file-empty", "The file is empty", "Scan the paper again; the scanner saved nothing.")
FILE_TOO_LARGE = Kind(
    "file-too-large", "The file is too large", "Scan at 300 dpi or less, or split the file.", http_status=413
)
FILE_TYPE_UNKNOWN = Kind("file-type-unknown", "Not a scan", "Send a PDF, TIFF, JPEG or PNG file.", http_status=415)
FILE_DAMAGED = Kind(
    "file-damaged", "The file is damaged", "Scan the paper again, or send the file again: it is cut off or broken."
)
FILE_ENCRYPTED = Kind(
    "file-encrypted", "The file is locked with a password", "Save it without a password and send it again."
)
FILE_ACTIVE_CONTENT = Kind(
    "file-active-content",
    "The file contains programs or attachments",
    "Print it to a plain PDF, or scan the paper.",
)
FILE_HARMFUL = Kind(
    "file-harmful",
    "The virus scanner knows something harmful in the file",
    "Scan the paper again, and have the machine that made the file looked at.",
)
TOO_MANY_PAGES = Kind(
    "too-many-pages", "Too many pages in one file", "Split the file: one paper a file.", http_status=413
)
NO_PAGES = Kind("no-pages", "The file has no pages", "Scan the paper again.")
PAGE_TOO_LARGE = Kind(
    "page-too-large", "A page has too many pixels", "Scan at 300 dpi at the paper's own size.", http_status=413
)
PAGE_TOO_SMALL = Kind("page-too-small", "A page is too small to be a scan", "Scan the whole paper at 200 dpi or more.")
PAGE_FAILED = Kind(
    "page-failed",
    "A page could not be processed within its limits",
    "Scan this page again at 300 dpi; if it happens again, send the file to support.",
)
PAGES_BLANK = Kind(
    "pages-blank", "There is nothing on the pages", "Turn the paper over and scan it again; the blank scan is kept."
)
FOLDER_EMPTY = Kind(
    "folder-empty", "Nothing to take in", "Name PDF, TIFF, JPEG or PNG files, or a folder that holds some."
)
TRUTH_MISSING = Kind(
    "truth-missing",
    "There is no truth to measure against",
    "Name a folder of scans with NAME.truth.json beside each; `python -m samples.sets tuning --out FOLDER` makes one.",
)
CALIBRATION_UNFIT = Kind(
    "calibration-unfit",
    "No calibration can be made of this",
    "Give the output of `sohoa extract --json` for some hundred scans with NAME.truth.json beside each.",
)
WEIGHTS_UNFIT = Kind(
    "weights-unfit",
    "No weights can be learnt from this",
    "Use those that come with Sohoa until more papers are here.",
)
COPY_NOT_PDFA = Kind(
    "copy-not-pdfa",
    "No archivable copy can be made of this file",
    "Scan the paper again as JPEG or TIFF; if it happens again, send the file to support.",
)

# --- inventories of legacy papers ------------------------------------------------------------------------------
TABLE_UNREADABLE = Kind(
    "table-unreadable", "The table cannot be read", "Save it as XLSX, or as CSV in UTF-8, and plan again."
)
TABLE_UNFIT = Kind(
    "table-unfit",
    "The table has none of the columns that are looked for",
    "Name the layout that fits with --layout, or write one: docs/backfill.md shows how.",
)
DOSSIERS_UNREADABLE = Kind(
    "dossiers-unreadable",
    "The list of dossiers cannot be read",
    "Export it as the dossier objects of the national portal's synchronisation: JSON, or one object a line.",
)
TABLE_TOO_LARGE = Kind(
    "table-too-large",
    "The inventory is too large for one plan",
    "Split it, by district or by year, and plan each part.",
    http_status=413,
)
ROW_INCOMPLETE = Kind(
    "row-incomplete", "The row does not say which scan it was keyed from", "Fill in its key columns and plan again."
)
ROW_WITHOUT_SCAN = Kind(
    "row-without-scan",
    "The scan of this row is not there",
    "Find or scan the paper, put it beside the others, and plan again.",
)
SCAN_WITHOUT_ROW = Kind(
    "scan-without-row", "No row belongs to this scan", "Key the row, or name the scan as the row says, and plan again."
)
ROWS_DISAGREE = Kind(
    "rows-disagree",
    "Several rows or scans claim each other",
    "Compare them with the paper, leave one row and one scan, and plan again.",
)
ARCHIVE_UNSAFE = Kind(
    "archive-unsafe",
    "An entry of an archive cannot be taken out safely",
    "Unpack it on a machine where that does no harm, look at it, and pack it anew.",
)
SCAN_CHANGED = Kind(
    "scan-changed",
    "The scan is not what was planned",
    "Find out who changed or moved it, then plan again: what is done already is found.",
)
SHARD_FAILED = Kind(
    "shard-failed",
    "A part of a backfill could not be finished",
    "See the log of the worker; run the plan again: it goes on where it was.",
    Exit.PARTLY_FAILED,
    500,
)
PLAN_UNKNOWN = Kind(
    "plan-unknown",
    "No such plan",
    "Plan the inventory first, with `sohoa backfill plan`.",
    Exit.USAGE,
    404,
)

# --- the machine or its surroundings ---------------------------------------------------------------------------
TOOL_MISSING = Kind(
    "tool-missing",
    "A program that is needed is not installed",
    "Run `sohoa doctor`: it names the package.",
    Exit.MISSING_DEPENDENCY,
    503,
)
CONFIGURATION = Kind(
    "configuration",
    "The configuration is wrong",
    "Run `sohoa config` to see each value and where it came from.",
    Exit.BAD_CONFIGURATION,
    500,
)
STORE_UNREACHABLE = Kind(
    "store-unreachable",
    "The object store does not answer",
    "Check its address and that it runs; nothing is lost, run it again.",
    Exit.OFFLINE,
    503,
    transient=True,
)
STORE_FULL = Kind(
    "store-full",
    "The object store has no room left",
    "Make room for it; nothing is lost, run it again.",
    Exit.OFFLINE,
    507,
    transient=True,
)
CLOCK_WRONG = Kind(
    "clock-wrong",
    "The clock of this machine, or of the object store, is wrong",
    "Set it right, best by a time server (`timedatectl`); nothing is lost, run it again.",
    Exit.OFFLINE,
    503,
    transient=True,
)
STORE_CONFLICT = Kind(
    "store-conflict",
    "Something else is already stored under this name",
    "Report this: stored objects never change.",
    Exit.STORAGE_CONTRACT,
    409,
)
STORE_CONTRACT = Kind(
    "store-contract",
    "The object store does not keep its promises",
    "Use a server that passes `sohoa doctor`.",
    Exit.STORAGE_CONTRACT,
    500,
)
CATALOG_MISSING = Kind(
    "catalog-missing",
    "The catalog is missing",
    "Run `sohoa rebuild`, which makes it anew from the warehouse; after an update `sohoa catalog upgrade` may do.",
    Exit.BAD_CONFIGURATION,
    503,
)
CATALOG_UNREACHABLE = Kind(
    "catalog-unreachable",
    "The catalog's database does not answer",
    "Check its address and that it runs; nothing is lost, run it again.",
    Exit.OFFLINE,
    503,
    transient=True,
)
REGISTRY_UNREACHABLE = Kind(
    "registry-unreachable",
    "The population registry does not answer",
    "Check `registry.file` and that Sohoa may read it; no record was changed, run it again.",
    Exit.OFFLINE,
    503,
    transient=True,
)
OWNER_SECRET_CHANGED = Kind(
    "owner-secret-changed",
    "The owner secret is not the one that was used before",
    "Set owner_secret to the one that was used before. If it is lost: run `sohoa rebuild`, which makes new owner keys.",
    Exit.BAD_CONFIGURATION,
    503,
)
SYSTEM_REFUSED = Kind(
    "system-refused",
    "The operating system refused",
    "Check that the path is right and that the user that runs Sohoa may write there.",
    Exit.USAGE,
    500,
)
ORCHESTRATOR_UNREACHABLE = Kind(
    "orchestrator-unreachable",
    "The Prefect server does not answer",
    "Start it, or unset SOHOA_PREFECT__API_URL to use the embedded one.",
    Exit.OFFLINE,
    503,
    transient=True,
)

SIGNER_UNREACHABLE = Kind(
    "signer-unreachable",
    "The signing key does not answer",
    "Look at the token, the HSM or the service: is it plugged in, does it run? Nothing is lost, run it again.",
    Exit.OFFLINE,
    503,
    transient=True,
)

PIN_WRONG = Kind(
    "pin-wrong",
    "Another PIN opens the token",
    "Try again with the right one; too many wrong ones lock the token.",
    Exit.BAD_CONFIGURATION,
    500,
)

TOKEN_LOCKED = Kind(
    "token-locked",
    "The token is locked: too many wrong PINs",
    "Have it unlocked by whoever gave it out.",
    Exit.BAD_CONFIGURATION,
    500,
)

SIGNER_ENDED = Kind(
    "signer-ended",
    "Somebody's right to sign ends",
    "See who with `sohoa signers check`; get them a new certificate, or write down who signs in their place.",
    Exit.SIGNATURE_NOT_VALID,
    500,
)

SIGNATURE_REFUSED = Kind(
    "signature-refused",
    "This signature is not the one that is waited for",
    "Sign with the certificate of the person who scanned; it has to be valid, trusted and, if there is a directory of"
    " signers, in it as a scanner's.",
    Exit.SIGNATURE_NOT_VALID,
)

DRAFT_UNKNOWN = Kind(
    "draft-unknown",
    "No such copy waits for this station's signature",
    "Ask the server anew for what waits: `sohoa station sign`.",
    http_status=404,
)

ANTIVIRUS_UNREACHABLE = Kind(
    "antivirus-unreachable",
    "The virus scanner does not answer",
    "Look at clamd: does it run, is antivirus.address right? Stations send the file again by themselves.",
    Exit.OFFLINE,
    503,
    transient=True,
)

TIME_STAMPS_UNREACHABLE = Kind(
    "time-stamps-unreachable",
    "The time-stamp authority does not answer",
    "Check its address and that it can be reached; copies stay signed and wait for their time-stamps.",
    Exit.OFFLINE,
    503,
    transient=True,
)
TIME_STAMP_ENDED = Kind(
    "time-stamp-ended",
    "A time-stamp ended before it was renewed",
    "Restore its renewal from the second copy, if there is one; run `sohoa up`, or `sohoa reconcile`, every day.",
    Exit.SIGNATURE_NOT_VALID,
    500,
)
VALIDATION_DATA_MISSING = Kind(
    "validation-data-missing",
    "It cannot be shown that the certificates are good",
    "Check that the addresses in them (OCSP, CRL) can be reached, and that their roots are in signing.trust.",
    Exit.OFFLINE,
    503,
    transient=True,
)

# --- what is stored --------------------------------------------------------------------------------------------
INTEGRITY_MISMATCH = Kind(
    "integrity-mismatch",
    "Stored bytes are not what was stored",
    "Restore the object from the second copy.",
    Exit.INTEGRITY,
    500,
)
SIGNATURE_INVALID = Kind(
    "signature-invalid",
    "A signature is not valid",
    "Do not rely on this file: it was changed after it was signed.",
    Exit.SIGNATURE_NOT_VALID,
    422,
)
SIGNATURE_INDETERMINATE = Kind(
    "signature-indeterminate",
    "A signature cannot be confirmed",
    "Add the signer's root certificate to `signing.trust`, or ask the issuer.",
    Exit.SIGNATURE_NOT_VALID,
    422,
)
RECORD_UNKNOWN = Kind("record-unknown", "No such record", "Check the record id.", Exit.USAGE, 404)
RECEIPT_PENDING = Kind(
    "receipt-pending",
    "No receipt of this act yet",
    "Acts are sealed within a minute; ask again then, or check the id.",
    Exit.USAGE,
    404,
)
SUBMISSION_UNKNOWN = Kind("submission-unknown", "No such submission", "Check the submission id.", Exit.USAGE, 404)
LINK_CLOSED = Kind(
    "link-closed",
    "This address opens nothing",
    "Look the record up, once more if need be, and use the address in the answer within five minutes.",
    Exit.USAGE,
    404,
)
RANGE_UNSATISFIABLE = Kind(
    "range-unsatisfiable",
    "The copy has no such bytes",
    "Ask for bytes before the size that Content-Range names.",
    Exit.USAGE,
    416,
)

# --- at the review desk ----------------------------------------------------------------------------------------
REVIEW_CONFLICT = Kind(
    "review-conflict",
    "Somebody else decided about it first",
    "Look at the record again: `sohoa review show RECORD_ID`. What they decided holds.",
    http_status=409,
)
REVIEW_NOT_WAITING = Kind(
    "review-not-waiting",
    "The record waits for nobody",
    "Look with `sohoa review list` at what does.",
    http_status=409,
)
DECISION_UNFIT = Kind(
    "decision-unfit", "This cannot be decided so", "Look at the record again: `sohoa review show RECORD_ID`."
)
AMENDMENT_UNFIT = Kind(
    "amendment-unfit",
    "This cannot be done to the record",
    "Look at what was done to it already: `sohoa record explain RECORD_ID`.",
    http_status=409,
)

# --- at a station ----------------------------------------------------------------------------------------------
STATION_NOT_ENROLLED = Kind(
    "station-not-enrolled",
    "This is no station yet",
    "Run `sohoa station enroll`, or name the station's folder with --home.",
    Exit.BAD_CONFIGURATION,
    500,
)
STATION_BUSY = Kind(
    "station-busy", "The station runs already", "Use the one that runs, or stop it first.", Exit.USAGE, 409
)
STATION_FULL = Kind(
    "station-full",
    "The station's disk has too little room left",
    "Make room on the disk; what is scanned waits in its folder until then.",
    Exit.OFFLINE,
    507,
    transient=True,
)
SCANNER_FAILED = Kind(
    "scanner-failed",
    "The scanner did not scan",
    "Look at the scanner: is it on, is there paper in it? `scanimage -L` lists the scanners that are found.",
    Exit.MISSING_DEPENDENCY,
    503,
)
DOSSIER_UNKNOWN = Kind(
    "dossier-unknown", "No such dossier at this station", "Look with `sohoa station status`.", Exit.USAGE, 404
)
DOSSIER_NOT_READY = Kind(
    "dossier-not-ready", "The dossier cannot be closed yet", "Do what is named, then close it again.", http_status=409
)
RECEIPT_WRONG = Kind(
    "receipt-wrong",
    "The receipt is not for what was sent",
    "Keep the paper, and report this to whoever runs the server.",
    Exit.INTEGRITY,
    422,
)
SERVER_UNREACHABLE = Kind(
    "server-unreachable",
    "The server does not answer",
    "Nothing is lost: what was scanned is safe at the station, and goes on its way when the line is back.",
    Exit.OFFLINE,
    503,
    transient=True,
)
STATION_CLOCK = Kind(
    "station-clock",
    "The station's clock is wrong",
    "Nothing has to be done: the station goes by the server's clock now.",
    Exit.OFFLINE,
    401,
)

# --- at the intake ---------------------------------------------------------------------------------------------
STATION_UNKNOWN = Kind(
    "station-unknown", "No such station", "Look with `sohoa stations list`; check how it is written.", Exit.USAGE, 404
)
SEQUENCE_CONFLICT = Kind(
    "sequence-conflict",
    "The station's journal contradicts itself",
    "Find out whether two machines use the same key, or an old copy of the station's folder was restored.",
    http_status=409,
)
NOT_ANNOUNCED = Kind(
    "not-announced", "The submission is not in the station's journal", "Send the journal first.", http_status=409
)
FILE_NOT_SENT = Kind(
    "file-not-sent",
    "A file of the submission has not arrived",
    "Upload it, then send the manifest again.",
    http_status=409,
)
PAGE_COUNT_MISMATCH = Kind(
    "page-count-mismatch",
    "There are more or fewer pages than the station's journal says",
    "Compare the scans with the paper; it was not handed over. What arrived is in quarantine.",
)
UPLOAD_UNKNOWN = Kind("upload-unknown", "No such upload", "Create it again; what is stored is found.", http_status=404)
OFFSET_MISMATCH = Kind(
    "offset-mismatch", "The upload is at another offset", "Go on from Upload-Offset of this answer.", http_status=409
)
CHECKSUM_MISMATCH = Kind(
    "checksum-mismatch",
    "What arrived is not what was sent",
    "Send it again: ask for the offset, and create the upload again if it is gone.",
    http_status=460,
)
TUS_VERSION = Kind("tus-version", "Another version of tus is spoken here", "Speak tus 1.0.0.", Exit.USAGE, 412)
MEDIA_TYPE_UNKNOWN = Kind(
    "media-type-unknown",
    "Another type of content is expected",
    "Send Content-Type: application/offset+octet-stream.",
    Exit.USAGE,
    415,
)
QUOTA_EXCEEDED = Kind(
    "quota-exceeded",
    "The station has sent as much as it may",
    "Wait until tomorrow or finish what is open; the operator can register the station with a higher quota.",
    Exit.OFFLINE,
    429,
    transient=True,
)
REQUEST_SLOW = Kind(
    "request-slow",
    "The request did not go on",
    "Send it again; an upload goes on where it was.",
    Exit.OFFLINE,
    408,
    transient=True,
)

# --- how it was asked ------------------------------------------------------------------------------------------
BAD_REQUEST = Kind(
    "bad-request", "The request is not understood", "See the API description at /openapi.json.", Exit.USAGE, 422
)
NOT_AUTHORISED = Kind("not-authorised", "Not allowed", "Send a valid bearer token.", Exit.USAGE, 401)
SCOPE_MISSING = Kind(
    "scope-missing",
    "The token does not allow this",
    "Ask whoever gives out the tokens for one with the scope that is named.",
    Exit.USAGE,
    403,
)
PURPOSE_UNFIT = Kind(
    "purpose-unfit",
    "The procedure does not need this",
    "Check the procedure code and ask only for what it needs; the operator keeps the list (`api.procedures`).",
    Exit.USAGE,
    403,
)
BASIS_UNFIT = Kind(
    "basis-unfit",
    "The legal basis is not said as it has to be",
    "Say the document that it rests on (`basis_document`), or, with `owner_self`, the owner as `requester`.",
    Exit.USAGE,
    403,
)
TOO_MANY_REQUESTS = Kind(
    "too-many-requests",
    "Too many requests at once",
    "Wait as long as Retry-After says, then go on more slowly.",
    Exit.OFFLINE,
    429,
    transient=True,
)
ISSUER_UNREACHABLE = Kind(
    "issuer-unreachable",
    "Whoever issues the tokens does not answer",
    "Check that the server reaches `api.issuer` and that it publishes its keys (OpenID Connect Discovery).",
    Exit.OFFLINE,
    503,
    transient=True,
)
ROUTE_UNKNOWN = Kind("route-unknown", "No such address", "See the API description at /openapi.json.", Exit.USAGE, 404)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", "This address does not do that", "See the API description at /openapi.json.", Exit.USAGE, 405
)
REQUEST_TOO_LARGE = Kind(
    "request-too-large", "The request is too large", "Send only what the API description asks for.", Exit.USAGE, 413
)
INTERNAL = Kind("internal", "Sohoa made a mistake", "Report this with the time it happened.", Exit.USAGE, 500)


def refused_by_system(error: OSError) -> ProblemError:
    """Return what the operating system refused, in words: `store-full` without room, otherwise `system-refused`."""
    kind = STORE_FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else SYSTEM_REFUSED
    detail = error.strerror or str(error) or type(error).__name__
    return kind.error(detail, file=None if error.filename is None else os.fsdecode(error.filename))


KINDS: tuple[Kind, ...] = tuple(value for value in globals().values() if isinstance(value, Kind))
"""Every kind of failure, in the order above."""

KINDS_BY_TYPE: Mapping[str, Kind] = {kind.type: kind for kind in KINDS}
