"""`sohoa stations …`: who may send, and what is missing of whom."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding

from flows.house import House
from flows.keyring import Keyring
from schemas.audit import AuditEntry
from schemas.backfill import STATION as LEGACY
from schemas.problem import BAD_REQUEST, STATION_UNKNOWN
from schemas.settings import Settings
from schemas.station import Enrolment, EnrolmentRequest, Gap, Quarantined, Welcome
from schemas.submission import REVIEW_STATION, StationId
from sohoa.looking import existing_house, this_user
from storage.gaps import gaps
from storage.rebuild import catch_up


def register_station(
    settings: Settings, request: EnrolmentRequest, server: str, *, reason: str, daily_bytes: int
) -> Welcome:
    """Let a station send, and return what it has to know. For one that may send already: from now on as said here.

    Args:
        settings: the house that it may send to.
        request: what the station asks to be known by.
        server: where it finds the API.
        reason: goes into the audit log.
        daily_bytes: how much it may send in a day.

    Raises:
        ProblemError: `bad-request` if it wants to be known as what comes from no station.
    """
    if request.station in {LEGACY, REVIEW_STATION}:
        raise BAD_REQUEST.error(f"{request.station} is the name of what comes from no station")
    house, keyring = House.open(settings), Keyring.open(settings, _now())
    _decide(house, request, "enrolled", reason, daily_bytes)
    certificate = keyring.agency.signer.certificate.public_bytes(Encoding.PEM)
    return Welcome(station=request.station, server=server, receipt_certificate=certificate.decode("ascii"))


def revoke_station(settings: Settings, station: StationId, *, reason: str) -> Enrolment:
    """Take back a station's right to send; from its next request on it gets nothing in.

    Raises:
        ProblemError: `station-unknown`.
    """
    house = existing_house(settings)
    last = _last(house, station)
    if last.status == "revoked":
        return last
    return _decide(house, last.request, "revoked", reason, last.daily_bytes)


def all_stations(settings: Settings) -> Iterator[Enrolment]:
    """Yield every station with the last word on it."""
    yield from existing_house(settings).stations.all()


def find_gaps(settings: Settings, station: StationId | None) -> Iterator[Gap]:
    """Yield what a station, or each, said that it would send and that is not here.

    Raises:
        ProblemError: `station-unknown`.
    """
    house = existing_house(settings)
    catch_up(house.inbox, house.warehouse, house.catalog)
    asked = house.stations.all() if station is None else [_last(house, station)]
    for each in asked:
        yield from gaps(house.inbox, house.journals, house.quarantine, house.catalog, each.request.station)


def in_quarantine(settings: Settings, station: StationId | None) -> Iterator[Quarantined]:
    """Yield what was refused to a station, or to each.

    Raises:
        ProblemError: `station-unknown`.
    """
    house = existing_house(settings)
    asked = house.stations.all() if station is None else [_last(house, station)]
    for each in asked:
        yield from sorted(house.quarantine.of(each.request.station), key=lambda what: what.at)


def _last(house: House, station: StationId) -> Enrolment:
    last = house.stations.last(station)
    if last is None:
        raise STATION_UNKNOWN.error(f"{station!r} was never registered")
    return last


def _decide(house: House, request: EnrolmentRequest, status: str, reason: str, daily_bytes: int) -> Enrolment:
    last = house.stations.last(request.station)
    now, who = _now(), this_user()
    enrolment = Enrolment.model_validate(
        {
            "request": request,
            "number": (last.number if last else 0) + 1,
            "status": status,
            "decided_at": now,
            "decided_by": who,
            "reason": reason,
            "daily_bytes": daily_bytes,
        }
    )
    act = AuditEntry(
        entry_id=uuid4().hex,
        at=now,
        act="enrol" if status == "enrolled" else "revoke",
        who=who,
        purpose=reason or "no reason was given",
        station=request.station,
    )
    house.audit.append(act)
    house.stations.keep(enrolment)
    return enrolment


def _now() -> datetime:
    return datetime.now(UTC)
