"""Write the JSON Schemas of every value that crosses a border: `python -m schemas.export [FOLDER]`.

They are kept in `schemas/json/` for people who integrate without Python; a test fails when they are out of date.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.alias import Alias
from schemas.amending import AmendmentAnswer, AmendmentRequest
from schemas.audit import AuditEntry, OnceOnlyReceipt, TreeHead
from schemas.calibration import Calibration
from schemas.claim import ClaimVerdict, Issuer, KnownIssuer, Withdrawal
from schemas.document_type import DocumentType
from schemas.dossier import ComponentsAnswer, ComponentsRequest
from schemas.explanation import Explanation
from schemas.kho import KhoAnswer, KhoRequest
from schemas.legibility import Glance, Legibility
from schemas.lookup import LookupAnswer, LookupRequest, ScanAdvice, ScanQuestion
from schemas.model import Value
from schemas.outcome import Outcome
from schemas.problem import Problem
from schemas.procedure import Procedures
from schemas.record import Record, SignedRecord
from schemas.report import Copied, Extraction, Finding, Fixity, Horizon, Ingestion, StoreCheck, Verification
from schemas.review import Decision
from schemas.search import Search, SearchAnswer
from schemas.settings import Settings
from schemas.station import (
    AdmittedFile,
    Enrolment,
    EnrolmentRequest,
    Gap,
    Journal,
    JournalState,
    Quarantined,
    SignedReceipt,
    Welcome,
)
from schemas.submission import Manifest, Receipt

EXPORTED: tuple[type[Value], ...] = (
    AdmittedFile,
    Alias,
    AmendmentAnswer,
    AmendmentRequest,
    AuditEntry,
    Calibration,
    ClaimVerdict,
    ComponentsAnswer,
    ComponentsRequest,
    Decision,
    DocumentType,
    Enrolment,
    EnrolmentRequest,
    Explanation,
    Extraction,
    Finding,
    Copied,
    Fixity,
    Gap,
    Glance,
    Horizon,
    Ingestion,
    Issuer,
    Journal,
    JournalState,
    KhoAnswer,
    KhoRequest,
    KnownIssuer,
    Legibility,
    LookupAnswer,
    LookupRequest,
    Manifest,
    OnceOnlyReceipt,
    Outcome,
    Problem,
    Procedures,
    Quarantined,
    Receipt,
    Record,
    Search,
    SearchAnswer,
    Settings,
    ScanAdvice,
    ScanQuestion,
    SignedReceipt,
    SignedRecord,
    StoreCheck,
    TreeHead,
    Verification,
    Welcome,
    Withdrawal,
)


def schema_files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each JSON Schema (draft 2020-12)."""
    for value in EXPORTED:
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema |= value.model_json_schema(mode="serialization", by_alias=True)
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in value.__name__).lstrip("_")
        yield f"{name}.schema.json", json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write every schema into the folder that is named, or `schemas/json`."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "schemas/json")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
