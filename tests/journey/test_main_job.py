"""The main job on real scans: signed copies and reusable records, whatever is killed, deleted or broken in between."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from schemas.problem import Exit
from schemas.record import Record
from schemas.settings import Settings
from sohoa.demo import SCANS
from storage.local import LocalStore
from storage.s3 import S3Store
from tests.conftest import Sohoa

DOSSIER = ("--dossier", "H40.12-260331-0007")
LOOKUP = ("--purpose", "1.001193", *DOSSIER)
CERTIFICATE = "birth_certificate_01.jpg"
NOTICE = "administrative_document_02.jpg"


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with two sound scans and a broken one."""
    folder = tmp_path_factory.mktemp("scans")
    for name in (CERTIFICATE, NOTICE):
        shutil.copy2(SCANS / name, folder)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog")
    os.utime(folder / "broken.pdf", (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory, scans):
    """The command line over a home in which they were ingested with everything embedded, and what was said of them."""
    sohoa = Sohoa(tmp_path_factory.mktemp("done") / "home")
    return sohoa, sohoa.lines("ingest", scans, *DOSSIER)


@pytest.fixture
def ingested(done, connected_sohoa):
    """The command line over a copy of that home, and what was said."""
    sohoa = connected_sohoa()
    shutil.copytree(done[0].home, sohoa.home)  # with the hashes in extended attributes
    return sohoa, done[1]


def names(store):
    return [key for key in store.list("") if not key.startswith(("audit/", "contract/"))]


def objects(store):
    return {key: store.get(key) for key in names(store)}


def local_objects(sohoa):
    return objects(LocalStore(sohoa.home / "store"))


def same_but_for_clock_and_keys(stored):
    """Return what two runs of the same work have in common: neither signatures nor the times they were made."""
    copies = {
        Record.model_validate_json(data).copy_.sha256
        for key, data in stored.items()
        if re.match(r"records/.*json", key)
    }
    names = {re.sub("|".join(copies) or "^$", "COPY", key) for key in stored}
    names = {re.sub(r"files/../COPY", "files/COPY", name) for name in names}
    records = {}
    for key, data in stored.items():
        if re.match(r"records/.*json", key):
            record = json.loads(data)
            del record["created_at"], record["copy"]
            records[key] = record
    return names, len(stored), records


def test_scans_become_signed_copies_and_records_that_are_found_again(ingested):
    sohoa, said = ingested[0].here, ingested[1]
    broken = line_of(said, "broken.pdf")
    assert (broken["status"], broken["problem"]["type"]) == ("refused", "urn:sohoa:problem:file-damaged")
    certificate = line_of(said, CERTIFICATE)
    assert certificate["document_type"] == "birth_certificate"
    assert certificate["status"] in {"stored", "review"}

    record = json.loads(sohoa("record", "show", certificate["record_id"], "--json").stdout)
    truth = json.loads((SCANS / "birth_certificate_01.truth.json").read_text("utf-8"))
    assert record["fields"]["full_name"]["value"].casefold() == truth["fields"]["full_name"].casefold()
    assert record["dossier_code"] == DOSSIER[1]

    assert sohoa("verify", certificate["record_id"]).returncode == Exit.DONE


def test_the_same_command_again_adds_nothing(ingested, scans):
    sohoa, said = ingested[0].here, ingested[1]
    stored = local_objects(sohoa)
    assert sohoa.lines("ingest", scans, *DOSSIER) == said
    assert local_objects(sohoa) == stored


def test_a_scan_under_another_name_is_a_duplicate_and_settings_from_a_file_hold_inside_flows_too(
    ingested, scans, tmp_path
):
    sohoa, said = ingested
    del sohoa.environment["SOHOA_HOME"]
    (tmp_path / "sohoa.toml").write_text(f"home = '{sohoa.home.name}'\nstation = 'vinh-01'\n")
    shutil.copy2(scans / CERTIFICATE, tmp_path / "again.jpg")
    run = sohoa("ingest", tmp_path / "again.jpg", "--json")
    second = json.loads(run.stdout)
    assert (second["status"], second["record_id"]) == ("duplicate", line_of(said, CERTIFICATE)["record_id"])
    assert run.returncode == Exit.DONE


def line_of(said, name):
    [line] = [line for line in said if Path(line["file"]).name == name]
    return line


def test_an_s3_server_holds_the_same_as_a_folder(ingested, connected_sohoa, scans, s3_server):
    settings = s3_server.settings("journey")
    in_bucket, (in_folder, _) = connected_sohoa("bucket", **in_environment(settings)), ingested
    assert in_bucket("ingest", scans, *DOSSIER).returncode == Exit.PARTLY_FAILED
    assert same_but_for_clock_and_keys(objects(S3Store(settings))) == same_but_for_clock_and_keys(
        local_objects(in_folder)
    )


def in_environment(settings):
    """Return the variables that say where the store is."""
    variables = Settings(store=settings).environment()
    return {name: value for name, value in variables.items() if name.startswith("SOHOA_STORE__")}


def test_everything_but_the_store_can_be_deleted(ingested, scans):
    sohoa, said = ingested[0].here, ingested[1]
    owner = owner_in(sohoa, said)
    before = sohoa.lines("lookup", owner, *LOOKUP)
    shutil.rmtree(sohoa.home / "prefect", ignore_errors=True)
    for file in sohoa.home.glob("catalog*"):
        file.unlink()

    missing = sohoa("lookup", owner, *LOOKUP)
    assert missing.returncode == Exit.BAD_CONFIGURATION
    assert "sohoa rebuild" in missing.stderr

    assert sohoa("rebuild").returncode == Exit.DONE
    after = sohoa.lines("lookup", owner, *LOOKUP)
    assert [answer.pop("audit_id") for answer in before] != [answer.pop("audit_id") for answer in after]
    assert after == before
    assert sohoa.lines("ingest", scans, *DOSSIER) == said


def owner_in(sohoa, said):
    for line in said:
        if line["record_id"]:
            record = json.loads(sohoa("record", "show", line["record_id"], "--json").stdout)
            for owner in record["owners"]:
                if owner["identifier"]:
                    return owner["identifier"]
    raise AssertionError


def test_a_later_flipped_byte_is_found_wherever_it_is(ingested, tmp_path):
    sohoa, line = ingested[0].here, line_of(ingested[1], CERTIFICATE)
    identity = line["record_id"]
    sohoa("record", "export", identity, "--to", tmp_path / "out")
    copy = tmp_path / "out" / "copy.pdf"
    assert sohoa("verify", copy).returncode == Exit.DONE
    flip(copy, copy.stat().st_size // 2)
    assert sohoa("verify", copy).returncode == Exit.SIGNATURE_NOT_VALID

    folder = sohoa.home / "store" / "objects"
    [signature] = folder.glob(f"records/*/{identity}/*.p7s")
    [record] = folder.glob(f"records/*/{identity}/*.json")
    [stored_copy] = folder.glob(f"files/*/{line['copy_sha256']}")
    for path in (signature, record, stored_copy):
        with flipped(path):
            report = sohoa("verify", identity)
            assert report.returncode == Exit.INTEGRITY, path
            assert "✗" in report.stdout
    assert sohoa("verify", identity).returncode == Exit.DONE


def flip(path, place):
    path.chmod(0o600)
    with path.open("rb+") as file:
        file.seek(place)
        [byte] = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1]))


