"""Uploads over tus: whatever is cut, sent twice, lied about or killed, the bytes arrive whole or not at all."""

import errno
import os
import socket
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import tusclient.client
import tusclient.exceptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.problem import STORE_UNREACHABLE
from sohoa.api import bodies
from sohoa.api.app import create_app
from sohoa.api.uploads import CHECKED_BYTES
from storage import keys, staging
from storage.staging import Staging
from tests.hostile.make import scanned
from tests.servers import serving
from tests.sohoa.api.sending import TUS, SmallStation, checksum, sha256

DATA = bytes(range(256)) * 40


@pytest.fixture
def where(client, station):
    return station.create(client, DATA).headers["Location"]


def kind(answer):
    return answer.json()["type"].rpartition(":")[2]


def stored(house, data):
    return house.store.stat(keys.file(sha256(data))) is not None


def test_what_is_spoken_is_told(client, station):
    answer = client.options("/v1/uploads", headers=station.headers())
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert answer.headers["Tus-Max-Size"] == str(200 * 1024**2)


def test_an_upload_in_chunks_is_stored_when_it_is_whole(client, station, house):
    where = station.create(client, DATA).headers["Location"]
    for start in range(0, len(DATA), 3000):
        assert not stored(house, DATA)
        answer = station.patch(client, where, start, DATA[start : start + 3000], **checksum(DATA[start : start + 3000]))
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(min(start + 3000, len(DATA)))
        assert answer.headers["Upload-Expires"].endswith("GMT")
    assert house.store.get(keys.file(sha256(DATA))) == DATA
    told = station.ask(client, where)
    assert (told.headers["Upload-Offset"], told.headers["Upload-Length"]) == (str(len(DATA)), str(len(DATA)))


def test_creating_an_upload_again_finds_it(client, station, where):
    station.patch(client, where, 0, DATA[:100])
    again = station.create(client, DATA)
    assert (again.status_code, again.headers["Location"], again.headers["Upload-Offset"]) == (201, where, "100")
    station.patch(client, where, 100, DATA[100:])
    assert station.create(client, DATA).headers["Upload-Offset"] == str(len(DATA))


def test_two_stations_do_not_see_each_others_uploads(client, station, house, where):
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    station.patch(client, where, 0, DATA)
    assert other.ask(client, where).status_code == 404
    assert other.patch(client, where, 0, DATA).status_code == 404
    assert other.create(client, DATA).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("offset", [0, 99, 101, 5000])
def test_a_chunk_at_another_offset_is_refused_with_the_right_one(client, station, where, offset):
    station.patch(client, where, 0, DATA[:100])
    answer = station.patch(client, where, offset, DATA[offset : offset + 100])
    assert (answer.status_code, kind(answer), answer.headers["Upload-Offset"]) == (409, "offset-mismatch", "100")
    assert station.ask(client, where).headers["Upload-Offset"] == "100"


def test_more_than_was_announced_is_refused(client, station, where):
    assert station.patch(client, where, 0, DATA + b"x").status_code == 409
    assert station.ask(client, where).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_chunk_that_was_damaged_on_the_way_leaves_nothing_behind(client, station, where, algorithm):
    answer = station.patch(client, where, 0, DATA[:100], **checksum(DATA[1:101], algorithm))
    assert (answer.status_code, kind(answer)) == (460, "checksum-mismatch")
    assert station.ask(client, where).headers["Upload-Offset"] == "0"
    assert station.patch(client, where, 0, DATA[:100], **checksum(DATA[:100], algorithm)).status_code == 204


def test_a_file_that_is_not_what_was_announced_begins_anew(client, station, house):
    where = station.create(client, DATA).headers["Location"]
    answer = station.patch(client, where, 0, DATA[::-1])
    assert (answer.status_code, kind(answer)) == (460, "checksum-mismatch")
    assert not stored(house, DATA)
    assert not stored(house, DATA[::-1])
    assert station.ask(client, where).status_code == 404
    station.upload(client, DATA)
    assert stored(house, DATA)


