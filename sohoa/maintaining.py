"""`sohoa rebuild`: the catalog is a projection, made anew. `sohoa fixity`: the truth is read again."""

from datetime import UTC, datetime

from schemas.report import Fixity
from schemas.settings import Settings
from sohoa.looking import existing_house
from storage.fixity import check_fixity
from storage.opening import open_second
from storage.rebuild import Rebuilt, rebuild


def rebuild_catalog(settings: Settings) -> Rebuilt:
    """Make the catalog anew from the store, whatever state it is in; return what it holds and what changed."""
    house = existing_house(settings, needs_catalog=False)
    return rebuild(house.inbox, house.warehouse, house.catalog)


def read_again(settings: Settings, *, everything: bool) -> Fixity:
    """Read again what has its turn today, or everything, mend it where there is a second copy, and keep a report."""
    store, days = existing_house(settings, needs_catalog=False).store, 1 if everything else settings.fixity.days
    return check_fixity(store, datetime.now(UTC), days=days, second=open_second(settings))
