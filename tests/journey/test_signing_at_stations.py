"""The token of the person who scans stays at the counter: copies wait for it, and each is signed once, whatever fails."""

import shutil
from base64 import b64encode
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import process
from flows.signers import add_signer
from flows.signing import signs_at_station, take_signature, work_for
from pipeline.digitize import Unwatched
from pipeline.seal.answers import Answers
from pipeline.seal.deferred import to_be_signed
from pipeline.seal.verify import verify_pdf
from schemas.draft import OfficerSignature, SigningRequest, SigningWork
from schemas.problem import Exit, ProblemError
from schemas.settings import Settings, SignerSettings, SigningSettings
from schemas.station import Enrolment, EnrolmentRequest, Welcome
from schemas.submission import Manifest, SubmittedFile
from sohoa.api.app import create_app
from sohoa.demo import SCANS
from sohoa.station.client import Intake
from sohoa.station.home import Home
from sohoa.station.officer import sign_all, signer_at_hand
from sohoa.station.signing import Asking, Signing
from storage import keys
from storage.rebuild import rebuild
from tests.pki.softhsm import PIN
from tests.servers import serving
from tests.sohoa.station.stations import CODE

NOON = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)
PAPERS = (SCANS / "birth_certificate_01.jpg", SCANS / "administrative_document_02.jpg")
OFFICER = "Test good"
STATION = "diem-quet-1"


def now():
    return datetime.now(UTC)


def work_off(house, workers):
    """Run what waits, as `reconcile` does; return the outcomes."""
    ids = [each.submission_id for each in house.catalog.waiting()]
    keyring = Keyring.open(house.settings, now())
    return list(process(house, keyring, workers, ids, clock=now, watcher=Unwatched()))


@pytest.fixture(scope="module")
def drafted(pki, workers, tmp_path_factory):
    """A server with one submission of two papers from a counter, read and waiting, and the station's folder."""
    folder = tmp_path_factory.mktemp("drafted")
    (folder / "root.pem").write_bytes(pki.root)
    for label in ("good", "rsa"):
        (folder / f"{label}.p12").write_bytes(pki.pkcs12(label))
    scanner, agency = (SignerSettings(pkcs12=folder / f"{each}.p12") for each in ("rsa", "rsa"))
    signing = SigningSettings(scanner=scanner, agency=agency, trust=(folder / "root.pem",), deferred=("counter",))
    settings = Settings(home=folder / "server", signing=signing)
    house, keyring = House.open(settings), Keyring.open(settings, now())
    request = Home(folder / "station").enroll(STATION, "counter", "UBND xã Kim Liên")
    house.stations.keep(Enrolment(request=request, number=1, status="enrolled", decided_at=NOON, decided_by="Test"))
    contents = {sha256(path.read_bytes()).hexdigest(): path for path in PAPERS}
    files = tuple(SubmittedFile(sha256=it, size=path.stat().st_size, name=path.name) for it, path in contents.items())
    manifest = Manifest(station=STATION, scanned_by="TEST  good", scanned_at=NOON, dossier_code=CODE, files=files)
    receive(house, keyring, manifest, contents, now)
    assert work_off(house, workers) == []
    return settings, folder


@pytest.fixture
def house(drafted, tmp_path):
    settings, folder = drafted
    shutil.copytree(folder / "server", tmp_path / "server")
    shutil.copytree(folder / "station", tmp_path / "station")
    return House.open(settings.model_copy(update={"home": tmp_path / "server"}))


@pytest.fixture
def officer(pki):
    """Return a function that gives what somebody sends who signs what is asked of them."""

    def signed(house, label="good", copy=0, key=None):
        draft = draft_of(house)
        asked = to_be_signed(bytes.fromhex(draft.waits[copy].digest), pki.signer(label))
        signature = pki.signer(key or label).sign(asked)
        return OfficerSignature(certificates=pki.chain(label).decode(), signature=b64encode(signature))

    return signed


def draft_of(house):
    (key,) = house.store.list(keys.DRAFTS)
    return house.drafts.of(keys.submission_of(key))


def take(house, given, copy=0, station=STATION, submission_id=None):
    draft = draft_of(house)
    sha256 = draft.waits[copy].sha256
    return take_signature(house, station, submission_id or draft.submission_id, sha256, given, now(), Answers())