def test_a_size_that_was_a_lie_is_mended_by_creating_the_upload_again(client, station, house, where):
    station.patch(client, where, 0, DATA[:100])
    short = station.create(client, DATA, length=50)
    assert (short.status_code, short.headers["Upload-Offset"]) == (201, "0")
    assert kind(station.patch(client, where, 0, DATA[:50])) == "checksum-mismatch"
    station.upload(client, DATA)
    assert stored(house, DATA)
    assert kind(station.create(client, DATA, length=50)) == "bad-request"


def test_what_was_found_in_a_scan_is_told_once_it_is_whole_to_its_station_alone(client, station, house):
    scan = scanned()
    where = station.create(client, scan).headers["Location"]
    assert kind(client.get(where, headers=station.headers())) == "upload-unknown"
    station.patch(client, where, 0, scan)
    told = client.get(where, headers=station.headers())
    assert told.json() == {"sha256": sha256(scan), "size": len(scan), "pages": 1}
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    assert kind(client.get(where, headers=other.headers())) == "upload-unknown"


def test_an_upload_is_given_up(client, station, where):
    station.patch(client, where, 0, DATA[:100])
    assert client.delete(where, headers=station.headers(**TUS)).status_code == 204
    assert station.ask(client, where).status_code == 404
    assert client.delete(where, headers=station.headers(**TUS)).status_code == 404


def test_a_method_that_a_proxy_does_not_let_through_can_be_meant(client, station, where):
    headers = TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    headers["X-HTTP-Method-Override"] = "PATCH"
    answer = client.post(where, content=DATA[:10], headers=station.headers(**headers))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "10")


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "tus-version"),
        ({"Content-Type": "text/plain"}, 415, "media-type-unknown"),
        ({"Upload-Offset": "-1"}, 422, "bad-request"),
        ({"Upload-Offset": "1" * 30}, 422, "bad-request"),
        ({"Upload-Offset": "١"}, 422, "bad-request"),
        ({"Upload-Checksum": "crc32 AAAA"}, 422, "bad-request"),
    ],
)
def test_a_chunk_that_is_not_in_the_right_form_is_refused(client, station, where, headers, status, said):
    headers = {name: value.encode() for name, value in headers.items()}
    answer = station.patch(client, where, 0, DATA, **headers)
    assert (answer.status_code, kind(answer)) == (status, said)
    assert station.ask(client, where).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("length", "name", "status"),
    [(200 * 1024**2 + 1, None, 413), ("ten", None, 422), (10, "../../keys", 422), (10, "AB" * 32, 422)],
)
def test_an_upload_that_is_not_in_the_right_form_is_not_made(client, station, length, name, status, tmp_path):
    assert station.create(client, DATA, length=length, name=name).status_code == status
    assert not list((tmp_path / "uploads").glob("*/*.part"))


def test_a_chunk_with_a_checksum_is_held_in_memory_only_up_to_a_size(client, station):
    data = bytes(CHECKED_BYTES + 1)
    where = station.create(client, data).headers["Location"]
    assert kind(station.patch(client, where, 0, data, **checksum(data))) == "request-too-large"
    assert station.patch(client, where, 0, data).status_code == 204


def test_a_station_has_only_so_many_uploads_open(client, station):
    for n in range(staging.OPEN_UPLOADS):
        assert station.create(client, b"%d" % n).status_code == 201
    answer = station.create(client, b"one more")
    assert (answer.status_code, kind(answer)) == (429, "quota-exceeded")
    assert station.create(client, b"0").status_code == 201
    station.upload(client, b"0")
    assert station.create(client, b"one more").status_code == 201


