"""Previews and what is said of pages, over real HTTP routes."""

import io

import pytest
from PIL import Image

from schemas.legibility import PREVIEW_BYTES, Legibility, PageFaults
from schemas.outcome import DocumentOutcome, Outcome
from tests.sohoa.api.sending import SmallStation, sha256


def ask(client, station, content, media="image/jpeg"):
    return client.post("/v1/previews", content=content, headers=station.headers(**{"Content-Type": media}))


def jpeg(size=(827, 1169)):
    output = io.BytesIO()
    Image.new("L", size, 250).save(output, "JPEG")
    return output.getvalue()


def test_a_preview_is_judged_and_nothing_of_it_is_kept(client, station, house, tmp_path):
    before = list(house.store.list(""))
    answer = ask(client, station, jpeg())
    assert (answer.status_code, answer.json()) == (200, {"faults": ["blank"]})
    assert list(house.store.list("")) == before
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == jpeg()]


@pytest.mark.parametrize(
    ("content", "media", "status", "kind"),
    [
        (jpeg(), "image/png", 415, "media-type-unknown"),
        (b"no picture", "image/jpeg", 415, "file-type-unknown"),
        (jpeg((3000, 3000)), "image/jpeg", 413, "page-too-large"),
        (bytes(PREVIEW_BYTES + 1), "image/jpeg", 413, "request-too-large"),
    ],
)
def test_what_is_no_preview_is_refused(client, station, content, media, status, kind):
    answer = ask(client, station, content, media)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sohoa:problem:{kind}")


def test_only_stations_may_ask(client):
    assert ask(client, SmallStation("bd-nowhere"), jpeg()).status_code == 401


def test_the_pages_of_a_submission_are_judged_when_it_was_read(client, station, house, scan):
    submission_id = station.send(client, scan()).json()["receipt"]["submission_id"]
    path = f"/v1/submissions/{submission_id}/legibility"
    answer = client.get(path, headers=station.headers())
    assert Legibility.model_validate(answer.json()) == Legibility(submission_id=submission_id, settled=False)
    faults = (PageFaults(page=1, faults=("blurred",)),)
    document = DocumentOutcome(file_sha256=sha256(scan()), status="stored", pages=(1,), faults=faults)
    house.inbox.conclude(Outcome(submission_id=submission_id, documents=(document,)))
    answer = client.get(path, headers=station.headers()).json()
    assert (answer["settled"], answer["files"]) == (
        True,
        [{"file_sha256": sha256(scan()), "pages": [{"page": 1, "faults": ["blurred"]}]}],
    )


def test_another_station_learns_nothing(client, station, house, scan):
    submission_id = station.send(client, scan()).json()["receipt"]["submission_id"]
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    answer = client.get(f"/v1/submissions/{submission_id}/legibility", headers=other.headers())
    assert answer.json()["type"] == "urn:sohoa:problem:submission-unknown"
