import json

from flows.house import House
from schemas.digest import sha256_hex
from schemas.problem import Exit
from schemas.settings import Settings
from storage import keys
from storage.opening import open_store
from tests.storage.examples import AN, record


def test_fixity_ends_with_a_code_of_its_own_when_something_has_changed(sohoa_here):
    store = open_store(Settings(home=sohoa_here.home))
    store.prepare()
    key = keys.file(sha256_hex(b"paper"))
    store.put(key, b"paper")
    sound = sohoa_here("fixity", "--all")
    assert (sound.returncode, sound.stdout.strip()) == (Exit.DONE, "1 objects read again (5 bytes), 0 are damaged.")
    path = sohoa_here.home / "store/objects" / key
    path.chmod(0o600)
    path.write_bytes(b"Paper")
    changed = sohoa_here("fixity", "--all", "--json")
    assert changed.returncode == Exit.INTEGRITY
    assert json.loads(changed.stdout)["damaged"] == [key]
    assert key in changed.stderr


def test_an_update_brings_the_catalog_to_its_form_and_says_where_it_cannot(sohoa_here):
    house = House.open(Settings(home=sohoa_here.home, owner_secret=sohoa_here.environment["SOHOA_OWNER_SECRET"]))
    house.catalog.keep_record(house.warehouse.keep_record(record(b"a", AN), lambda _data: b"signature"))
    assert sohoa_here("catalog", "upgrade").returncode == 0
    assert sohoa_here("catalog", "downgrade", "base").returncode == 0
    unknown = sohoa_here("catalog", "upgrade")  # all that is left is that there was one
    assert unknown.returncode == 0
    assert sohoa_here("catalog", "downgrade", "7777").returncode == Exit.USAGE
    assert sohoa_here("rebuild").returncode == 0
    assert house.catalog.counts().records == 1