@contextmanager
def flipped(path):
    """Flip a byte behind the store's back, as a bad disk would, and flip it back."""
    place = path.stat().st_size // 2
    flip(path, place)
    yield
    flip(path, place)


@pytest.mark.long
def test_killed_while_it_receives_and_while_it_seals_it_ends_as_if_nothing_had_happened(done, connected_sohoa, scans):
    sohoa = connected_sohoa()
    survives_kills(done, scans, sohoa, LocalStore(sohoa.home / "store"), (1 / 4, 3 / 4))


@pytest.mark.nightly
def test_killed_at_a_hundred_moments_an_s3_server_ends_as_if_nothing_had_happened(
    done, connected_sohoa, scans, s3_server
):
    chance = random.Random(100)
    for number in range(20):
        settings = s3_server.settings(f"killed-{number}")
        sohoa = connected_sohoa(settings.bucket, **in_environment(settings))
        moments = sorted(chance.random() for _ in range(5))
        survives_kills(done, scans, sohoa, S3Store(settings), moments)


def survives_kills(done, scans, sohoa, store, moments):
    """Kill the main job as soon as so much is stored, run it again each time, and compare with what is done."""
    undisturbed = local_objects(done[0])
    store.prepare()
    kills = [killed(sohoa, scans, store, share * len(undisturbed)) for share in moments]
    assert any(kills), "it ended before"
    sohoa("ingest", scans, *DOSSIER)
    assert same_but_for_clock_and_keys(objects(store)) == same_but_for_clock_and_keys(undisturbed)
    for line in sohoa.here.lines("ingest", scans, *DOSSIER):
        assert line["record_id"] is None or sohoa.here("verify", line["record_id"]).returncode == Exit.DONE


def killed(sohoa, scans, store, count):
    """Run the main job and kill it when so many objects are stored; return False if it ended before."""
    process = subprocess.Popen(
        sohoa.command("ingest", scans, *DOSSIER),
        cwd=sohoa.home.parent,
        env=sohoa.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        if len(names(store)) >= count:
            process.kill()
            return process.wait() == -signal.SIGKILL
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    return False
