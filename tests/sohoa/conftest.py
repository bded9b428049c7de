import shutil
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from flows.house import House
from schemas.settings import Settings
from sohoa.api.app import create_app
from tests.sohoa.api.sending import SmallStation


@pytest.fixture
def house(tmp_path, keys_made):
    shutil.copytree(keys_made, tmp_path / "keys")
    return House.open(Settings(home=tmp_path))


@pytest.fixture
def woken():
    return []


@pytest.fixture
def client(house, woken):
    with TestClient(create_app(house, "token", lambda: woken.append(True)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def station(house):
    station = SmallStation()
    house.stations.keep(station.enrolment())
    return station


@pytest.fixture(scope="session")
def scan():
    """Return a function that makes a small picture of paper; another number, another picture."""

    def make(number=0):
        picture = Image.new("RGB", (400, 500), (250, 250, 250 - number))
        written = BytesIO()
        picture.save(written, "PNG", dpi=(200, 200))
        return written.getvalue()

    return make
