"""Anybody drops a PDF, or shows a printed code, and is told in Vietnamese what it is worth; nothing of it is kept."""

import io
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from flows.claims import Issuing
from flows.house import House
from flows.keyring import HeldKey, Keyring
from schemas.digest import sha256_hex
from schemas.record import Origin, record_id
from schemas.settings import Settings, SigningSettings
from schemas.verdict import CHECKED_BYTES
from sohoa.api.app import create_app
from sohoa.checking import create_checking
from storage import keys
from tests.flows.test_claims import ADDRESS
from tests.pipeline.seal.conftest import authority, signed
from tests.pipeline.seal.scans import copied, reading, saved, sheet, shown

__all__ = ["authority", "signed"]


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
def printed(house, authority, tmp_path):
    """The claim on a copy, and a JPEG of its print."""
    held = [HeldKey(role, getattr(authority, role), is_selfmade=False) for role in ("scanner", "agency")]
    origin = Origin(file_sha256="ab" * 32, pages=(1,))
    keyring = Keyring(scanner=held[0], agency=held[1], roots=(authority.root,))
    code = Issuing.open(house, keyring, lambda: datetime.now(UTC)).code(origin, datetime.now(UTC))
    picture, words = sheet()
    copy = copied(saved(picture, tmp_path / "scan.png"), reading(words), code=code)
    photo = io.BytesIO()
    shown(copy.pdf, tmp_path, dpi=150).save(photo, "JPEG", quality=60)
    return house.store.get(keys.claim(record_id(origin))).decode(), photo.getvalue()


def blank():
    picture = io.BytesIO()
    sheet(lines=())[0].save(picture, "JPEG")
    return picture.getvalue()


def test_a_printed_code_has_its_plain_answer_however_it_comes(client, house, printed):
    text, photo = printed
    before = list(house.store.list(""))
    for said in (answer(client, photo), client.post("/verify/claim", content=text).text):
        assert "Mã QR là thật" in said
        assert "Trung tâm Phục vụ hành chính công" in said
        assert "đối chiếu" in said
        assert said.count("<code>") == 1
    changed = text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:]
    assert "KHÔNG hợp lệ" in client.post("/verify/claim", content=changed).text
    assert "KHÔNG hợp lệ" in client.post("/verify/claim", content=b"\xff<script>").text
    assert "Không thấy mã QR" in answer(client, blank())
    assert client.post("/verify/claim", content="A" * 1025).status_code == 413
    assert list(house.store.list("")) == before
