"""`sohoa owner match` and `candidates`, and what the review desk shows of who may be meant."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.problem import Exit
from schemas.settings import RegistrySettings, Settings
from sohoa.api.app import create_app
from sohoa.review import create_review
from tests.conftest import SohoaHere
from tests.flows.test_matching import AN, HOMONYM, STRANGER, TWIN, certificate, registry_file
from tests.sohoa.review.signing_in import TOKEN, as_

__all__ = ["registry_file"]


@pytest.fixture
def here(tmp_path, registry_file, keyring):
    """A home with three birth certificates without an identifier, the command line over it, and the records."""
    settings = Settings(
        home=tmp_path / "home", owner_secret="a secret of the tests", registry=RegistrySettings(file=registry_file)
    )
    house = House.open(settings)
    papers = [certificate(house, keyring, each) for each in (AN, HOMONYM, STRANGER)]
    return SohoaHere(settings.home, SOHOA_REGISTRY__FILE=str(registry_file)), house, papers


def test_owners_are_matched_and_who_is_not_sure_is_shown_to_people(here):
    sohoa, house, (sure, doubtful, _) = here
    run = sohoa("owner", "match", "--json")
    assert (run.returncode, json.loads(run.stdout)) == (
        Exit.WAITS_FOR_REVIEW,
        {"linked": 1, "doubtful": 1, "unknown": 1},
    )
    assert not [name for name in (AN.identifier.digits, AN.person.name) if name in run.stdout + run.stderr]
    told = sohoa("record", "explain", sure.record_id).stdout
    assert "matched with a registry by sohoa:registry" in told
    assert "name exact +" in told
    people = sohoa.lines("owner", "candidates", doubtful.record_id)[0]["candidates"]
    assert {each["identifier"] for each in people} == {HOMONYM.identifier.digits, TWIN.identifier.digits}
    assert {entry.who.partition(":")[0] for entry in house.audit.entries()} == {"sohoa", "cli"}
    lookup = sohoa("lookup", AN.identifier.digits, "--purpose", "1.000656", "--dossier", "H40.12-260331-0007", "--json")
    assert sure.record_id in lookup.stdout
    assert sohoa("owner", "match").returncode == Exit.DONE

    app = create_app(house, TOKEN)
    app.mount("/review", create_review(house, TOKEN))
    with TestClient(app) as client:
        page = client.get(f"/review/records/{doubtful.record_id}", auth=as_("binh")).text
        assert "Chủ giấy tờ (con)" in page
        assert f'data-take="{TWIN.identifier.digits}"' in page
        assert "họ tên giống hệt +" in page
        form = {"proof": re.search(r'name="proof" value="(\w+)"', page)[1], "version": "2"}
        form |= {"act.child": "confirm", "value.child": TWIN.identifier.digits}
        for who in ("binh", "cuc"):
            again = client.get(f"/review/records/{doubtful.record_id}", auth=as_(who)).text
            form["proof"] = re.search(r'name="proof" value="(\w+)"', again)[1]
            form["version"] = re.search(r'name="version" value="(\d+)"', again)[1]
            answer = client.post(
                f"/review/records/{doubtful.record_id}", data=form, auth=as_(who), follow_redirects=False
            )
            assert answer.status_code == 303
    assert house.warehouse.record(doubtful.record_id).value.owners[0].identifier == TWIN.identifier


def test_without_a_registry_nobody_is_asked(here, tmp_path):
    sohoa, *_ = here
    assert SohoaHere(sohoa.home)("owner", "match").returncode == Exit.BAD_CONFIGURATION
    away = SohoaHere(sohoa.home, SOHOA_REGISTRY__FILE=str(tmp_path / "none.sqlite3"))("owner", "match")
    assert away.returncode == Exit.OFFLINE
    assert "does not answer" in away.stderr
