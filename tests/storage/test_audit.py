from datetime import timedelta
from uuid import uuid4

from storage import keys
from storage.audit import Audit, AuditEntry
from storage.port import ObjectStore
from tests.storage.examples import AN, NOON, SECRET, record


def test_acts_are_kept_by_day_and_name_nobody(store: ObjectStore):
    audit = Audit(store)
    entries = [
        AuditEntry(
            entry_id=uuid4().hex,
            at=NOON + timedelta(days=day),
            act="lookup",
            who="một cửa Trà Bồng",
            purpose="1.001193",
            dossier_code="H48.12-261120-0007",
            owner_key=keys.owner_key(AN, SECRET),
            records=(record().record_id,),
        )
        for day in range(3)
    ]
    for entry in reversed(entries):
        audit.append(entry)
    assert list(audit.entries()) == entries
    for key in store.list(""):
        assert AN.digits not in key
        assert AN.digits.encode() not in store.get(key)
