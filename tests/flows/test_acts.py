"""The heads of the audit log are time-stamped: nobody can make the log anew with yesterday's date."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from flows.acts import seal_acts, time_stamp_log
from flows.house import House
from schemas.audit import AuditEntry
from schemas.problem import TIME_STAMPS_UNREACHABLE, ProblemError
from sohoa.auditing import verify_log
from storage import keys
from tests.servers import free_ports


def now():
    return datetime.now(UTC)


def act_sealed(house):
    house.audit.append(AuditEntry(entry_id=uuid4().hex, at=now(), act="lookup", who="api", purpose="1.001193"))
    assert seal_acts(house, now) == 1


def test_the_last_head_is_time_stamped_once_and_the_log_is_checked_with_it(settings):
    wanted = settings("B-B")
    house = House.open(wanted)
    assert time_stamp_log(house) is None
    for number in (1, 2):
        act_sealed(house)
        assert time_stamp_log(house) == number
        assert time_stamp_log(house) is None
    stamped = [each for each in verify_log(wanted, None).proofs if each.subject == "time-stamp"]
    assert [each.verdict for each in stamped] == ["VALID"]
    assert stamped[0].detail.startswith("head 2: all acts up to 2 were there ")

    act_sealed(house)
    house.audit.keep_time_stamp(3, house.audit.time_stamp(1))  # as if the third head were as old as the first
    act_sealed(house)
    time_stamp_log(house)
    found = {each.detail.partition(":")[0]: each.verdict for each in verify_log(wanted, None).proofs}
    assert (found["head 3"], found["head 4"]) == ("INVALID", "VALID")


def test_an_authority_that_does_not_answer_stops_no_sealing(settings):
    house = House.open(settings("B-B", f"http://127.0.0.1:{free_ports(1)[0]}"))
    act_sealed(house)
    with pytest.raises(ProblemError) as caught:
        time_stamp_log(house)
    assert caught.value.kind is TIME_STAMPS_UNREACHABLE
    assert keys.time_stamp_of(keys.audit_head(1)) not in set(house.store.list(keys.AUDIT_HEADS))
    act_sealed(house)
