"""Which system asks: OAuth 2.0 bearer tokens (RFC 6750) that are JWTs (RFC 9068), and what each may do.

They are issued by any OpenID Connect issuer that the settings name, or by `sohoa token`. Which of the two decides with
which key and algorithms a token is checked, so that none can be taken for the other's.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import jwt
from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from jwt.exceptions import PyJWKClientConnectionError, PyJWKError, PyJWKSetError
from pydantic import TypeAdapter, ValidationError

from schemas.problem import ISSUER_UNREACHABLE, NOT_AUTHORISED, SCOPE_MISSING, ProblemError
from schemas.settings import ApiSettings
from schemas.token import LOCAL_ISSUER, ClientName, Scope
from sohoa.api.pace import Pace

_KEY = b"sohoa/token/1"
_OURS = ["HS256"]
_THEIRS = ["ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]
_NEEDED = ["iss", "aud", "exp", "iat"]
_CLOCKS_DIFFER_SECONDS = 30
_FETCH_SECONDS = 5
_bearer = Security(HTTPBearer(auto_error=False, description="A JWT of `api.issuer`, or one of `sohoa token`."))
_name: TypeAdapter[str] = TypeAdapter(ClientName)


class Client(NamedTuple):
    """Who asks."""

    name: str
    """As the audit log names it: `client:NAME`, with `@` and the issuer's host where that is not us."""
    scopes: frozenset[str]


def issue(
    secret: str, audience: str, name: ClientName, scopes: tuple[Scope, ...], lasts: timedelta, now: datetime
) -> str:
    """Return a token of our own for a client."""
    claims = {"iss": LOCAL_ISSUER, "aud": audience, "sub": name, "client_id": name, "scope": " ".join(scopes)}
    return jwt.encode(claims | {"iat": now, "exp": now + lasts}, _key(secret), _OURS[0], headers={"typ": "at+jwt"})


class Clients:
    """Knows whose a token is."""

    def __init__(self, settings: ApiSettings, secret: str) -> None:
        """Take tokens that were issued with *secret*, and those of `api.issuer`."""
        self._audience, self._key = settings.audience, _key(secret)
        self._issuer = None if settings.issuer is None else _Issuer(settings.issuer)

    def identify(self, token: str) -> Client:
        """Return whose *token* is.

        Raises:
            ProblemError: `not-authorised`, the same for whatever reason; `issuer-unreachable`.
        """
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == LOCAL_ISSUER:
                return _client(self._claims(token, self._key, _OURS, issuer), "")
            if self._issuer is None or issuer != self._issuer.name:
                raise refused()
            claims = self._claims(token, self._issuer.key(token), _THEIRS, issuer)
            return _client(claims, f"@{urlsplit(issuer).hostname}")
        except (jwt.InvalidTokenError, ValidationError) as error:
            raise refused() from error

    def _claims(self, token: str, key: bytes | jwt.PyJWK, algorithms: list[str], issuer: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=self._audience,
            issuer=issuer,
            leeway=_CLOCKS_DIFFER_SECONDS,
            options={"require": _NEEDED},
        )


class _Issuer:
    """An OpenID Connect issuer: where its keys are (OpenID Connect Discovery 1.0), and which one signed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = Lock()
        self._keys: jwt.PyJWKClient | None = None

    def key(self, token: str) -> jwt.PyJWK:
        try:
            return self._found().get_signing_key_from_jwt(token)
        except (PyJWKClientConnectionError, PyJWKSetError, PyJWKError, httpx.HTTPError, KeyError, ValueError) as error:
            raise ISSUER_UNREACHABLE.error("its keys cannot be fetched") from error
        except jwt.PyJWKClientError as error:
            raise refused() from error  # no key of this name

    def _found(self) -> jwt.PyJWKClient:
        with self._lock:
            if self._keys is None:
                where = f"{self.name.rstrip('/')}/.well-known/openid-configuration"
                said = httpx.get(where, timeout=_FETCH_SECONDS).raise_for_status().json()
                if said["issuer"] != self.name:
                    raise ISSUER_UNREACHABLE.error("what answers there says that it is another one")
                self._keys = jwt.PyJWKClient(said["jwks_uri"], timeout=_FETCH_SECONDS)
            return self._keys


def caller(clients: Clients, pace: Pace) -> Callable[..., Client]:
    """Return the dependency by which a route finds out who asks, whether their token allows it, and not too fast."""

    def client(scopes: SecurityScopes, credentials: Annotated[HTTPAuthorizationCredentials | None, _bearer]) -> Client:
        found = clients.identify(credentials.credentials if credentials else "")
        missing = set(scopes.scopes) - found.scopes
        if missing:
            raise SCOPE_MISSING.error(f"its scopes do not hold {', '.join(sorted(missing))}")
        pace.take(found.name)
        return found

    return client


def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), _KEY, "sha256")


def _client(claims: dict[str, Any], where: str) -> Client:
    """Return the client of an access token: `client_id` (RFC 9068), or `azp` as older issuers say."""
    name = _name.validate_python(claims.get("client_id") or claims.get("azp") or claims.get("sub"))
    scope = claims.get("scope")
    return Client(f"client:{name}{where}", frozenset(scope.split() if isinstance(scope, str) else ()))


def refused() -> ProblemError:
    """Return the one answer for every token that is not taken."""
    return NOT_AUTHORISED.error("the bearer token is missing or wrong")