def test_an_empty_file_arrives_with_its_creation(client, station, house):
    answer = station.create(client, b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert stored(house, b"")


# --- what goes wrong ---------------------------------------------------------------------------------------------------
def test_a_key_that_is_revoked_in_the_middle_of_an_upload_brings_nothing_into_the_store(
    client, station, house, monkeypatch
):
    where = station.create(client, DATA).headers["Location"]
    append = Staging.append

    def then_revoke(self, *args):
        reached = append(self, *args)
        house.stations.keep(station.enrolment(2, "revoked"))
        return reached

    monkeypatch.setattr(Staging, "append", then_revoke)
    assert station.patch(client, where, 0, DATA).status_code == 401
    assert not stored(house, DATA)
    assert station.ask(client, where).status_code == 401


def test_a_server_that_dies_between_the_last_byte_and_the_store_finishes_later(client, station, house, monkeypatch):
    where = station.create(client, DATA).headers["Location"]

    def dies(*_args, **_kwargs):
        raise STORE_UNREACHABLE.error("the line is cut")

    for method in ("put_file", "arrive"):
        with monkeypatch.context() as cut:
            cut.setattr(*((house.store.__class__, method) if method == "put_file" else (Staging, method)), dies)
            answer = station.patch(client, where, 0, DATA) if method == "put_file" else station.ask(client, where)
            assert answer.status_code == 503
    told = station.ask(client, where)
    assert told.headers["Upload-Offset"] == str(len(DATA))
    assert house.store.get(keys.file(sha256(DATA))) == DATA


@pytest.mark.parametrize("call", ["pwrite", "fsync"])
def test_a_full_disk_loses_nothing_and_the_upload_goes_on_when_there_is_room(client, station, house, monkeypatch, call):
    where = station.create(client, DATA).headers["Location"]
    station.patch(client, where, 0, DATA[:100])
    real = os.pwrite

    def full(file, data=b"", offset=0):
        if call == "pwrite" and len(data) > 50:
            return real(file, data[:50], offset)  # half of it fits
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, call, full)
        answer = station.patch(client, where, 100, DATA[100:])
        assert (answer.status_code, kind(answer)) == (507, "store-full")
    reached = int(station.ask(client, where).headers["Upload-Offset"])
    assert reached in {100, len(DATA)}
    if reached == 100:
        assert station.patch(client, where, reached, DATA[reached:]).status_code == 204
    assert house.store.get(keys.file(sha256(DATA))) == DATA


def test_an_upload_that_does_not_fit_is_not_begun(client, station, monkeypatch):
    monkeypatch.setattr(staging, "_LEAST_FREE_BYTES", 2**60)
    assert kind(station.create(client, DATA)) == "store-full"


def test_what_nobody_touches_for_a_week_is_removed(station, tmp_path):
    rooms = Staging(tmp_path / "uploads")
    old, new = rooms.create(station.name, sha256(b"old"), 3), rooms.create(station.name, sha256(b"new"), 3)
    week = (datetime.now(UTC) - timedelta(days=8)).timestamp()
    os.utime(old.path, (week, week))
    rooms.sweep(datetime.now(UTC))
    assert rooms.find(station.name, old.sha256) is None
    assert rooms.find(station.name, new.sha256) is not None


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60), st.sampled_from(["sent", "damaged", "checked", "cut"])),
        max_size=12,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_the_offset_only_grows_and_what_arrives_is_whole(client, station, house, steps):
    """Chunks come in any order, twice, damaged, or with an answer that is lost."""
    data = os.urandom(50)
    where = station.create(client, data).headers["Location"]
    offset = 0
    for start, size, how in steps:
        piece = data[start : start + size]
        damaged = bytes(byte ^ 1 for byte in piece)
        checks = checksum(piece) if how in {"checked", "damaged"} else {}
        answer = station.patch(client, where, start, damaged if how == "damaged" else piece, **checks)
        reached = int(station.ask(client, where).headers["Upload-Offset"])
        moved = start == offset and (how != "damaged" or not piece) and answer.status_code == 204
        assert reached == (offset + len(piece) if moved else offset)
        offset = reached
        assert stored(house, data) == (offset == len(data))
    if offset < len(data):
        station.patch(client, where, offset, data[offset:])
    assert house.store.get(keys.file(sha256(data))) == data