def test_a_whole_day_with_a_token_cut_off_in_the_middle(house, workers, tokens, pki, tmp_path, sohoa_here):
    assert house.catalog.counts()[2:] == (1, 0, 1)  # received, waiting, to be signed
    assert list(house.warehouse.versions()) == []
    woken, station = [], Home(tmp_path / "station")
    with serving(create_app(house, "token", lambda: woken.append(True))) as address:
        station.accept(Welcome(station=STATION, server=address, receipt_certificate="PEM"))
        variables = {f"SOHOA_SIGNING__SCANNER__PKCS11__{name.upper()}": str(value) for name, value in tokens["good"]}
        sohoa_here.environment |= variables
        verb = ("station", "sign", "--home", station.folder)

        signing, times = Signing(station), iter([0, 0, 0, 59, 60, 60])
        wanted = Settings(signing=SigningSettings(scanner=SignerSettings(pkcs11=tokens["good"])))
        asking = Asking(station, wanted, clock=lambda: next(times))
        asking.step()
        assert "2 bản số hóa chờ chữ ký số" in signing.notices()[0]
        waiting = sohoa_here.lines(*verb, "--list")
        assert [(each["dossier_code"], each["pages"], each["signed"]) for each in waiting] == [(CODE, 1, False)] * 2

        cut_off = sign_all(Intake.of(station), signer_at_hand(SignerSettings(pkcs11=tokens["good"]), str))
        first = next(cut_off)  # killed before the second one
        cut_off.close()
        assert work_off(house, workers) == []
        asking.step()  # not yet time
        assert "2 bản số hóa chờ" in signing.notices()[0]
        asking.step()
        assert "1 bản số hóa chờ" in signing.notices()[0]
        sohoa_here.environment["SOHOA_SIGNING__SCANNER__PKCS11__TOKEN"] = "not plugged in"
        assert sohoa_here(*verb).returncode == Exit.OFFLINE
        assert "Không thấy thiết bị ký số" in signing.notices()[1]
        sohoa_here.environment |= variables
        (left,) = sohoa_here.lines(*verb)
        [last] = signing.notices()
        assert last.endswith("đã ký 1 bản.")
        assert {first.copy_sha256, left["copy_sha256"]} == {each["copy_sha256"] for each in waiting}
        assert left["signed"]
        nothing = sohoa_here(*verb)
        assert (nothing.returncode, nothing.stdout) == (0, "Không có bản số hóa nào chờ chữ ký số của bạn.\n")
    assert not [each for each in station.folder.glob("ledger*") if PIN.encode() in each.read_bytes()]
    assert woken
    (outcome,) = work_off(house, workers)
    assert [each.document_type for each in outcome.documents] == ["birth_certificate", "administrative_document"]
    for document in outcome.documents:
        copy = b"".join(house.warehouse.copy(document.copy_sha256))
        found = verify_pdf(copy, [pki.root], now())
        assert [(each.verdict, each.signer) for each in found] == [("VALID", OFFICER), ("VALID", "Test rsa")]
        assert house.warehouse.record(document.record_id).value.copy_.sha256 == document.copy_sha256
    assert house.catalog.counts()[2:] == (1, 0, 0)
    assert rebuild(house.inbox, house.warehouse, house.catalog)[1:3] == (0, 0)
    keyring = Keyring.open(house.settings, now())
    again = process(house, keyring, workers, [outcome.submission_id], clock=now, watcher=Unwatched())
    assert list(again) == [outcome]


def test_the_same_signature_again_gets_the_same_answer_and_another_one_that_of_the_first(house, officer):
    given = officer(house)
    first = take(house, given)
    assert take(house, given) == first
    assert take(house, officer(house)) == first  # ECDSA: other bytes
    assert take(house, officer(house, "rsa")) == first
    assert house.drafts.signature(draft_of(house).waits[0]) == given


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("rsa", "another name"),
        ("expired", "not valid at the time"),
        ("broken-chain", "cannot be confirmed"),
        ("wrong-purpose", "not meant for signing"),
        ("sha1", "too weak"),
        ("revoked", "was revoked"),
    ],
)
def test_only_a_good_certificate_of_the_person_who_scanned_is_taken(label, said, house, officer):
    draft, given = draft_of(house), officer(house, label)
    copy, name = draft.waits[0], OFFICER if label == "rsa" else f"Test {label}"
    house.drafts.keep(draft.model_copy(update={"submission_id": "0" * 64, "scanned_by": name}))
    with pytest.raises(ProblemError, match=said) as caught:
        take_signature(house, STATION, "0" * 64, copy.sha256, given, now(), Answers())
    assert caught.value.kind.slug == "signature-refused"
    assert house.drafts.signature(copy) is None


def test_while_no_authority_says_whether_it_was_revoked_the_copy_waits_on(house, officer, pki, monkeypatch):
    draft, given, answers = draft_of(house), officer(house), Answers()
    first, second = (each.sha256 for each in draft.waits)
    with monkeypatch.context() as away:
        away.setattr(pki.animator, "dispatch", None)
        with pytest.raises(ProblemError) as caught:
            take(house, given)
    assert (caught.value.kind.slug, caught.value.kind.transient) == ("validation-data-missing", True)
    assert house.drafts.signature(draft.waits[0]) is None
    assert house.catalog.drafted(STATION, 9) == (draft.submission_id,)
    assert take_signature(house, STATION, draft.submission_id, first, given, now(), answers)
    monkeypatch.setattr(pki.animator, "dispatch", None)  # what was answered for one copy is known for the next one
    assert take_signature(house, STATION, draft.submission_id, second, officer(house, copy=1), now(), answers)


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ("key", "signature-refused"),
        ("copy", "signature-refused"),
        ("certificate", "signature-refused"),
        ("station", "draft-unknown"),
        ("submission", "draft-unknown"),
    ],
)
def test_what_was_not_asked_for_is_refused(wrong, slug, house, officer):
    given, where = officer(house), {}
    if wrong == "key":
        given = officer(house, key="rsa")
    elif wrong == "copy":
        given = officer(house, copy=1)
    elif wrong == "certificate":
        given = given.model_copy(update={"certificates": "hello"})
    else:
        where = {"station": "diem-quet-2"} if wrong == "station" else {"submission_id": "f" * 64}
    with pytest.raises(ProblemError) as caught:
        take(house, given, **where)
    assert caught.value.kind.slug == slug
    assert house.drafts.signature(draft_of(house).waits[0]) is None


