"""What a record says of an owner, as it is asked of a registry: only what is accepted, for the rest may be misread."""

from schemas.document_type import DocumentType, OwnerSpec
from schemas.linkage import Person
from schemas.record import Record
from schemas.review import owner_called


def unknown_owners(record: Record, type_: DocumentType) -> dict[str, Person]:
    """Return what a record says of its owners without an identifier, by their role."""
    known = {owner.role for owner in record.owners if owner.identifier is not None}
    return {role: person for role, person in owners_in(record, type_).items() if role not in known}


def owners_in(record: Record, type_: DocumentType) -> dict[str, Person]:
    """Return what a record says of its owners, by their role.

    Without name or birth nobody can be looked for; rows of a table, which have one role in common, are left out.
    """
    found = {spec.role: _asked(record, spec) for spec in type_.owners if owner_called(record, spec.role) is not None}
    return {role: person for role, person in found.items() if person.name and person.birth}


def _asked(record: Record, spec: OwnerSpec) -> Person:
    return Person(
        name=_said(record, spec.name),
        birth=_said(record, spec.birth),
        sex=_said(record, spec.sex),
        mother=_said(record, spec.mother),
        father=_said(record, spec.father),
        mother_birth=_year(record, spec.mother_birth),
        father_birth=_year(record, spec.father_birth),
        places=tuple(filter(None, (_said(record, place) for place in spec.places))),
    )


def _said(record: Record, name: str | None) -> str:
    field = record.fields.get(name or "")
    return str(field.value) if field is not None and field.accepted and field.value is not None else ""


def _year(record: Record, name: str | None) -> int | None:
    said = _said(record, name)[:4]
    return int(said) if said else None