# --- over real sockets -------------------------------------------------------------------------------------------------
@pytest.fixture
def address(house):
    with serving(create_app(house, "token")) as address:
        yield address


def half_a_request(address, station, where, sent, announced):
    """Return a connection that has sent the head of a chunk and only a part of its body."""
    host, port = address.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)))
    headers = TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Host": host}
    headers = station.headers(**headers) | {"Content-Length": str(announced)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    line.sendall(f"PATCH {where} HTTP/1.1\r\n{head}\r\n".encode() + sent)
    return line


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_public_client_uploads_is_cut_off_and_goes_on(address, station, house, tmp_path):
    data = os.urandom(700_000)
    path = tmp_path / "scan.bin"
    path.write_bytes(data)
    client = tusclient.client.TusClient(f"{address}/v1/uploads", headers=station.headers())
    first = client.uploader(str(path), chunk_size=200_000, metadata={"sha256": sha256(data)}, upload_checksum=True)
    first.upload(stop_at=400_000)
    half_a_request(address, station, first.url, b"", 10).close()

    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(data[:400_000] + bytes(300_000))
    with pytest.raises(tusclient.exceptions.TusUploadFailed):
        client.uploader(str(damaged), url=first.url, chunk_size=300_000).upload()
    assert not stored(house, data)

    again = client.uploader(str(path), chunk_size=200_000, metadata={"sha256": sha256(data)}, upload_checksum=True)
    again.upload(stop_at=200_000)
    resumed = client.uploader(str(path), url=again.url)
    assert resumed.offset == 200_000
    resumed.upload()
    assert house.store.get(keys.file(sha256(data))) == data


def test_a_line_that_is_cut_in_the_middle_of_a_chunk_keeps_what_came(address, station, house):
    data = os.urandom(600_000)
    with httpx.Client(base_url=address) as client:
        where = station.create(client, data).headers["Location"]
        half_a_request(address, station, where, data[:400_000], len(data)).close()
        wait_for(lambda: int(station.ask(client, where).headers["Upload-Offset"]) >= bodies.PIECE_BYTES)
        offset = int(station.ask(client, where).headers["Upload-Offset"])
        assert station.patch(client, where, offset, data[offset:]).status_code == 204
    assert house.store.get(keys.file(sha256(data))) == data


def test_a_half_dead_connection_is_in_nobodys_way(address, station, house):
    data = os.urandom(600_000)
    with httpx.Client(base_url=address) as client:
        where = station.create(client, data).headers["Location"]
        dead = half_a_request(address, station, where, data[:300_000], len(data))
        wait_for(lambda: int(station.ask(client, where).headers["Upload-Offset"]) >= bodies.PIECE_BYTES)
        offset = int(station.ask(client, where).headers["Upload-Offset"])
        assert station.patch(client, where, offset, data[offset:]).status_code == 204
        dead.sendall(data[300_000:])  # it comes to life again
        assert b" 409 " in dead.recv(4096).partition(b"\r\n")[0]
    assert house.store.get(keys.file(sha256(data))) == data


def test_a_line_that_falls_silent_is_given_up(address, station, monkeypatch):
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.2)
    with httpx.Client(base_url=address) as client:
        where = station.create(client, DATA).headers["Location"]
        silent = half_a_request(address, station, where, b"", len(DATA))
        silent.settimeout(20)
        assert b" 408 " in silent.recv(4096).partition(b"\r\n")[0]


def test_the_time_of_the_server_comes_with_the_refusal_of_a_wrong_clock(address, station):
    made = int(time.time()) - 7 * 24 * 3600
    token = station.token(iat=made, exp=made + 300)
    answer = httpx.get(f"{address}/v1/submissions/{'ab' * 32}", headers={"Authorization": f"Bearer {token}"})
    assert kind(answer) == "station-clock"
    assert len(answer.headers.get_list("date")) == 1
