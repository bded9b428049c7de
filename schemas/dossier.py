"""A dossier's components (thành phần hồ sơ): which of them the warehouse has already, and which must be scanned."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field as Constraint
from pydantic import StringConstraints, model_validator

from schemas.document_type import ResultCode
from schemas.identifier import PersonalIdentifier
from schemas.lookup import AuditId, FoundRecord, Ground
from schemas.model import Value
from schemas.submission import DossierCode, ProcedureCode

_MOST_OWNERS = 8

ComponentCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""Mã thành phần hồ sơ, as the national procedure database names it."""


class Component(Value):
    """One component of a dossier."""

    code: ComponentCode
    result_codes: Annotated[tuple[ResultCode, ...], Constraint(min_length=1, max_length=20)]
    """Which results can stand in for it (`MaKetQuaThayThe`)."""
    owner: PersonalIdentifier | None = None
    """Whose it is; None: the applicant's."""


class ComponentsRequest(Ground):
    """The components of a dossier, before anything of it is scanned."""

    owner: PersonalIdentifier
    """The applicant."""
    purpose: ProcedureCode
    """The procedure that needs them (mã TTHC)."""
    dossier_code: DossierCode
    components: Annotated[tuple[Component, ...], Constraint(min_length=1, max_length=50)]
    valid_on: date | None = None
    """Valid on this day; None: today."""

    @model_validator(mode="after")
    def _is_about_a_few_people(self) -> Self:
        if len({each.owner for each in self.components}) > _MOST_OWNERS:
            message = f"the components of one dossier belong to at most {_MOST_OWNERS} people"
            raise ValueError(message)
        return self


Standing = Literal["there", "missing", "result_unknown", "not_needed"]


class ComponentAdvice(Value):
    """What to do about one component."""

    code: ComponentCode
    scan: bool
    """Whether it has to be scanned."""
    standing: Standing
    """Why: a record can stand in for it; none can; no type of paper has these result codes here; the procedure may
    not ask for it here."""
    records: tuple[FoundRecord, ...]
    """What can stand in for it."""
    audit_id: AuditId | None
    """The entry in the audit log about its owner; None if nobody's records had to be looked at."""


class ComponentsAnswer(Value):
    """The same components, in the same order."""

    components: tuple[ComponentAdvice, ...]
