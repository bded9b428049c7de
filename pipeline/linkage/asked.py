"""What a record says of an owner, as it is asked of a registry: only what is accepted, for the rest may be misread."""

from schemas.document_type import DocumentType, OwnerSpec
from schemas.linkage import Person
from schemas.record import Record
from schemas.review import owner_called


def unknown_owners(record: Record, type_: DocumentType) -> dict[str, Person]:
    """Return what a record says of its owners without an identifier, by their role.

    Without name or birth nobody can be looked for; rows of a table, which have one role in common, are left out.
    """
    found = {}
    for spec in type_.owners:
        owner = owner_called(record, spec.role)
        person = _asked(record, spec)
        if owner is not None and owner.identifier is None and person.name and person.birth:
            found[spec.role] = person
    return found


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
