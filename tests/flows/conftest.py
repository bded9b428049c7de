"""Houses: empty ones, and homes with sealed papers for what is done to them later."""

import dataclasses
import io
import shutil
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flows.collector import tracer_through
from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.log import Log
from flows.process import process
from flows.traces import Traces
from pipeline.digitize import Unwatched
from schemas.settings import Settings, SignerSettings, SigningSettings
from tests.flows.test_process import CERTIFICATE, NOTICE, clock, manifest_of


def now():
    return datetime.now(UTC)


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path / "home"))


class Way(NamedTuple):
    """What is told of a paper on its whole way, and what may not be."""

    house: House
    submission_id: str
    log: str
    spans: tuple[ReadableSpan, ...]
    planted: list[str]
    """Names, identifiers, values of fields, secrets."""


@pytest.fixture(scope="session")
def whole_way(tmp_path_factory, workers):
    """A paper whose names are planted everywhere, from its receipt to its record."""
    folder, kept, log = tmp_path_factory.mktemp("way"), InMemorySpanExporter(), io.StringIO()
    named = folder / "BUI THI CHI 040323199413.jpg"
    named.write_bytes(CERTIFICATE.read_bytes())
    secret = "planted-owner-secret"
    set_up = Settings(home=folder / "home", owner_secret=secret, scanned_by="Trần Thị Quét")
    traces = Traces(tracer_through(SimpleSpanProcessor(kept)))
    house = dataclasses.replace(House.open(set_up), log=Log(log), traces=traces)
    keyring, manifest = Keyring.open(set_up, now()), manifest_of(named)
    receive(house, keyring, manifest, {manifest.files[0].sha256: named}, now)
    [outcome] = process(house, keyring, workers, [manifest.submission_id], clock=now, watcher=Unwatched())
    record = house.warehouse.record(outcome.documents[0].record_id).value
    planted = [secret, named.name, "040323199413", set_up.scanned_by, manifest.scanned_by]
    planted += [str(field.value) for field in record.fields.values() if len(str(field.value)) > 4]
    planted += [owner.identifier.digits for owner in record.owners if owner.identifier]
    return Way(house, manifest.submission_id, log.getvalue(), kept.get_finished_spans(), planted)


@pytest.fixture(scope="session")
def sealed(pki, workers, tmp_path_factory):
    """Return a function that gives a home with two sealed papers, by the label of the agency's key."""
    homes = {}

    def home_of(label):
        if label not in homes:
            homes[label] = _sealed(pki, workers, tmp_path_factory.mktemp(f"sealed-{label}"), label)
        return homes[label]

    return home_of


def _sealed(pki, workers, folder, label):
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
