"""The main job on real scans: signed copies and reusable records, whatever is killed, deleted or broken in between."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.problem import Exit
from schemas.record import Record
from schemas.settings import Settings
from sohoa.demo import SCANS
from storage.local import LocalStore
from storage.s3 import S3Store

SOHOA = Path(sys.executable).with_name("sohoa")
SECRET = {"SOHOA_OWNER_SECRET": "a secret of the tests"}
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
def done(tmp_path_factory, scans, prefect_url):
    """A home in which they were ingested, and what was said of them."""
    folder = tmp_path_factory.mktemp("done")
    words = (SOHOA, "ingest", scans, *DOSSIER, "--json")
    environment = os.environ | {"SOHOA_HOME": str(folder / "home"), "SOHOA_PREFECT__API_URL": prefect_url, **SECRET}
    run = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == Exit.PARTLY_FAILED, run.stderr
    return folder / "home", [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def ingested(done, connected_sohoa):
    """The command line over a copy of that home, and what was said."""
    home, said = done
    sohoa = connected_sohoa()
    shutil.copytree(home, sohoa.home)  # with the hashes in extended attributes
    return sohoa, said


def objects(store):
    return {key: store.get(key) for key in store.list("") if not key.startswith(("audit/", "contract/"))}


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


def test_scans_become_signed_copies_and_records_that_are_found_again(sohoa, scans):
    ingested = {Path(line["file"]).name: line for line in sohoa.lines("ingest", scans, *DOSSIER)}
    assert ingested["broken.pdf"]["status"] == "refused"
    assert ingested["broken.pdf"]["problem"]["type"] == "urn:sohoa:problem:file-damaged"
    certificate = ingested[CERTIFICATE]
    assert certificate["document_type"] == "birth_certificate"
    assert certificate["status"] in {"stored", "review"}

    record = json.loads(sohoa("record", "show", certificate["record_id"], "--json").stdout)
    truth = json.loads((SCANS / "birth_certificate_01.truth.json").read_text("utf-8"))
    assert record["fields"]["full_name"]["value"].casefold() == truth["fields"]["full_name"].casefold()
    assert record["dossier_code"] == DOSSIER[1]

    assert sohoa("verify", certificate["record_id"]).returncode == Exit.DONE


def test_the_same_command_again_adds_nothing(ingested, scans):
    sohoa, said = ingested
    stored = local_objects(sohoa)
    assert sohoa.lines("ingest", scans, *DOSSIER) == said
    assert local_objects(sohoa) == stored


def test_the_same_scan_under_another_name_is_a_duplicate_and_no_second_record(ingested, scans, tmp_path):
    sohoa, said = ingested
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
    sohoa, said = ingested
    here = sohoa.here
    owner = owner_in(here, said)
    before = here.lines("lookup", owner, *LOOKUP)
    shutil.rmtree(sohoa.home / "prefect", ignore_errors=True)
    for file in sohoa.home.glob("catalog*"):
        file.unlink()

    missing = here("lookup", owner, *LOOKUP)
    assert missing.returncode == Exit.BAD_CONFIGURATION
    assert "sohoa rebuild" in missing.stderr

    assert here("rebuild").returncode == Exit.DONE
    after = here.lines("lookup", owner, *LOOKUP)
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
def test_killed_at_six_moments_it_ends_as_if_nothing_had_happened(connected_sohoa, scans):
    survives_kills(scans, 6, connected_sohoa, local_objects)


@pytest.mark.nightly
def test_killed_at_a_hundred_moments_an_s3_server_ends_as_if_nothing_had_happened(connected_sohoa, scans, s3_server):
    def connected(name):
        return connected_sohoa(name, **in_environment(s3_server.settings(name)))

    survives_kills(scans, 100, connected, lambda sohoa: objects(S3Store(s3_server.settings(sohoa.home.name))))


def survives_kills(scans, count, connected, stored):
    """Kill the main job at *count* moments, in as many homes as it takes, and compare each with an undisturbed one."""
    undisturbed = connected("undisturbed")
    begin = time.monotonic()
    undisturbed("ingest", scans)
    seconds = time.monotonic() - begin
    expected = same_but_for_clock_and_keys(stored(undisturbed))

    moments = random.Random(count)
    kills = homes = 0
    while kills < count:
        homes += 1
        sohoa = connected(f"killed-{homes}")
        while killed(sohoa, scans, after=moments.uniform(0, 1.1 * seconds)):
            kills += 1
        sohoa("ingest", scans)
        assert same_but_for_clock_and_keys(stored(sohoa)) == expected
        for line in sohoa.lines("ingest", scans):
            assert line["record_id"] is None or sohoa("verify", line["record_id"]).returncode == Exit.DONE


def killed(sohoa, scans, after):
    """Run the main job and kill it after so many seconds; return False if it had ended before."""
    process = subprocess.Popen(
        sohoa.command("ingest", scans),
        cwd=sohoa.home.parent,
        env=sohoa.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False
