"""`sohoa record explain`: everything that a record rests on, put together from the store."""

from datetime import UTC, datetime

from schemas.document_type import document_types
from schemas.explanation import Explanation, explain_field, explain_versions
from schemas.lookup import judge
from schemas.problem import BAD_REQUEST
from schemas.settings import Settings
from schemas.vietnam import TIME_ZONE
from sohoa.looking import existing_house, write_down
from sohoa.verifying import verify_target


def explain_record(settings: Settings, record_id: str, field: str | None = None) -> Explanation:
    """Return what the latest version of a record rests on; the audit log names the user who asked.

    Args:
        settings: whose warehouse.
        record_id: which record.
        field: only this field; None: all.

    Raises:
        ProblemError: `record-unknown`; `bad-request` if it has no such field.
    """
    house = existing_house(settings, needs_catalog=False)
    latest = house.warehouse.record(record_id).value
    write_down(house, "record", "sohoa record explain", latest)
    if field is not None and field not in latest.fields:
        raise BAD_REQUEST.error(f"there is no such field; there are: {', '.join(sorted(latest.fields))}")
    decisions = house.reviews.of(record_id)
    versions = (house.warehouse.record(record_id, number) for number in range(1, latest.version + 1))
    type_ = document_types().get(latest.document_type or "")
    today = datetime.now(UTC).astimezone(TIME_ZONE).date()
    judged = judge(latest, today)
    proofs = verify_target(settings, record_id).proofs
    return Explanation(
        record_id=record_id,
        version=latest.version,
        document_type=latest.document_type,
        title=type_.title if type_ else "",
        on=today,
        reusable=judged.reusable,
        reasons=judged.reasons,
        valid_from=latest.valid_from,
        valid_to=latest.valid_to,
        validity=type_.validity.source if type_ else "",
        submission_id=latest.submission_id,
        dossier_code=latest.dossier_code,
        file_sha256=latest.origin.file_sha256,
        pages=latest.origin.pages,
        engine=latest.engine,
        owners=latest.owners,
        fields=tuple(explain_field(latest, name, decisions) for name in ([field] if field else latest.fields)),
        versions=tuple(explain_versions(((each.value, each.sealed_at) for each in versions), decisions)),
        signatures=tuple(each for each in proofs if each.is_signature or each.verdict != "VALID"),
    )
