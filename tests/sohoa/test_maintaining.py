import json

from schemas.digest import sha256_hex
from schemas.problem import Exit
from schemas.settings import Settings
from storage import keys
from storage.opening import open_store


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
