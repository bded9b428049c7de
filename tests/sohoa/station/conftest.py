"""A station, its dossiers, and scans for them."""

import itertools

import pytest

from sohoa.station.dossiers import Dossiers
from sohoa.station.outbox import Outbox
from tests.sohoa.station.stations import SETTINGS, station


@pytest.fixture
def home(tmp_path):
    return station(tmp_path / "station")


@pytest.fixture
def dossiers(home):
    return Dossiers(home, SETTINGS)


@pytest.fixture
def outbox(home):
    return Outbox(home, SETTINGS)


@pytest.fixture
def scan(tmp_path, dossiers):
    """Give the station one scan, as a file of its own."""
    numbers = itertools.count()

    def take(content):
        path = tmp_path / "scan"
        path.write_bytes(content)
        return dossiers.take(f"claim {next(numbers)}", path)

    return take
