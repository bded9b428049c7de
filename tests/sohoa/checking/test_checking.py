"""Anybody drops a PDF and is told in Vietnamese what it is worth; nothing of it is kept."""

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.digest import sha256_hex
from schemas.settings import Settings, SigningSettings
from schemas.verdict import CHECKED_BYTES
from sohoa.api.app import create_app
from sohoa.checking import create_checking
from storage import keys
from tests.pipeline.seal.conftest import authority, signed

__all__ = ["authority", "signed"]


@pytest.fixture
def house(authority, tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root)
    return House.open(Settings(home=tmp_path / "home", signing=SigningSettings(trust=(root,))))


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
