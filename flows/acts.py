"""The acts in the audit log are sealed: put into order for good, under a head that the agency signs."""

from flows.house import House
from flows.keyring import Clock, Keyring
from pipeline.seal.raising import Authorities, time_stamp


def seal_acts(house: House, clock: Clock, *, all_days: bool = False) -> int:
    """Seal the acts that are not sealed yet; return how many those were.

    Args:
        house: whose log.
        clock: tells the time.
        all_days: look for acts of all days, not only of the last ones.
    """
    keyring = Keyring.open(house.settings, clock())
    return house.audit.seal(clock(), keyring.signing(clock), all_days=all_days)


def time_stamp_log(house: House) -> int | None:
    """Have the last head of the log time-stamped; return its number, None if there is nothing to do.

    A head names the one before it, so its time-stamp stands for all acts before it; and it renews what older
    time-stamps prove, before their authority's certificate ends.

    Raises:
        ProblemError: `time-stamps-unreachable`.
    """
    signing, head = house.settings.signing, house.audit.last_head()
    if signing.time_stamps is None or head is None or house.audit.time_stamp(head.value.number) is not None:
        return None
    token = time_stamp(head.signature, Authorities(signing.time_stamps, signing.time_stamp_seconds))
    house.audit.keep_time_stamp(head.value.number, token)
    return head.value.number
