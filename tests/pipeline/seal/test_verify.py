from datetime import timedelta
from random import Random

import pytest

from pipeline.seal.detached import sign_detached
from pipeline.seal.verify import verify_detached, verify_pdf
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import AGENCY, AT, SCANNER

LATER = AT + timedelta(days=400)


def verdicts(pdf, authority, at=LATER):
    return tuple(found.verdict for found in verify_pdf(pdf, [authority.root], at))


def flipped(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def is_caught(pdf, authority) -> bool:
    """Whether a check of the file says anything but: two valid signatures over all of it."""
    try:
        found = verify_pdf(pdf, [authority.root], LATER)
    except ProblemError:
        return True
    return len(found) != 2 or any(each.verdict != "VALID" for each in found) or not found[-1].covers_whole_file


def test_a_signed_copy_is_valid_and_says_by_whom(signed, authority):
    first, second = verify_pdf(signed.pdf, [authority.root], LATER)
    assert (first.verdict, first.signer, first.field, first.covers_whole_file) == ("VALID", SCANNER, "Scanner", False)
    assert (second.verdict, second.signer, second.field, second.covers_whole_file) == ("VALID", AGENCY, "Agency", True)
    assert first.signed_at == second.signed_at == AT
    assert first.reasons == second.reasons == ()


def test_an_unsigned_copy_has_no_verdict(signed, authority):
    assert verdicts(signed.unsigned.pdf, authority) == ()


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_is_caught_wherever_it_is(seed, signed, authority):
    lot, start = Random(seed), len(signed.unsigned.pdf)
    places = [lot.randrange(len(signed.pdf)), lot.randrange(start, len(signed.pdf))]
    for place in places:
        assert is_caught(flipped(signed.pdf, place, lot.randrange(8)), authority), place


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_within_the_last_signature_itself_is_caught(seed, signed, authority):
    lot, start = Random(seed), signed.pdf.rindex(b"/Contents <") + len(b"/Contents ")
    place = lot.randrange(start, signed.pdf.index(b">", start) + 1)
    changed = flipped(signed.pdf, place, lot.randrange(8))
    assert is_caught(changed, authority), place


def test_letters_of_a_signature_in_another_case_are_caught(signed, authority):
    start = signed.pdf.rindex(b"/Contents <") + len(b"/Contents <")
    place = next(at for at in range(start, len(signed.pdf)) if signed.pdf[at : at + 1].isalpha())
    assert is_caught(flipped(signed.pdf, place, 5), authority)


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF\n", b"1 0 obj << >> endobj\n"])
def test_bytes_appended_afterwards_are_caught(tail, signed, authority):
    assert is_caught(signed.pdf + tail, authority)


def test_a_copy_without_the_agency_signature_has_one_verdict(signed, authority):
    end = signed.pdf.rindex(b"startxref", 0, signed.pdf.rindex(b"startxref"))
    only_first = signed.pdf[: signed.pdf.index(b"%%EOF", end) + len(b"%%EOF\n")]
    assert verdicts(only_first, authority) == ("VALID",)


def test_an_unknown_root_leaves_it_open_and_says_so(signed):
    for found in verify_pdf(signed.pdf, [], LATER):
        assert found.verdict == "INDETERMINATE"
        assert "root" in found.reasons[0]


@pytest.mark.parametrize("at", [AT - timedelta(days=30), AT + timedelta(days=6 * 365)])
def test_a_certificate_that_is_not_valid_at_the_time_leaves_it_open(at, signed, authority):
    assert verdicts(signed.pdf, authority, at) == ("INDETERMINATE", "INDETERMINATE")


def test_a_detached_signature_is_valid_for_its_data_alone(authority):
    signature = sign_detached(b"record", authority.agency, AT)
    found = verify_detached(b"record", signature, [authority.root], LATER)
    assert (found.verdict, found.signer, found.signed_at) == ("VALID", AGENCY, AT)
    assert verify_detached(b"recorD", signature, [authority.root], LATER).verdict == "INVALID"
    assert verify_detached(b"record", signature, [], LATER).verdict == "INDETERMINATE"


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_bit_in_a_detached_signature_is_caught(seed, authority):
    lot, signature = Random(seed), sign_detached(b"record", authority.agency, AT)
    changed = flipped(signature, lot.randrange(len(signature)), lot.randrange(8))
    assert verify_detached(b"record", changed, [authority.root], LATER).verdict != "VALID"


@pytest.mark.parametrize("junk", [b"", b"\x30", b"hello", b"\x30\x80" * 500, b"\x30\x03\x02\x01\x01"])
def test_junk_is_no_detached_signature(junk, authority):
    assert verify_detached(b"record", junk, [authority.root], LATER).verdict == "INVALID"


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"hello", b"%PDF-1.7\n" + b"[" * 100_000, b"startxref 0 %%EOF"])
def test_junk_is_a_damaged_file(junk, authority):
    with pytest.raises(ProblemError, match="damaged"):
        verify_pdf(junk, [authority.root], LATER)


def test_a_root_that_is_no_certificate_is_wrong_configuration(signed):
    with pytest.raises(ProblemError, match="root"):
        verify_pdf(signed.pdf, [b"hello"], LATER)


def test_checking_says_nothing_aloud(signed, authority, caplog):
    verify_pdf(signed.pdf, [], LATER)
    verify_pdf(flipped(signed.pdf, 5000, 0), [authority.root], LATER)
    assert caplog.text == ""
