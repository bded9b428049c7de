"""The clerk's page, route by route; `tests/journey/test_clerks_page.py` uses it as a clerk does."""

import io
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from PIL import Image
from starlette.testclient import TestClient

from schemas.draft import MOST_TO_SIGN, SigningWork, ToSign
from schemas.problem import (
    CATALOG_MISSING,
    PIN_WRONG,
    SERVER_UNREACHABLE,
    SIGNATURE_REFUSED,
    SIGNER_UNREACHABLE,
    TOKEN_LOCKED,
    VALIDATION_DATA_MISSING,
    ProblemError,
)
from schemas.station import Welcome
from schemas.submission import RefusedFile
from sohoa.station.light import State
from sohoa.station.outbox import Outbox
from sohoa.station.page import create_page
from sohoa.station.signing import Signing
from tests.sohoa.station.stations import BY, CODE, OTHER, SETTINGS, page, pages, receipt

PORT, KEY = 8077, "a key of the tests"
ADDRESS = f"http://127.0.0.1:{PORT}"
HERE = {"Origin": ADDRESS}


@pytest.fixture
def stranger(home):
    return TestClient(create_page(home, SETTINGS, PORT, KEY), base_url=ADDRESS, follow_redirects=False)


@pytest.fixture
def clerk(stranger):
    assert stranger.get("/", params={"key": KEY}).status_code == 303
    return stranger


def do(clerk, path, **form):
    return clerk.post(path, data=form, headers=HERE)


# --- who may see it ----------------------------------------------------------------------------------------------------
EVERY_PATH = ["/", "/dossiers/1", "/dossiers/1/scans/1/1.jpg", "/page.js", "/nothing"]


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("key", [None, "", "guessed"])
def test_without_the_key_nothing_is_shown(stranger, dossiers, scan, path, key):
    dossiers.open(CODE)
    scan(page("1"))
    answer = stranger.get(path, params={} if key is None else {"key": key})
    assert answer.status_code == 403
    assert CODE not in answer.text


def test_the_key_does_not_stay_in_the_address_bar_and_no_script_reads_the_cookie(stranger):
    answer = stranger.get("/", params={"key": KEY})
    assert answer.headers["location"] == "/"
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}"])
def test_under_another_name_nothing_is_shown(clerk, path, host):
    assert clerk.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", f"http://localhost:{PORT + 1}"])
