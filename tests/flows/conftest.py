"""Houses: empty ones, and homes with sealed papers for what is done to them later."""

import shutil
from datetime import UTC, datetime

import pytest

from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import process
from pipeline.digitize import Unwatched
from pipeline.workers import Workers
from schemas.settings import Settings, SignerSettings, SigningSettings
from tests.flows.test_process import CERTIFICATE, NOTICE, clock, manifest_of


def now():
    return datetime.now(UTC)


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path / "home"))


@pytest.fixture(scope="session")
def sealed(pki, tmp_path_factory):
    """Return a function that gives a home with two sealed papers, by the label of the agency's key."""
    homes = {}

    def home_of(label):
        if label not in homes:
            homes[label] = _sealed(pki, tmp_path_factory.mktemp(f"sealed-{label}"), label)
        return homes[label]

    return home_of


def _sealed(pki, folder, label):
    (folder / "root.pem").write_bytes(pki.root)
    for each in ("good", label):
        (folder / f"{each}.p12").write_bytes(pki.pkcs12(each))
    scanner, agency = (SignerSettings(pkcs12=folder / f"{each}.p12") for each in ("good", label))
    signing = SigningSettings(scanner=scanner, agency=agency, trust=(folder / "root.pem",))
    settings = Settings(home=folder / "home", signing=signing)
    house, keyring = House.open(settings), Keyring.open(settings, now())
    manifests = [manifest_of(path) for path in (CERTIFICATE, NOTICE)]
    for manifest, path in zip(manifests, (CERTIFICATE, NOTICE), strict=True):
        receive(house, keyring, manifest, {manifest.files[0].sha256: path}, clock)
    with Workers(2, settings.limits) as workers:
        ids = [manifest.submission_id for manifest in manifests]
        list(process(house, keyring, workers, ids, clock=now, watcher=Unwatched()))
    return settings


@pytest.fixture
def settings(sealed, tmp_path, pki):
    """Return a function that gives settings with another level, and a home of its own with two sealed papers."""

    def wanted(level, time_stamps=pki.tsa, label="rsa", **others):
        before = sealed(label)
        home = tmp_path / "home"
        if not home.exists():
            shutil.copytree(before.home, home)
        signing = before.signing.model_copy(update={"level": level, "time_stamps": time_stamps} | others)
        return before.model_copy(update={"home": home, "signing": signing})

    return wanted
