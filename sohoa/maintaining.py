"""`sohoa rebuild`: the catalog is a projection, and here it is projected anew."""

from schemas.settings import Settings
from sohoa.looking import existing_house
from storage.rebuild import Rebuilt, rebuild


def rebuild_catalog(settings: Settings) -> Rebuilt:
    """Make the catalog anew from the store, whatever state it is in; return what it holds and what changed."""
    house = existing_house(settings, needs_catalog=False)
    return rebuild(house.inbox, house.warehouse, house.catalog)