def test_forms_of_other_sites_do_nothing(clerk, dossiers, origin):
    answer = clerk.post("/open", data={"code": CODE}, headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == 403
    assert list(dossiers.every_status()) == []


@pytest.mark.parametrize("path", ["/", "/page.css", "/nothing"])
def test_nothing_is_kept_by_browsers_or_loaded_from_elsewhere(clerk, path):
    headers = clerk.get(path).headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


# --- what is done ------------------------------------------------------------------------------------------------------
def test_a_dossier_is_opened_and_shown_with_its_pages(clerk, dossiers, scan):
    answer = do(clerk, "/open", code=f" {CODE} ", procedure="1.001193", pages="3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dossiers/1")
    scan(page("1"))
    scan(pages("2", "3", kind="PDF"))
    shown = clerk.get("/dossiers/1").text
    assert CODE in shown
    assert "3/3 trang" in shown
    assert "Trang 2–3" in shown
    with Image.open(io.BytesIO(clerk.get("/dossiers/1/scans/1/1.jpg").content)) as picture:
        assert picture.format == "JPEG"


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/open", {"code": "no code"}, "Mã hồ sơ không đúng"),
        ("/open", {}, "Mã hồ sơ không đúng"),
        ("/open", {"code": CODE, "procedure": "??"}, "Mã thủ tục không đúng"),
        ("/open", {"code": CODE, "pages": "0"}, "Số trang giấy là một số"),
        ("/open", {"code": CODE, "pages": "²"}, "Số trang giấy là một số"),
        ("/open", {"code": CODE, "pages": "9" * 5000}, "Số trang giấy là một số"),
        ("/dossiers/1/remove", {"position": "7"}, "không còn ở đây"),
        ("/dossiers/1/remove", {"position": "x"}, "Không rõ trang nào"),
        ("/dossiers/1/move", {"position": "1", "to": "5"}, "không còn ở đây"),
        ("/dossiers/9/close", {}, "không còn ở đây"),
        ("/dossiers/1/assign", {"code": OTHER}, "không còn ở đây"),
        ("/dossiers/1/close", {"pages": "2"}, "Chưa làm được. Thiếu trang: đã quét 1 trang, khai 2 trang."),
    ],
)
def test_what_cannot_be_done_is_said_in_words_and_changes_nothing(clerk, dossiers, scan, path, form, said):
    dossiers.open(CODE)
    scan(page("1"))
    answer = do(clerk, path, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert [(each.dossier_code, each.scanned_pages, each.sequence) for each in dossiers.every_status()] == [
        (CODE, 1, None)
    ]


def test_what_was_typed_in_is_not_lost_with_a_mistake(clerk):
    assert 'value="no &lt;code&gt;"' in do(clerk, "/open", code="no <code>").text


def test_a_dossier_that_is_not_there_is_not_found(clerk):
    assert clerk.get("/dossiers/77").status_code == 404


def test_pages_are_moved_scanned_again_removed_and_sent(clerk, dossiers, scan):
    do(clerk, "/open", code=CODE)
    for text in "123":
        scan(page(text))
    do(clerk, "/dossiers/1/move", position="3", to="1")
    do(clerk, "/dossiers/1/rescan", position="2")
    assert "Chờ quét lại" in clerk.get("/").text
    scan(page("1, better"))
    do(clerk, "/dossiers/1/remove", position="3")
    assert [each.id for each in dossiers.scans(1)] == [3, 4]
    do(clerk, "/dossiers/1/paper")
    assert do(clerk, "/dossiers/1/close").status_code == 303
    assert dossiers.status(1).state == State.SAFE_HERE
    assert "Đóng và gửi" not in clerk.get("/dossiers/1").text


def test_stray_pages_are_given_their_dossier(clerk, dossiers, scan):
    scan(page("1"))
    assert "Những trang này thuộc hồ sơ" in clerk.get("/").text
    do(clerk, "/dossiers/1/assign", code=CODE)
    assert dossiers.status(1).dossier_code == CODE


def test_the_light_is_green_only_with_a_receipt(clerk, dossiers, scan, home):
    dossiers.open(CODE)
    scan(page("1"))
    dossiers.close(1, scanned_by=BY)
    green = "Được trả bản giấy"
    assert green not in clerk.get("/").text
    outbox = Outbox(home, SETTINGS)
    [unsent] = outbox.to_send()
    outbox.received(receipt(unsent.manifest))
    assert green in clerk.get("/").text


def test_only_what_lives_is_brought_again(clerk, dossiers):
    dossiers.open(CODE)
    part = clerk.get("/", params={"live": ""}).text
    assert CODE in part
    assert "<html" not in part


# --- whether a paper is scanned ----------------------------------------------------------------------------------------
def test_why_a_paper_is_not_scanned_is_kept_and_shown(clerk, dossiers):
    dossiers.open(CODE)
    assert do(clerk, "/dossiers/1/decide", type="birth_certificate", reason="present_only").status_code == 303
    assert "Giấy khai sinh: chỉ xuất trình để đối chiếu" in clerk.get("/").text


@pytest.mark.parametrize(
    ("act", "form", "said"),
    [
        ("decide", {"type": "birth_certificate", "reason": "because"}, "Chọn lý do"),
        ("decide", {"type": "", "reason": "secret"}, "Chọn loại giấy tờ"),
        ("ask", {"type": "birth_certificate", "owner": "12"}, "Số định danh có 12 chữ số"),
        ("ask", {"type": "birth_certificate", "owner": "040201000123"}, "Chưa có mã hồ sơ hoặc mã thủ tục"),
        ("settle", {"reason": "rescanned"}, "không còn ở đây"),
        ("settle", {"reason": "whatever"}, "Chọn việc đã làm"),
    ],
)
def test_what_cannot_be_asked_or_decided_is_said(clerk, dossiers, act, form, said):
    dossiers.open(CODE)
    answer = do(clerk, f"/dossiers/1/{act}", **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert dossiers.decisions(1) == ()


def test_without_a_line_the_paper_is_scanned_as_ever(clerk, dossiers, home):
    home.accept(Welcome(station=home.station, server="http://127.0.0.1:9", receipt_certificate="PEM"))
    dossiers.open(CODE, procedure="1.001193")
    answer = do(clerk, "/dossiers/1/ask", type="birth_certificate", owner="040201000123")
    assert "cứ quét như thường" in answer.text
    assert dossiers.decisions(1) == ()


def test_what_was_done_about_a_file_that_nobody_can_read_is_said_with_a_button(clerk, dossiers, scan, home):
    dossiers.open(CODE)
    scan(page("1"))
    dossiers.close(1, scanned_by=BY)
    outbox = Outbox(home, SETTINGS)
    [unsent] = outbox.to_send()
    refused = RefusedFile(sha256=unsent.manifest.files[0].sha256, problem="urn:sohoa:problem:file-damaged")
    outbox.received(receipt(unsent.manifest, refused=(refused,)))
    assert "Đã quét lại trong hồ sơ khác" in clerk.get("/dossiers/1").text
    do(clerk, "/dossiers/1/settle", reason="rescanned")
    assert dossiers.status(1).state == State.SAFE_THERE


# --- signing with a token ----------------------------------------------------------------------------------------------
def waiting(number):
    """Return what a server says for whom so many copies wait."""
    one = {
        "submission_id": "ab" * 32, "copy_sha256": "cd" * 32, "dossier_code": CODE, "document_type": None, "pages": 1,
        "scanned_at": datetime(2026, 3, 31, 8, tzinfo=UTC), "attributes": b64encode(b"1"),
    }  # fmt: skip
    return SigningWork(documents=(ToSign.model_validate(one),) * number)


def test_where_nothing_waits_and_nobody_signed_the_page_says_nothing_of_it(clerk, home):
    Signing(home).heard(waiting(0))
    assert "Ký số" not in clerk.get("/").text


@pytest.mark.parametrize(("number", "said"), [(1, "1 bản"), (7, "7 bản"), (MOST_TO_SIGN, "Từ 100 trở lên bản")])
def test_how_many_copies_wait_for_the_token_is_shown(clerk, home, number, said):
    Signing(home).heard(waiting(number))
    shown = clerk.get("/", params={"live": ""}).text
    assert f"{said} số hóa chờ chữ ký số của bạn" in shown
    assert "sohoa station sign" in shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "đã ký 2 bản."),
        (SIGNER_UNREACHABLE.error("'t'"), "Không thấy thiết bị ký số"),
        (PIN_WRONG.error("'t'"), "Mã PIN không đúng"),
        (TOKEN_LOCKED.error("'t'"), "đã bị khóa"),
        (SIGNATURE_REFUSED.error("revoked"), "Máy chủ không nhận chữ ký"),
        (VALIDATION_DATA_MISSING.error("nobody"), "chưa hỏi được chứng thư số"),
        (SERVER_UNREACHABLE.error("cut"), "Ký lại khi có mạng"),
        (CATALOG_MISSING.error("x"), "Không ký được (catalog-missing). Gọi người quản trị."),
        (KeyboardInterrupt(), "bị ngắt giữa chừng"),
    ],
)
def test_how_the_last_signing_went_is_said_in_words_and_the_page_never_asks_for_a_pin(clerk, home, error, said):
    signing = Signing(home)
    signing.heard(waiting(5))
    with suppress(ProblemError, KeyboardInterrupt), signing.under_way() as signed:
        signed()
        signed()
        if error is not None:
            raise error
    shown = clerk.get("/").text
    assert said in shown
    assert "đã ký 2 bản" in shown
    assert "3 bản số hóa chờ" in shown
    assert "password" not in shown
    with signing.under_way():
        pass
    assert "đã ký 0 bản." in clerk.get("/").text