@pytest.mark.parametrize(
    ("role", "last", "said"),
    [
        (None, None, "not in the directory"),
        ("agency", None, "as an agency's"),
        ("scanner", date(2024, 1, 1), "only"),
        ("scanner", None, None),
    ],
)
def test_where_there_is_a_directory_of_signers_whoever_signs_is_in_it(role, last, said, house, officer, pki):
    add_signer(house, pki.chain("rsa"), "H40.12", "agency", None, None, by="cli:hoa", at=now())
    if role is not None:
        add_signer(house, pki.chain("good"), "H40.12", role, None, last, by="cli:hoa", at=now())
    request = SigningRequest(certificates=pki.chain("good").decode())
    if said is None:
        assert len(work_for(house, STATION, request, now()).documents) == 2
        assert take(house, officer(house))
        return
    for attempt in (lambda: take(house, officer(house)), lambda: work_for(house, STATION, request, now())):
        with pytest.raises(ProblemError, match=said):
            attempt()


def test_a_station_is_told_of_its_own_alone_and_for_whom_else_copies_wait(house, pki):
    def work(label, station=STATION):
        return work_for(house, station, SigningRequest(certificates=pki.chain(label).decode()), now())

    assert (len(work("good").documents), work("good").others) == (2, ())
    assert (work("rsa").documents, work("rsa").others) == ((), ("TEST  good",))
    assert (work("good", "diem-quet-2").documents, work("good", "diem-quet-2").others) == ((), ())


def test_whatever_is_killed_before_the_catalog_hears_of_it_is_found(house, workers, officer, pki):
    submission_id = draft_of(house).submission_id
    house.catalog.keep_drafted(submission_id, drafted=False)  # killed when the draft was just kept
    assert work_off(house, workers) == []
    assert house.catalog.drafted(STATION, 9) == (submission_id,)
    for number, copy in enumerate(draft_of(house).waits):  # killed when the signatures were just kept
        house.drafts.sign(copy, officer(house, copy=number))
    assert house.catalog.waiting() == ()
    assert work_for(house, STATION, SigningRequest(certificates=pki.chain("good").decode()), now()).documents == ()
    assert [each.submission_id for each in house.catalog.waiting()] == [submission_id]
    house.catalog.keep_drafted(submission_id, drafted=True)
    rebuild(house.inbox, house.warehouse, house.catalog)
    assert [each.submission_id for each in house.catalog.waiting()] == [submission_id]


def test_reconcile_leaves_what_waits_for_a_signature_alone_and_says_so(house, sohoa_here):
    sohoa_here.environment["SOHOA_HOME"] = str(house.settings.home)
    del sohoa_here.environment["SOHOA_OWNER_SECRET"]
    done = sohoa_here("reconcile")
    assert done.returncode == Exit.DONE
    assert "1 submissions wait to be signed at their stations" in done.stderr


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [("counter", "enrolled", True), ("post_office", "enrolled", False), ("counter", "revoked", False)],
)
def test_only_stations_of_the_kinds_that_are_set_sign_themselves(kind, status, expected, house):
    public = house.stations.last(STATION).request.public_key
    request = EnrolmentRequest(station="diem-khac", kind=kind, agency="UBND", public_key=b64encode(public))
    house.stations.keep(Enrolment(request=request, number=1, status=status, decided_at=NOON, decided_by="Test"))
    assert signs_at_station(house, "diem-khac") is expected
    assert not signs_at_station(house, "local")


@pytest.mark.parametrize("asked", [b"any bytes", b"\x31 but of somebody else"])
def test_a_station_signs_nothing_but_signatures_by_its_own_certificate(asked, house, pki):
    (first, _) = work_for(house, STATION, SigningRequest(certificates=pki.chain("good").decode()), now()).documents

    class Server:
        def signing(self, _request):
            return SigningWork(documents=(first.model_copy(update={"attributes": asked}),))

    with pytest.raises(ProblemError) as caught:
        list(sign_all(Server(), pki.signer("good")))
    assert caught.value.kind.slug == "signature-refused"


def test_a_key_that_is_nowhere_at_the_station_is_a_wrong_setting():
    with pytest.raises(ProblemError, match="neither a token"):
        signer_at_hand(SignerSettings(), str)


def test_a_pin_that_no_file_holds_is_asked_for(tokens):
    asked = []
    wanted = SignerSettings(pkcs11=tokens["good"].model_copy(update={"pin_file": None}))
    signer = signer_at_hand(wanted, lambda: asked.append(True) or PIN)
    assert signer.fits()
    assert asked == [True]
