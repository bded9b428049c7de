"""Calibrated acceptance: what the rules accept is accepted while it is likely enough to be right.

The rules of `pipeline/understand/accept.py` stay as they are: what they do not accept, nothing here does. How likely a
value is right follows from its evidence (`evidence`), and how likely it has to be from what people found out about such
values (`standing`). A few accepted values are drawn by lot for people to look at, so that this stays true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Self

from pipeline.calibrate.evidence import Evidence, facts_of, probability
from pipeline.calibrate.standing import Standing, standings
from pipeline.understand import Understood, consequences
from schemas.calibration import IMPROBABLE, RANDOM_SAMPLE, Calibration, Sampled, group_of, in_all_types
from schemas.document_type import DocumentType
from schemas.field import Assessment, Field
from schemas.page import Page
from schemas.record import RecordId
from schemas.settings import AcceptanceSettings

_LOTS: Final = 2**64


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the machine may accept by itself just now."""

    calibration: Calibration
    version: str
    standings: Mapping[str, Standing]

    @classmethod
    def after(cls, calibration: Calibration, sampled: Sequence[Sampled] = ()) -> Self:
        """Return it, after what people found out about values that were drawn by lot."""
        return cls(calibration, calibration.version, standings(calibration, sampled))

    def assess(self, evidence: Evidence) -> Assessment:
        """Return how likely a value is right, and what that has to reach."""
        stratum = evidence.stratum
        stands = self.standings.get(stratum) or self.standings.get(in_all_types(stratum))
        return Assessment(
            calibration=self.version,
            stratum=stratum,
            probability=probability(evidence, self.calibration),
            needed=stands.needed if stands is not None else 0.0,
        )


def calibrated(
    document: Understood, pages: Mapping[int, Page], types: Mapping[str, DocumentType], acceptance: Acceptance
) -> Understood:
    """Return a document of whose values only those are accepted that are likely enough to be right.

    Args:
        document: as the rules judged it.
        pages: those of its file, by number.
        types: the document types by code.
        acceptance: what may be accepted just now.
    """
    type_ = types.get(document.document_type or "")
    if type_ is None:
        return document
    fields = dict(document.fields)
    for name, field in document.fields.items():
        if field.accepted and field.value is not None:
            evidence = Evidence(
                type_.code, group_of(type_.spec(name).kind, field.source), facts_of(field, pages.get(field.page or 0))
            )
            fields[name] = _assessed(field, acceptance.assess(evidence))
    improbable = [
        f"{IMPROBABLE}:{name}" for name, field in fields.items() if field.accepted != document.fields[name].accepted
    ]
    owners, valid_from, valid_to = consequences(fields, type_)
    return replace(
        document,
        fields=fields,
        owners=owners,
        valid_from=valid_from,
        valid_to=valid_to,
        review_reasons=(*document.review_reasons, *improbable),
    )


def _assessed(field: Field, assessment: Assessment) -> Field:
    likely = assessment.probability >= assessment.needed
    return field.model_copy(update={"accepted": likely, "assessment": assessment})


def with_sample(document: Understood, record_id: RecordId, settings: AcceptanceSettings) -> Understood:
    """Return a document with a few of the values that the rules accept marked, by lot, for people to look at.

    Each value is drawn for itself, so that the share of wrong ones among them bounds that among all, however errors
    gather in some papers. The lot is a hash: the same record gives the same sample, whoever works it off.
    """
    drawn = {
        name: field.model_copy(update={"assessment": field.assessment.model_copy(update={"sampled": True})})
        for name, field in document.fields.items()
        if field.assessment is not None and _lot(settings.sample_seed, record_id, name) < settings.sample_rate
    }
    reasons = (f"{RANDOM_SAMPLE}:{name}" for name in drawn)
    return replace(document, fields=document.fields | drawn, review_reasons=(*document.review_reasons, *reasons))


def _lot(seed: str, record_id: RecordId, name: str) -> float:
    """Return a number from 0 to 1 that nothing but the seed, the record and the field say."""
    return int.from_bytes(sha256(f"{seed}/{record_id}/{name}".encode()).digest()[:8], "big") / _LOTS
