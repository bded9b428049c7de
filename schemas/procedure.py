"""Procedures (thủ tục hành chính) are data: which papers each may ask the warehouse for, and what of them it is told.

Data minimisation by procedure (Luật 91/2025/QH15): what a procedure does not need, nobody gets by naming it.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field as Constraint
from pydantic import StringConstraints, ValidationError, model_validator

from schemas.document_type import DocumentType, document_types
from schemas.folding import holds_words
from schemas.lookup import FoundRecord, Inquiry
from schemas.model import Value
from schemas.problem import CONFIGURATION, PURPOSE_UNFIT
from schemas.submission import DocumentTypeCode, ProcedureCode

_CODE_LENGTH = len("1.001193")

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Need(Value):
    """A type of paper that a procedure needs, and what of it."""

    document_type: DocumentTypeCode
    fields: tuple[str, ...] = ()
    """Only these; empty: all that are not sensitive."""
    sensitive: tuple[str, ...] = ()
    """Sensitive fields that it needs too."""
    purposes: tuple[Text, ...] = ()
    """Of papers that hold only for what they were issued for: words that such a paper has to name, one of them."""
    deceased: bool = False
    """It may ask for it too where the owner has died."""

    @model_validator(mode="after")
    def _names_what_exists(self) -> Self:
        type_ = document_types().get(self.document_type)
        unknown = {self.document_type} if type_ is None else {*self.fields, *self.sensitive} - type_.fields.keys()
        if unknown:
            message = f"names that do not exist: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        if (self._type.validity.purpose is not None) != bool(self.purposes):
            message = (
                "`purposes` are said where papers of the type hold only for what they were issued for, and only there"
            )
            raise ValueError(message)
        return self

    @property
    def whole(self) -> bool:
        """Whether it needs all that stands on the paper, so that it may see the paper itself."""
        return all(self.opens(name) for name in self._type.fields)

    def opens(self, name: str) -> bool:
        """Return whether it needs a field, also one in a later row of a table (`full_name_2`)."""
        plain = name if name in self._type.fields else name.rsplit("_", 1)[0]
        spec = self._type.fields.get(plain)
        if spec is None or spec.sensitive:
            return plain in self.sensitive
        return not self.fields or plain in self.fields

    def minimised(self, found: FoundRecord) -> FoundRecord:
        """Return what the procedure is told of a record."""
        withheld = tuple(name for name in found.fields if not self.opens(name))
        fields = {name: field for name, field in found.fields.items() if name not in withheld}
        return found.model_copy(update={"fields": fields, "withheld": withheld})

    @property
    def _type(self) -> DocumentType:
        return document_types()[self.document_type]


Needs = Mapping[DocumentTypeCode, Need]
"""What a procedure needs, by type."""


def in_view_of(needs: Needs, found: FoundRecord) -> FoundRecord:
    """Return *found* in view of what it is asked for: a paper that holds only for something else cannot be reused."""
    type_ = document_types().get(found.document_type or "")
    named = type_.validity.purpose if type_ is not None else None
    if type_ is None or named is None:
        return found
    printed, need = found.fields.get(named), needs.get(type_.code)
    said = "" if printed is None or printed.value is None else str(printed.value)
    if need is not None and any(holds_words(said, words) for words in need.purposes):
        return found
    return found.model_copy(update={"reusable": False, "reasons": (*found.reasons, "wrong_purpose")})


class Procedure(Value):
    """A procedure, and which papers it may ask for."""

    code: str = Constraint(pattern=r"^\d\.\d{6}$")
    """Mã TTHC without what follows it."""
    title: Text
    source: Text
    """What says that it needs them."""
    needs: tuple[Need, ...] = Constraint(min_length=1)


class Procedures(Value):
    """All that may ask."""

    procedures: tuple[Procedure, ...]

    def known_needs(self, purpose: ProcedureCode) -> Needs:
        """Return what a procedure may ask for; nothing if it is not known here."""
        code = purpose[:_CODE_LENGTH]
        found = next((each for each in self.procedures if each.code == code), None)
        return {need.document_type: need for need in found.needs} if found else {}

    def needs(self, purpose: ProcedureCode) -> Needs:
        """Return what a procedure may ask for.

        Raises:
            ProblemError: `purpose-unfit` if it is not known here.
        """
        found = self.known_needs(purpose)
        if not found:
            raise PURPOSE_UNFIT.error("this procedure is not among those that may ask")
        return found

    def narrowed(self, request: Inquiry) -> Inquiry:
        """Return *request* for the types that its procedure needs.

        Raises:
            ProblemError: `purpose-unfit` if others are asked for, whoever the owner is and whatever they have.
        """
        needed = self.needs(request.purpose)
        if set(request.document_types) - needed.keys():
            raise PURPOSE_UNFIT.error("document_types: the procedure does not need all of these")
        return request.model_copy(update={"document_types": request.document_types or tuple(needed)})


def load_procedures(path: Path | None = None) -> Procedures:
    """Return the procedures that the file at *path* lists; None: those that come with Sohoa.

    Raises:
        ProblemError: `configuration`, naming every key that is wrong.
    """
    file = path or files("schemas") / "procedures.toml"
    try:
        return Procedures.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CONFIGURATION.error(f"cannot be read: {error}", file=str(file)) from error
    except ValidationError as error:
        errors = error.errors(include_input=False)
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'procedures'}: {each['msg']}" for each in errors)
        raise CONFIGURATION.error(wrong, file=str(file)) from error
