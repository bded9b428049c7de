"""The acts in the audit log are sealed: put into order for good, under a head that the agency signs."""

from flows.house import House
from flows.keyring import Clock, Keyring


def seal_acts(house: House, clock: Clock, *, all_days: bool = False) -> int:
    """Seal the acts that are not sealed yet; return how many those were.

    Args:
        house: whose log.
        clock: tells the time.
        all_days: look for acts of all days, not only of the last ones.
    """
    keyring = Keyring.open(house.settings, clock())
    return house.audit.seal(clock(), keyring.signing(clock), all_days=all_days)
