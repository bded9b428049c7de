"""Which station asks: bearer tokens (RFC 6750, RFC 7519) that stations sign with their own Ed25519 keys (RFC 8037)."""

from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError

from schemas.problem import NOT_AUTHORISED, STATION_CLOCK, ProblemError
from schemas.station import AUDIENCE, TOKEN_SECONDS, Enrolment
from schemas.submission import StationId
from storage.stations import Stations

_CLOCKS_DIFFER_SECONDS = 30
_NOBODY = Ed25519PublicKey.from_public_bytes(bytes(32))
"""A key that signed nothing: checking against it takes the time that checking a station's takes."""
_CLAIMS = ("iss", "aud", "iat", "exp", "jti")
_station_id: TypeAdapter[str] = TypeAdapter(StationId)


def identify(token: str, stations: Stations, now: datetime) -> Enrolment:
    """Return the enrolment of the station that made *token*.

    Raises:
        ProblemError: `not-authorised`, the same for whatever reason; `station-clock` if only the times are wrong, which
            nobody learns who does not have the key of a station that may send.
    """
    try:
        station = _station_id.validate_python(jwt.decode(token, options={"verify_signature": False}).get("iss"))
    except (jwt.InvalidTokenError, ValidationError) as error:
        raise _refused() from error
    enrolled = stations.last(station)
    key = Ed25519PublicKey.from_public_bytes(enrolled.request.public_key) if enrolled else _NOBODY
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=["EdDSA"],
            audience=AUDIENCE,
            issuer=station,
            options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError as error:
        raise _refused() from error
    if enrolled is None or enrolled.status != "enrolled":
        raise _refused()
    _check_times(claims, now)
    return enrolled


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    made, ends = claims["iat"], claims["exp"]
    if not isinstance(made, int) or not isinstance(ends, int) or ends - made > TOKEN_SECONDS:
        raise _refused()
    if not made - _CLOCKS_DIFFER_SECONDS <= now.timestamp() <= ends + _CLOCKS_DIFFER_SECONDS:
        raise STATION_CLOCK.error(f"it is {now:%Y-%m-%dT%H:%M:%SZ} here; the header Date says so too")


def _refused() -> ProblemError:
    return NOT_AUTHORISED.error("the bearer token is missing or wrong")
