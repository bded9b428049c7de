"""A record and its copy, opened at the addresses that the answer to a lookup holds."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import urllib3
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from flows.house import House
from schemas.digest import sha256_hex
from schemas.lookup import LookupAnswer
from schemas.model import canonical_bytes
from schemas.problem import INTEGRITY_MISMATCH, ProblemError
from schemas.record import SignedRecord
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.api.handing_out import part
from sohoa.api.links import Links
from storage import chunks, keys
from tests.sohoa.api.test_app import ASKED, HEADERS, OWNER, TOKEN, certificate

PDF = b"%PDF-1.7 a copy of a paper, signed"


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path))


@pytest.fixture
def record(house):
    copy = house.warehouse.keep_copy(PDF[:20], lambda _unsigned: PDF)
    return keep(house, certificate(copy_=copy))


@pytest.fixture
def client(house):
    with TestClient(create_app(house, TOKEN), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def found(client, record):
    """What a lookup says of the record."""
    [found] = client.post("/v1/lookups", json=ASKED, headers=HEADERS).json()["records"]
    return found


def keep(house, record):
    kept = house.warehouse.keep_record(record, lambda _data: b"signature")
    house.catalog.keep_record(kept)
    return kept


def views(house):
    return [entry for entry in house.audit.entries() if entry.act != "lookup"]


def test_a_record_is_opened_with_no_token_as_the_very_bytes_that_were_signed(client, house, found, record):
    answer = client.get(found["record_url"])
    assert answer.status_code == 200
    assert canonical_bytes(answer.json()["record"]) == house.warehouse.record(record.record_id).data
    assert SignedRecord.model_validate_json(answer.content).signature == b"signature"
    assert answer.headers["etag"] == f'"{sha256_hex(answer.content)}"'
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_copy_is_opened_and_is_what_the_record_names(client, found):
    answer = client.get(found["copy_url"])
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["etag"] == f'"{found["copy_sha256"]}"'
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("application/pdf", "bytes")
    assert answer.headers["content-length"] == str(len(PDF))
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("opens", ["record", "copy"])
def test_each_opening_is_an_act_for_what_the_lookup_was_for(client, house, found, record, opens):
    [asked] = house.audit.entries()
    client.get(found[f"{opens}_url"])
    client.get(found[f"{opens}_url"], headers={"Range": "bytes=0-3"})
    assert [view.act for view in views(house)] == [opens, opens]
    for view in views(house):
        assert view.records == (record.record_id,)
        for what in ("who", "purpose", "dossier_code", "owner_key"):
            assert getattr(view, what) == getattr(asked, what)


def test_an_address_says_nothing_about_anybody(found):
    for opens in ("record", "copy"):
        url = urlsplit(found[f"{opens}_url"])
        [link] = parse_qs(url.query)["link"]
        claims = jwt.decode(link, options={"verify_signature": False})
        assert claims.keys() == {"aud", "sub", "jti", "in", "iat"}
        assert not [secret for secret in (OWNER, ASKED["dossier_code"], ASKED["purpose"]) if secret in str(claims)]


@pytest.mark.parametrize(
    ("wish", "start", "stop"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, len(PDF)),
        ("bytes=-6", len(PDF) - 6, len(PDF)),
        ("bytes=-999", 0, len(PDF)),
        ("bytes=3-99999", 3, len(PDF)),
        (f"bytes={len(PDF) - 1}-{len(PDF) - 1}", len(PDF) - 1, len(PDF)),
    ],
)
def test_a_range_of_a_copy(client, found, wish, start, stop):
    answer = client.get(found["copy_url"], headers={"Range": wish})
    assert (answer.status_code, answer.content) == (206, PDF[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(PDF)}"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("wish", ["bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b", "0-5"])
def test_what_is_no_single_range_of_bytes_is_answered_with_all_of_it(client, found, wish):
    answer = client.get(found["copy_url"], headers={"Range": wish})
    assert (answer.status_code, answer.content) == (200, PDF)


@pytest.mark.parametrize("wish", [f"bytes={len(PDF)}-", "bytes=99999-99999", "bytes=-0"])
def test_a_range_behind_the_end_is_told_the_size(client, house, found, wish):
    answer = client.get(found["copy_url"], headers={"Range": wish})
    assert (answer.status_code, answer.json()["type"]) == (416, "urn:sohoa:problem:range-unsatisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(PDF)}"
    assert views(house) == []


@pytest.mark.parametrize(("same", "status"), [(True, 206), (False, 200)])
def test_a_range_goes_on_only_with_the_same_copy(client, found, same, status):
    tag = f'"{found["copy_sha256"]}"' if same else '"another"'
    answer = client.get(found["copy_url"], headers={"Range": "bytes=2-", "If-Range": tag})
    assert (answer.status_code, answer.content) == (status, PDF[2:] if same else PDF)


@pytest.mark.parametrize(
    ("known", "status"), [("{}", 304), ('"x", W/{}', 304), ("*", 304), ('"x"', 200), ("no tag", 200)]
)
def test_who_has_it_already_is_sent_nothing_and_that_is_no_act(client, house, found, known, status):
    for opens in ("record", "copy"):
        tag = client.get(found[f"{opens}_url"]).headers["etag"]
        before = len(views(house))
        answer = client.get(found[f"{opens}_url"], headers={"If-None-Match": known.format(tag)})
        assert (answer.status_code, answer.headers["etag"]) == (status, tag)
        assert (answer.content == b"") == (status == 304)
        assert len(views(house)) - before == (status == 200)


def test_unknown_and_forbidden_records_look_the_same(client, house, found, record):
    ours, now = Links(TOKEN), datetime.now(UTC)
    [asked] = house.audit.entries()
    kept_in = keys.audit_name(asked.at, asked.entry_id)
    answer = LookupAnswer(audit_id=asked.entry_id, kept_in=kept_in, valid_on=now.date())
    other = answer.model_copy(update={"audit_id": "0" * 32})
    waiting = keep(house, certificate(record_id="ab" * 16, status="review"))
    expired = ours.address("copy", record.record_id, answer, now - timedelta(minutes=6))
    to_come = ours.address("copy", record.record_id, answer, now + timedelta(minutes=6))
    closed = {
        "no link": found["copy_url"].partition("?")[0],
        "unknown record": f"/v1/records/{'cd' * 16}/copy",
        "link of another one": found["copy_url"].replace(record.record_id, waiting.record_id),
        "link of the record": found["record_url"].replace("?", "/copy?"),
        "altered": found["copy_url"][:-3] + "AAA",
        "ended": expired,
        "not begun": to_come,
        "made by somebody else": Links("guessed").address("copy", record.record_id, answer, now),
        "of a lookup that did not find it": ours.address("copy", waiting.record_id, answer, now),
        "of no lookup": ours.address("copy", record.record_id, other, now),
        "of no object of the log": ours.address(
            "copy", record.record_id, answer.model_copy(update={"kept_in": "0" * 32}), now
        ),
    }
    answers = {name: client.get(url) for name, url in closed.items()}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.content for answer in answers.values()}) == 1
    assert client.get(found["copy_url"]).status_code == 200
    assert len(views(house)) == 1


@pytest.mark.parametrize("change", [{"status": "revoked"}, {"fields": {}}])
def test_what_has_changed_since_has_to_be_looked_up_again(client, house, found, record, change):
    keep(house, record.model_copy(update={"version": 2} | change))
    assert client.get(found["record_url"]).status_code == 404
    assert views(house) == []


@pytest.mark.parametrize("changes", [{"status": "review"}, {"valid_to": "2024-01-01"}, {"status": "revoked"}])
def test_what_cannot_be_reused_is_not_opened(client, house, changes):
    keep(house, certificate(**changes))
    [found] = client.post("/v1/lookups", json=ASKED, headers=HEADERS).json()["records"]
    assert not found.keys() & {"record_url", "copy_url"}


@pytest.fixture
def beside(s3_server, tmp_path):
    """A house whose copies are fetched from the S3 server itself."""
    store = s3_server.settings("copies", public_url=f"http://{s3_server.endpoint}")
    return House.open(Settings(home=tmp_path / "home", owner_secret="a secret of the tests", store=store))


def test_a_copy_can_be_fetched_from_the_s3_server_and_is_an_act_all_the_same(beside, record):
    house = beside
    house.warehouse.keep_copy(PDF, lambda unsigned: unsigned)
    keep(house, record)
    with TestClient(create_app(house, TOKEN), follow_redirects=False) as client:
        [found] = client.post("/v1/lookups", json=ASKED, headers=HEADERS).json()["records"]
        answer = client.get(found["copy_url"])
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["cache-control"] == "private, no-store"
        [view] = views(house)
        assert (view.act, view.records) == ("copy", (record.record_id,))
        here = urllib3.request("GET", answer.headers["location"])
        assert (here.status, here.data, here.headers["Content-Type"]) == (200, PDF, "application/pdf")
        some = urllib3.request("GET", answer.headers["location"], headers={"Range": "bytes=4-7"})
        assert (some.status, some.data) == (206, PDF[4:8])
        longer = answer.headers["location"].replace("X-Amz-Expires=60", "X-Amz-Expires=61")
        assert urllib3.request("GET", longer).status == 403
        had = client.get(found["copy_url"], headers={"If-None-Match": f'"{found["copy_sha256"]}"'})
        assert had.status_code == 304
        assert len(views(house)) == 1


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_a_copy_that_is_not_what_was_stored_is_not_handed_out(client, house, found, tmp_path, harm):
    path = tmp_path / "store/objects" / keys.file(found["copy_sha256"])
    path.chmod(0o600)
    path.unlink() if harm == "lost" else path.write_bytes(PDF.replace(b"paper", b"papes"))
    answer = client.get(found["copy_url"], headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:sohoa:problem:integrity-mismatch")
    assert views(house) == []


@given(pieces=st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=6), data=st.data())
def test_a_part_is_the_bytes_of_the_whole_and_ends_only_if_the_whole_is_right(pieces, data):
    whole = b"".join(pieces)
    start = data.draw(st.integers(0, len(whole) - 1))
    stop = data.draw(st.integers(start + 1, len(whole)))
    right = chunks.checked(pieces, sha256_hex(whole), name="copy")
    assert b"".join(part(right, range(start, stop))) == whole[start:stop]
    wrong, got = part(chunks.checked(pieces, sha256_hex(b"other"), name="copy"), range(start, stop)), []
    with pytest.raises(ProblemError) as damaged:
        got.extend(wrong)
    assert damaged.value.kind is INTEGRITY_MISMATCH
    assert len(b"".join(got)) < stop - start


@pytest.mark.parametrize("opens", ["record_url", "copy_url"])
def test_what_there_is_can_be_asked_without_opening_it(client, house, found, opens):
    before = list(house.audit.entries())
    asked = client.head(found[opens], headers={"Range": "bytes=0-1"})
    assert (asked.status_code, asked.content, list(house.audit.entries())) == (200, b"", before)
    opened = client.get(found[opens])
    for name in ("etag", "content-length", "content-type", "accept-ranges", "cache-control"):
        assert asked.headers[name] == opened.headers[name]
    assert client.head(found[opens], headers={"If-None-Match": asked.headers["etag"]}).status_code == 304
    assert client.head(found[opens].replace("link=", "link=x")).status_code == 404
