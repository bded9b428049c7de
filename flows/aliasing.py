"""Identifiers that were cancelled and established anew: two people say so, then all records of a person are found."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import uuid4

from flows.house import House
from flows.keyring import Keyring
from schemas.alias import Alias, established
from schemas.audit import AuditEntry
from schemas.identifier import PersonalIdentifier
from schemas.problem import AMENDMENT_UNFIT, REVIEW_CONFLICT
from schemas.record import LegalBasis


def say(
    house: House,
    keyring: Keyring,
    cancelled: PersonalIdentifier,
    new: PersonalIdentifier | None,
    *,
    legal_basis: LegalBasis,
    effective: date,
    who: str,
    clock: Callable[[], datetime],
) -> bool:
    """Keep what a person says of an identifier; return whether it holds now: two people said the same.

    Args:
        house: where.
        keyring: seals it.
        cancelled: the identifier.
        new: the one in its place; None: none is, after all.
        legal_basis: what it rests on.
        effective: since when.
        who: says so.
        clock: tells the time.

    Raises:
        ProblemError: `amendment-unfit` if that holds already, or an identifier would take its own place;
            `review-conflict` if somebody else said something at the same moment.
    """
    owner = house.warehouse.owner_key(cancelled)
    said = [sealed.value for sealed in house.warehouse.aliases_of(owner)]
    if new == cancelled:
        raise AMENDMENT_UNFIT.error("an identifier does not take its own place")
    if new == established(said):
        raise AMENDMENT_UNFIT.error("that holds already")
    alias = Alias(
        cancelled=cancelled,
        established=new,
        number=len(said) + 1,
        legal_basis=legal_basis,
        effective=effective,
        who=who,
        at=clock(),
    )
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=alias.at,
        act="amend",
        who=who,
        purpose=f"{'reestablish' if new else 'restore'} {legal_basis.code}",
        owner_key=owner,
    )
    house.audit.append(entry)
    kept = house.warehouse.keep_alias(alias, keyring.signing(clock))
    house.catalog.keep_alias(*house.warehouse.said_of(owner))
    if kept.model_copy(update={"at": alias.at}) != alias:
        raise REVIEW_CONFLICT.error("somebody else said something of this identifier first")
    return established([*said, kept]) == new
