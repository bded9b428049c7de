"""Claims on copies: signed by a key of this home that the agency vouches for, and judged wherever its word is known.

The agency's own key would do, but an RSA signature makes the QR code half as large again, and a key in a token or at a
service would be asked once more for each copy. So the agency signs once what the key of the claims is (`Issuer`). With
another certificate of the agency comes another key; what earlier ones signed can be checked until those end.

A key that leaked is taken back before its end (`Withdrawal`). Whoever has it can date a claim as they like, so what it
signed before counts only where the warehouse shows that the claim was made here; and another key signs from then on.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from flows.house import House
from flows.keyring import Clock, Keyring
from pipeline.seal.claim import Claim, SignedClaim, read_claim, signed_claim
from pipeline.seal.code import QrCode
from pipeline.seal.verify import verify_detached
from schemas.claim import ClaimVerdict, Issuer, KnownIssuer, Withdrawal, issuer_id
from schemas.digest import sha256_hex
from schemas.problem import RECORD_UNKNOWN, ProblemError
from schemas.record import Origin, Record, record_id
from schemas.verdict import Verdict, worst
from schemas.vietnam import TIME_ZONE
from storage.claims import Claims
from storage.local import LocalStore
from storage.secrets import keep
from storage.values import Sealed
from storage.warehouse import Warehouse

_NO_CLAIM = "it is no claim of this system"
_UNKNOWN = "who signed it is not known here"
_NOT_SIGNED = "its issuer has not signed it so"
_EXPIRED = "it could be checked until {:%Y-%m-%d}"
_OTHER = "its record is about another scan"
_WITHDRAWN = "the key that signed it was taken back, and counts for nothing since {:%Y-%m-%d %H:%M:%S %Z}: {}"
_NEVER_MADE = "it says that it is older, but is not the one that was made for the copy of its record"
_ONLY_AT_HOME = "it says that it is older; only the warehouse that it was made in can tell"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Issuing:
    """What claims are signed with, and where their codes lead."""

    address: str
    claims: Claims
    issuer: Issuer
    sign: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def open(cls, house: House, keyring: Keyring, clock: Clock) -> Self | None:
        """Return what signs claims, known to all who check them; None where the settings want none."""
        address = house.settings.signing.claims
        if address is None:
            return None
        certificate = keyring.agency.signer.certificate
        name = f"claims-{sha256_hex(certificate.public_bytes(Encoding.DER))[:16]}"
        keys = _keys(house.settings.home, name)
        key = next(each for each in keys if house.claims.withdrawal(issuer_id(_public(each))) is None)
        public = _public(key)
        known = house.claims.issuer(issuer_id(public))
        if known is not None:
            return cls(address, house.claims, known.value, key.sign)
        issuer = Issuer(
            issuer_id=issuer_id(public),
            public_key=public.hex(),
            valid_from=clock().replace(microsecond=0),
            valid_until=certificate.not_valid_after_utc,
        )
        return cls(address, house.claims, house.claims.keep_issuer(issuer, keyring.signing(clock)), key.sign)

    def code(self, origin: Origin, scanned_at: datetime) -> QrCode:
        """Return the code for the copy of the document with this origin, the same however often it is asked for."""
        identity = record_id(origin)
        claim = Claim.about(identity, origin.file_sha256, scanned_at, self.issuer.valid_until)
        text = self.claims.keep(identity, signed_claim(claim, self.issuer.issuer_id, self.sign))
        return QrCode.of(self.address, text)


def _keys(home: Path, name: str) -> Iterator[Ed25519PrivateKey]:
    """Yield keys of this home that sign claims, each made at first use; there is always another one."""
    for number in count(1):
        path = home / "keys" / (name if number == 1 else f"{name}-{number}")
        yield Ed25519PrivateKey.from_private_bytes(keep(path, lambda: os.urandom(_KEY_BYTES)))


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def judge_claim(
    text: str, claims: Claims, warehouse: Warehouse | None, roots: tuple[bytes, ...], now: datetime
) -> ClaimVerdict:
    """Return the verdict on what a QR code says.

    Args:
        text: of the code.
        claims: where issuers are known; nothing else is needed.
        warehouse: where its record may be, to say how that is today.
        roots: certificates (PEM) that the agency's signature has to lead to.
        now: the time of the check.

    Raises:
        ProblemError: `integrity-mismatch` when what is kept of the issuer or the record is damaged.
    """
    read = read_claim(text)
    if read is None:
        return ClaimVerdict(verdict="INVALID", reasons=(_NO_CLAIM,))
    claim = read.claim
    said = ClaimVerdict(
        verdict="VALID",
        record_id=claim.record_id,
        file=claim.file,
        scanned_at=claim.scanned_at,
        expires_at=claim.expires_at,
    )
    known = claims.issuer(read.issuer_id)
    if known is None:
        return said.model_copy(update={"verdict": "INDETERMINATE", "reasons": (_UNKNOWN,)})
    if not read.is_signed_by(bytes.fromhex(known.value.public_key)):
        return said.model_copy(update={"verdict": "INVALID", "reasons": (_NOT_SIGNED,)})
    agency = verify_detached(known.data, known.signature, roots, now)
    said = said.model_copy(update={"issuer": agency.signer, "verdict": agency.verdict, "reasons": agency.reasons})
    record = None if warehouse is None else _record(warehouse, claim)
    if record is not None:
        said = said.model_copy(update={"status": record.status_on(now.astimezone(TIME_ZONE).date())})
        if record.origin.file_sha256[: len(claim.file)] != claim.file:
            return said.model_copy(update={"verdict": "INVALID", "reasons": (*said.reasons, _OTHER)})
    withdrawal = claims.withdrawal(read.issuer_id)
    if withdrawal is not None:
        said = _judged_after(withdrawal, said, read, claims, is_home=warehouse is not None)
    if said.verdict == "VALID" and now > claim.expires_at:
        reasons = (_EXPIRED.format(claim.expires_at),)
        return said.model_copy(update={"verdict": "INDETERMINATE", "reasons": reasons})
    return said


def _judged_after(
    withdrawal: Withdrawal, said: ClaimVerdict, read: SignedClaim, claims: Claims, *, is_home: bool
) -> ClaimVerdict:
    """Return the verdict on a claim whose key was taken back; what was made here before counts as ever."""
    made = claims.on_copy(read.claim.record_id)
    is_older = read.claim.scanned_at < withdrawal.since
    if is_older and made is not None and read_claim(made) == read:
        return said
    verdict: Verdict = "INDETERMINATE" if is_older and not is_home else "INVALID"
    why = _WITHDRAWN.format(withdrawal.since, withdrawal.reason)
    told = (_NEVER_MADE if is_home else _ONLY_AT_HOME,) if is_older else ()
    return said.model_copy(
        update={
            "verdict": worst((said.verdict, verdict)),
            "reasons": (*said.reasons, why, *told),
            "withdrawn_since": withdrawal.since,
        }
    )


def hand_out_issuers(house: House, folder: Path | None) -> Iterator[KnownIssuer]:
    """Yield all issuers; what is said of them is copied to a folder, where there is one, for machines without a store.

    Raises:
        ProblemError: `integrity-mismatch` for an issuer that is damaged; `configuration` for a folder that cannot be
            written to.
    """
    target = None if folder is None else LocalStore(folder)
    if target is not None:
        target.prepare()
    for sealed in filter(None, map(house.claims.issuer, house.claims.issuers())):
        withdrawal = house.claims.withdrawal(sealed.value.issuer_id)
        if target is not None:
            Claims(target).keep_issuer(sealed.value, partial(_as_signed, sealed))
            if withdrawal is not None:
                Claims(target).withdraw(withdrawal)
        yield KnownIssuer(**dict(sealed.value), withdrawn=withdrawal)


def _as_signed(sealed: Sealed[Issuer], _: bytes) -> bytes:
    return sealed.signature


def _record(warehouse: Warehouse, claim: Claim) -> Record | None:
    try:
        return warehouse.record(claim.record_id).value
    except ProblemError as error:
        if error.kind is not RECORD_UNKNOWN:
            raise
        return None
