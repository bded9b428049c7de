"""Anybody drops a PDF, or shows a printed code, and is told in Vietnamese what it is worth; nothing of it is kept."""

import io
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient

from flows.claims import Issuing
from flows.house import House
from flows.keyring import HeldKey, Keyring
from pipeline.seal.claim import read_claim
from pipeline.seal.sign import sign_copy
from schemas.claim import Withdrawal
from schemas.digest import sha256_hex
from schemas.record import Origin, record_id
from schemas.settings import Settings, SigningSettings
from schemas.verdict import CHECKED_BYTES
from schemas.vietnam import TIME_ZONE
from sohoa.api.app import create_app
from sohoa.checking import create_checking
from storage import keys
from tests.flows.test_claims import ADDRESS
from tests.pipeline.seal.conftest import authority, signed
from tests.pipeline.seal.scans import AT, copied, reading, saved, sheet, shown
from tests.storage.examples import amended, record, sign

__all__ = ["authority", "signed"]

ORIGIN = Origin(file_sha256="ab" * 32, pages=(1,))


@pytest.fixture
def house(authority, tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root)
    return House.open(Settings(home=tmp_path / "home", signing=SigningSettings(trust=(root,), claims=ADDRESS)))


@pytest.fixture
def client(house):
    app = create_app(house, "a token")
    app.mount("/verify", create_checking(house))
    with TestClient(app) as client:
        yield client


def answer(client, pdf, status=200):
    said = client.post("/verify/", content=pdf)
    assert said.status_code == status, said.text
    return said.text


def test_the_page_asks_for_a_file_and_loads_nothing_from_elsewhere(client):
    page = client.get("/verify/")
    assert "Kiểm tra bản số hóa" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for name in ("checking.css", "checking.js"):
        assert f"/verify/{name}" in page.text
        assert client.get(f"/verify/{name}").status_code == 200


def test_each_kind_of_file_has_its_plain_answer(client, house, signed):
    house.store.put(keys.file(sha256_hex(signed.pdf)), signed.pdf)
    before = list(house.store.list(""))
    said = answer(client, signed.pdf)
    assert "Tệp nguyên vẹn" in said
    assert "Đúng từng byte" in said
    place = len(signed.unsigned.pdf) // 2
    changed = answer(client, signed.pdf[:place] + bytes([signed.pdf[place] ^ 1]) + signed.pdf[place + 1 :])
    assert "KHÔNG hợp lệ" in changed
    assert "Đúng từng byte" not in changed
    assert "Không đọc được" in answer(client, b"hello", 422)
    assert list(house.store.list("")) == before


def test_a_file_that_is_too_large_is_not_read(client):
    said = client.post("/verify/", content=b"", headers={"Content-Length": str(CHECKED_BYTES + 1)})
    assert said.status_code == 413


@pytest.fixture
def code(house, authority):
    """The code of a copy."""
    held = [HeldKey(role, getattr(authority, role), is_selfmade=False) for role in ("scanner", "agency")]
    keyring = Keyring(scanner=held[0], agency=held[1], roots=(authority.root,))
    return Issuing.open(house, keyring, lambda: datetime.now(UTC)).code(ORIGIN, datetime.now(UTC))


@pytest.fixture
def claim(house, code):
    """The claim in it."""
    return house.claims.on_copy(record_id(ORIGIN))


@pytest.fixture
def copy(code, tmp_path):
    """That copy, before it is signed."""
    picture, words = sheet()
    return copied(saved(picture, tmp_path / "scan.png"), reading(words), code=code)


@pytest.fixture
def photo(copy, tmp_path):
    """A JPEG of a print of it."""
    photo = io.BytesIO()
    shown(copy.pdf, tmp_path, dpi=150).save(photo, "JPEG", quality=60)
    return photo.getvalue()


SAID = {
    "revoked": "đã bị thu hồi",
    "superseded": "đã được thay thế bằng bản khác",
    "suspended": "đang bị tạm đình chỉ",
    "review": "đang được cán bộ rà soát",
}
ACTS = {"suspended": "suspend", "superseded": "supersede", "revoked": "revoke"}


def keep_record(house, status):
    first = record(origin=ORIGIN, record_id=record_id(ORIGIN), status="review" if status == "review" else "active")
    house.warehouse.keep_record(first, sign)
    if status in ACTS:
        house.warehouse.keep_record(amended(first, ACTS[status], date(2026, 1, 1)), sign)


@pytest.mark.parametrize("status", ["active", *SAID])
def test_whoever_shows_a_code_is_told_what_became_of_its_record_since(status, client, house, claim):
    keep_record(house, status)
    said = client.post("/verify/claim", content=claim).text
    assert "Mã QR là thật" in said
    assert {words: words in said for words in SAID.values()} == {words: name == status for name, words in SAID.items()}
    assert ("Không sử dụng giấy tờ này" in said) == (status in {"revoked", "superseded", "suspended"})


@pytest.mark.parametrize("is_kept", [False, True])
def test_whoever_drops_a_copy_that_is_ours_is_told_what_became_of_its_record(is_kept, client, house, copy, authority):
    pdf = copy.pdf + sign_copy(copy, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    if is_kept:
        house.store.put(keys.file(sha256_hex(pdf)), pdf)
    keep_record(house, "revoked")
    said = answer(client, pdf)
    assert "Tệp nguyên vẹn" in said
    assert ("Đúng từng byte" in said) == (SAID["revoked"] in said) == is_kept


def test_a_code_whose_key_was_taken_back_is_not_believed_and_the_page_says_since_when(client, house, claim):
    read = read_claim(claim)
    house.claims.withdraw(
        Withdrawal(issuer_id=read.issuer_id, since=read.claim.scanned_at, reason="lost", at=datetime.now(UTC))
    )
    said = client.post("/verify/claim", content=claim).text
    assert "Không tin được mã QR này" in said
    assert f"{read.claim.scanned_at.astimezone(TIME_ZONE):%H:%M %d/%m/%Y} trở đi không còn giá trị" in said
    assert "Mã QR là thật" not in said


def blank():
    picture = io.BytesIO()
    sheet(lines=())[0].save(picture, "JPEG")
    return picture.getvalue()


def test_a_printed_code_has_its_plain_answer_however_it_comes(client, house, claim, photo):
    before = list(house.store.list(""))
    for said in (answer(client, photo), client.post("/verify/claim", content=claim).text):
        assert "Mã QR là thật" in said
        assert "Trung tâm Phục vụ hành chính công" in said
        assert "đối chiếu" in said
        assert said.count("<code>") == 1
    changed = claim[:-9] + ("A" if claim[-9] != "A" else "B") + claim[-8:]
    assert "KHÔNG hợp lệ" in client.post("/verify/claim", content=changed).text
    assert "KHÔNG hợp lệ" in client.post("/verify/claim", content=b"\xff<script>").text
    assert "Không thấy mã QR" in answer(client, blank())
    assert client.post("/verify/claim", content="A" * 1025).status_code == 413
    assert list(house.store.list("")) == before
