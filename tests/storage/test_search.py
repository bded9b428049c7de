"""Records are found by what is known of a paper exactly, page by page, and each search is an act."""

from datetime import date
from itertools import count

import pytest

from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.record import Owner
from schemas.search import Search
from storage.audit import Audit
from storage.catalog import Catalog
from storage.search import search
from storage.warehouse import Warehouse
from tests.storage.examples import AN, BINH, NOON, SECRET, record

_databases = (f"search_{n}" for n in count())
DOSSIER = "H40.12-261120-0007"


def paper(content, owner, name, **changes):
    """Return a record about a made-up marriage: number, issuer, day, and one owner."""
    said = {"number": f"{content.decode()}/2016", "registration_place": "UBND xã Hòa Sơn"}
    fields = {field: Field(value=value, confidence=0.9, accepted=False) for field, value in said.items()}
    owners = (Owner(role="husband", identifier=owner, name=name),)
    return record(content, **{"fields": fields, "owners": owners, "valid_from": date(2016, 3, 31)} | changes)


HOA = paper(b"1", AN, "Nguyễn Văn Hòa", dossier_code=DOSSIER)
HOA_TOO = paper(b"2", None, "NGUYỄN VĂN HOÀ", valid_from=date(2019, 5, 4), status="review")
BINH_S = paper(b"3", BINH, "TRẦN THỊ BÌNH", document_type="birth_certificate", valid_from=None)


class Room:
    """Where records are kept and looked for."""

    def __init__(self, store, catalog):
        self.warehouse, self.audit, self.catalog = Warehouse(store, SECRET), Audit(store), catalog

    def find(self, **said):
        asked = Search(purpose="kiểm kê", **said)
        return search(self.warehouse, self.catalog, self.audit, asked, who="cli:binh", now=NOON)


@pytest.fixture(params=["sqlite", "postgresql"])
def room(local_store, tmp_path, request):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    else:
        server, name = request.getfixturevalue("postgres_server"), next(_databases)
        server.make_database(name)
        url = server.url(name)
    catalog = Catalog(url, SECRET)
    catalog.create()
    for each in (HOA, HOA_TOO, BINH_S):
        catalog.keep_record(each)
    yield Room(local_store, catalog)
    catalog.close()


def test_a_record_is_found_by_whatever_is_known_of_it(room: Room):
    for said, found in (
        ({"name": "nguyen van hoa"}, [HOA, HOA_TOO]),
        ({"name": "Nguyễn  Văn HOÀ", "issued_from": date(2019, 1, 1)}, [HOA_TOO]),
        ({"name": "NGUYỄN VĂN HÒA", "issued_to": date(2018, 12, 31)}, [HOA]),
        ({"name": "Nguyễn Văn"}, []),
        ({"number": "1/2016"}, [HOA]),
        ({"number": "1/2016", "name": "Trần Thị Bình"}, []),
        ({"number": "UBND xã Hòa Sơn"}, []),
        ({"issuer": "ubnd xã Hoà Sơn"}, [HOA, HOA_TOO, BINH_S]),
        ({"issuer": "UBND xã Hòa Sơn", "document_type": "birth_certificate"}, [BINH_S]),
        ({"issuer": "UBND xã Hòa Sơn", "name": "Tran Thi Binh", "number": "3/2016"}, [BINH_S]),
        ({"owner": AN}, [HOA]),
        ({"owner": BINH, "name": "Trần Thị Bình"}, [BINH_S]),
        ({"owner": PersonalIdentifier("051098000099")}, []),
        ({"dossier_code": DOSSIER}, [HOA]),
        ({"dossier_code": DOSSIER, "owner": BINH}, []),
    ):
        answer = room.find(**said)
        assert {each.record_id for each in answer.records} == {each.record_id for each in found}, said
        assert answer.after is None


def test_pages_follow_each_other_and_hold_each_record_once(room: Room):
    found, after = [], None
    for _ in range(3):
        answer = room.find(issuer="UBND xã Hòa Sơn", limit=1, after=after)
        found += [each.record_id for each in answer.records]
        after = answer.after
    assert after is None
    assert found == sorted(each.record_id for each in (HOA, HOA_TOO, BINH_S))


def test_a_corrected_record_is_found_by_what_it_says_now(room: Room):
    corrected = paper(b"1", AN, "NGUYỄN VĂN HÒA", version=2, fields={})
    room.catalog.keep_record(corrected)
    assert room.find(number="1/2016").records == ()
    assert len(room.find(name="Nguyễn Văn Hòa").records) == 2
    lines = [line for line in room.catalog.export() if '"terms"' in line]
    assert len([line for line in lines if corrected.record_id in line]) == 1


def test_a_search_is_an_act_that_says_who_and_what_for_and_nothing_that_papers_say(room: Room):
    first = room.find(owner=AN, name="Nguyễn Văn Hòa")
    second = room.find(name="nguyen van hoà")
    acts = {entry.entry_id: entry for entry in room.audit.entries()}
    act, other = acts[first.audit_id], acts[second.audit_id]
    assert (act.act, act.who, act.purpose) == ("search", "cli:binh", "kiểm kê")
    assert (act.owner_key, act.records) == (room.warehouse.owner_key(AN), (HOA.record_id,))
    assert act.sought == other.sought, "the same is the same, however it was typed"
    told = act.model_dump_json() + "".join(room.catalog.export())
    assert not [word for word in ("Nguy", "NGUY", "nguyen", "1/2016", "Sơn", AN.digits) if word in told]
