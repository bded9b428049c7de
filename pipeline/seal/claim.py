"""The claim in the QR code of a copy: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), signed with Ed25519 (RFC 9053).

It says which record the copy belongs to, what the hash of the scan begins with, when that was scanned, whose key signed
this and until when it can be checked. It names nobody. Whoever has the issuer's public key needs no network.

There is one encoding of each claim (deterministic CBOR, RFC 8949, 4.2.1), always of the same length, so that reading
one is comparing it with its form: foreign bytes meet no parser, and nothing in a claim can be changed unnoticed.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.claim import IssuerId
from schemas.digest import Sha256
from schemas.record import RecordId

CLAIM_CHARACTERS = 221
"""Of a claim in base32 (RFC 4648, 6, without padding): what QR codes encode well and every address may hold."""

_PROTECTED = rb"\xa2\x01\x27\x04\x48(?P<issuer>.{8})"
"""{alg (1): EdDSA (-8), kid (4): 8 bytes}"""
_PAYLOAD = (
    rb"\xa4\x04\x1a(?P<expires>.{4})\x06\x1a(?P<scanned>.{4})\x07\x50(?P<record>.{16})"
    rb"\x3a\x00\x01\x00\x00\x50(?P<file>.{16})"
)
"""{exp (4): time, iat (6): time, cti (7): 16 bytes, -65537 (for private use): 16 bytes}"""
_CLAIM = re.compile(
    rb"\xd2\x84\x4d(?P<protected>"
    + _PROTECTED
    + rb")\xa0\x58\x35(?P<payload>"
    + _PAYLOAD
    + rb")\x58\x40(?P<sign>.{64})",
    re.DOTALL,
)
"""Tag 18, [protected, {}, payload, signature]"""
_TEXT = re.compile(r"(?:.*#)?([A-Z2-7]{221})", re.DOTALL)
_FILE_DIGITS = 32
_LAST = 2**32 - 1
"""The last second that four bytes hold: in 2106."""


class Claim(NamedTuple):
    """What a claim says."""

    record_id: RecordId
    file: str
    """First 32 hex digits of the SHA-256 of the scan as it was received."""
    scanned_at: datetime
    expires_at: datetime

    @classmethod
    def about(cls, record_id: RecordId, file_sha256: Sha256, scanned_at: datetime, expires_at: datetime) -> "Claim":
        """Return the claim about a record and its scan, in whole seconds that four bytes hold."""
        return cls(record_id, file_sha256[:_FILE_DIGITS], _second(scanned_at), _second(expires_at))


class SignedClaim(NamedTuple):
    """A claim as it was read; whether its issuer signed it remains to be seen."""

    claim: Claim
    issuer_id: IssuerId
    signed: bytes
    """What the signature is over."""
    signature: bytes

    def is_signed_by(self, public_key: bytes) -> bool:
        """Return whether a key (Ed25519, raw) signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.signed)
        except InvalidSignature:
            return False
        return True


def signed_claim(claim: Claim, issuer: IssuerId, sign: Callable[[bytes], bytes]) -> str:
    """Return a claim, signed, as the text that follows `#` in the address on the copy.

    Args:
        claim: what it says.
        issuer: the id of the key.
        sign: returns the signature (Ed25519) of bytes.
    """
    protected = b"\xa2\x01\x27\x04\x48" + bytes.fromhex(issuer)
    payload = b"".join(
        (
            b"\xa4\x04\x1a",
            _four_bytes(claim.expires_at),
            b"\x06\x1a",
            _four_bytes(claim.scanned_at),
            b"\x07\x50",
            bytes.fromhex(claim.record_id),
            b"\x3a\x00\x01\x00\x00\x50",
            bytes.fromhex(claim.file),
        )
    )
    signature = sign(_to_be_signed(protected, payload))
    whole = b"\xd2\x84\x4d" + protected + b"\xa0\x58\x35" + payload + b"\x58\x40" + signature
    return b32encode(whole).decode().rstrip("=")


def read_claim(text: str) -> SignedClaim | None:
    """Return the claim in the text of a QR code, with the address before it or without; None if it holds none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    data = b32decode(found[1] + "===")
    parts = _CLAIM.fullmatch(data)
    if parts is None or b32encode(data).decode().rstrip("=") != found[1]:  # the last character has bits to spare
        return None
    claim = Claim(parts["record"].hex(), parts["file"].hex(), _moment(parts["scanned"]), _moment(parts["expires"]))
    return SignedClaim(claim, parts["issuer"].hex(), _to_be_signed(parts["protected"], parts["payload"]), parts["sign"])


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure (RFC 9052, 4.4): ["Signature1", protected, h'', payload]."""
    return b"\x84\x6aSignature1\x4d" + protected + b"\x40\x58\x35" + payload


def _second(moment: datetime) -> datetime:
    return datetime.fromtimestamp(min(max(int(moment.timestamp()), 0), _LAST), UTC)


def _four_bytes(moment: datetime) -> bytes:
    return int(moment.timestamp()).to_bytes(4, "big")


def _moment(data: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(data, "big"), UTC)
