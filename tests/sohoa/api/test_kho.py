"""The provincial system asks us as it asks the national kho."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from flows.keyring import trusted_roots
from pipeline.seal.verify import verify_detached
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.model import canonical_bytes
from schemas.settings import Settings
from sohoa.api.app import create_app
from tests.sohoa.api.test_app import HEADERS, OWNER, TOKEN, bearer, certificate

REQUESTER = "040095001234"
ASKED = {
    "SoDinhDanhChuSoHuu": OWNER,
    "HoTenNguoiYeuCau": "BÙI VĂN BA",
    "SoDinhDanhNguoiYeuCau": REQUESTER,
    "KenhThucHien": "2",
    "MaThuTuc": "1.001193",
    "DanhSachDanhMucKetQua": [{"MaKetQua": "KQ.G15.000031", "SoKyHieu": "12/2023"}],
}
PDF = b"%PDF-1.7 a copy"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House.open(Settings(home=tmp_path_factory.mktemp("house")))
    fields = {"number": Field(value="12/2023", confidence=0.99, page=1, accepted=True)}
    copy = house.warehouse.keep_copy(PDF[:8], lambda _unsigned: PDF)
    record = certificate(fields=fields, copy_=copy)
    house.catalog.keep_record(house.warehouse.keep_record(record, lambda _data: b"signature"))
    return house


@pytest.fixture(scope="module")
def client(house):
    with TestClient(create_app(house, TOKEN), raise_server_exceptions=False) as client:
        yield client


def ask(client, headers=HEADERS, **changes):
    return client.post("/v1/kho/results", json=ASKED | changes, headers=headers)


def test_the_answer_has_the_shape_of_the_national_one_and_its_file_is_there(client, house):
    answer = ask(client).json()
    signature, result = answer["signature"], answer["result"]
    [paper] = result["DanhSachGiayToKetQua"]
    [file] = paper.pop("DanhSachTepDinhKem")
    assert answer == {"errorCode": 0, "message": "Thành công", "signature": signature, "result": result}
    assert paper == {
        "MaKetQua": "KQ.G15.000031",
        "TenGiayTo": "Giấy khai sinh",
        "SoKyHieu": "12/2023",
        "CoQuanChuQuan": "CƠ QUAN THỬ NGHIỆM SOHOA",
    }
    assert file.keys() == {"TenTep", "DuongDan"}
    assert client.get(file["DuongDan"]).content == PDF
    assert not [number for number in (OWNER, REQUESTER) if number in str(answer)]


def test_the_answer_is_signed_by_the_agency(client, house):
    answer = ask(client).json()
    data = canonical_bytes(answer["result"])
    verdict = verify_detached(data, b64decode(answer["signature"]), trusted_roots(house.settings), datetime.now(UTC))
    assert verdict.verdict == "VALID"


def test_the_log_tells_for_whom_a_system_asked_and_names_nobody(client, house):
    known = {entry.entry_id for entry in house.audit.entries()}
    ask(client)
    [entry] = [entry for entry in house.audit.entries() if entry.entry_id not in known]
    assert (entry.act, entry.who, entry.purpose, entry.dossier_code) == ("lookup", "client:mot-cua", "1.001193", None)
    assert entry.requester_key == house.warehouse.owner_key(PersonalIdentifier(REQUESTER))
    assert REQUESTER not in entry.model_dump_json()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], 1),
        ([{"MaKetQua": "KQ.G15.000031"}], 1),
        ([{"MaKetQua": "KQ.G15.000031", "SoKyHieu": "13/2023"}], 0),
        ([{"MaKetQua": "KQ.G15.000032"}], 0),
        ([{"MaKetQua": "KQ.G99.000001"}], 0),
        ([{"MaKetQua": "KQ.G99.000001"}, {"MaKetQua": "KQ.G15.000031"}], 1),
    ],
)
def test_only_the_results_that_were_asked_for(client, wanted, found):
    assert len(ask(client, DanhSachDanhMucKetQua=wanted).json()["result"]["DanhSachGiayToKetQua"]) == found


def test_without_the_right_to_copies_no_file_is_named(client):
    [paper] = ask(client, bearer("lookup")).json()["result"]["DanhSachGiayToKetQua"]
    assert paper["DanhSachTepDinhKem"] == []


@pytest.mark.parametrize(
    "changes", [{"SoDinhDanhChuSoHuu": "1"}, {"KenhThucHien": "9"}, {"MaThuTuc": "?"}, {"Them": OWNER}]
)
def test_what_is_not_in_that_shape_is_refused(client, changes):
    answer = ask(client, **changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sohoa:problem:bad-request")
    assert OWNER not in answer.text
