"""A claim in a QR code: others' tools read it, its issuer's key vouches for each byte, and nobody is named."""

from base64 import b32decode, b32encode
from datetime import UTC, datetime

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pipeline.seal.claim import CLAIM_CHARACTERS, Claim, read_claim, signed_claim
from schemas.claim import issuer_id

KEY = Ed25519PrivateKey.from_private_bytes(b"a key of the tests, 32 bytes ...")
PUBLIC = KEY.public_key().public_bytes_raw()
ISSUER = issuer_id(PUBLIC)
CLAIM = Claim.about(
    "0123456789abcdef" * 2, "fedcba98" * 8, datetime(2026, 3, 31, 9, 41, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
)
TEXT = signed_claim(CLAIM, ISSUER, KEY.sign)


def bytes_of(text):
    return b32decode(text + "===")


def text_of(data):
    return b32encode(data).decode().rstrip("=")


@pytest.mark.parametrize("before", ["", "https://sohoa.example.vn/verify/#", "#"])
def test_what_was_claimed_is_read_with_and_without_the_address(before):
    read = read_claim(before + TEXT)
    assert (read.claim, read.issuer_id) == (CLAIM, ISSUER)
    assert read.is_signed_by(PUBLIC)
    assert not read.is_signed_by(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert len(TEXT) == CLAIM_CHARACTERS


def test_a_general_cose_library_comes_to_the_same():
    message = cbor2.loads(bytes_of(TEXT))
    protected, unprotected, payload, signature = message.value
    assert (message.tag, unprotected) == (18, {})
    assert cbor2.loads(protected) == {1: -8, 4: bytes.fromhex(ISSUER)}
    expires, scanned, record, file = (cbor2.loads(payload)[key] for key in (4, 6, 7, -65537))
    assert (record.hex(), file.hex()) == (CLAIM.record_id, CLAIM.file)
    assert (expires, scanned) == (CLAIM.expires_at.timestamp(), CLAIM.scanned_at.timestamp())
    KEY.public_key().verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    whole = cbor2.CBORTag(18, [protected, {}, payload, signature])
    assert cbor2.dumps(whole, canonical=True) == bytes_of(TEXT)


@given(st.integers(0, len(bytes_of(TEXT)) - 1), st.integers(1, 255))
def test_a_claim_with_a_changed_byte_is_never_its_issuers(place, change):
    data = bytearray(bytes_of(TEXT))
    data[place] ^= change
    read = read_claim(text_of(bytes(data)))
    assert read is None or read.issuer_id != ISSUER or not read.is_signed_by(PUBLIC)
    assert read is None or not read.is_signed_by(PUBLIC)


@given(st.integers(0, CLAIM_CHARACTERS - 1), st.characters())
def test_a_claim_with_a_changed_letter_is_never_its_issuers(place, letter):
    text = TEXT[:place] + letter + TEXT[place + 1 :]
    read = read_claim(text)
    assert text == TEXT or read is None or not read.is_signed_by(PUBLIC)


@given(st.one_of(st.text(max_size=300), st.text("AQ27", min_size=221, max_size=221)))
def test_any_other_text_holds_no_claim(text):
    assert read_claim(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_clock_that_is_wrong_by_centuries_does_no_harm(moment):
    read = read_claim(signed_claim(Claim.about("0" * 32, "0" * 64, moment, moment), ISSUER, KEY.sign))
    assert read.is_signed_by(PUBLIC)
    assert read.claim.scanned_at == min(
        max(moment.replace(microsecond=0), datetime.fromtimestamp(0, UTC)), datetime.fromtimestamp(2**32 - 1, UTC)
    )
