import json

from schemas.digest import sha256_hex
from schemas.problem import Exit
from schemas.settings import Settings
from storage import keys
from storage.opening import open_store


def test_fixity_ends_with_a_code_of_its_own_when_something_has_changed(sohoa):
    store = open_store(Settings(home=sohoa.home))
    store.prepare()
    key = keys.file(sha256_hex(b"paper"))
    store.put(key, b"paper")
    sound = sohoa("fixity", "--all")
    assert (sound.returncode, sound.stdout.strip()) == (Exit.DONE, "1 objects read again (5 bytes), 0 are damaged.")
    path = sohoa.home / "store/objects" / key
    path.chmod(0o600)
    path.write_bytes(b"Paper")
    changed = sohoa("fixity", "--all", "--json")
    assert changed.returncode == Exit.INTEGRITY
    assert json.loads(changed.stdout)["damaged"] == [key]
    assert key in changed.stderr
