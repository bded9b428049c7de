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
from uuid import uuid4

import httpx
import jwt
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from jwt.exceptions import PyJWKClientConnectionError, PyJWKError, PyJWKSetError
from pydantic import TypeAdapter, ValidationError

from schemas.problem import ISSUER_UNREACHABLE, NOT_AUTHORISED, SCOPE_MISSING, ProblemError
from schemas.settings import ApiSettings
from schemas.token import LOCAL_ISSUER, ClientName, Scope, TokenId
from sohoa.api.pace import Pace
from sohoa.api.peer import thumbprint

_KEY = b"sohoa/token/1"
_OURS = ["HS256"]
_THEIRS = ["ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]
_BOUND_TO = "x5t#S256"
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


class Issued(NamedTuple):
    """A token of our own."""

    token: str
    token_id: TokenId
    """By which it can be taken back."""


def issue(
    secret: str,
    audience: str,
    name: ClientName,
    scopes: tuple[Scope, ...],
    lasts: timedelta,
    now: datetime,
    certificate: bytes | None = None,
) -> Issued:
    """Return a token of our own for a client, bound to its certificate (DER) if that is given (RFC 8705)."""
    token_id = uuid4().hex
    claims: dict[str, Any] = {
        "iss": LOCAL_ISSUER,
        "aud": audience,
        "sub": name,
        "client_id": name,
        "scope": " ".join(scopes),
    }
    claims |= {"iat": now, "exp": now + lasts, "jti": token_id}
    if certificate is not None:
        claims["cnf"] = {_BOUND_TO: thumbprint(certificate)}
    return Issued(jwt.encode(claims, _key(secret), _OURS[0], headers={"typ": "at+jwt"}), token_id)


class Clients:
    """Knows whose a token is."""

    def __init__(self, settings: ApiSettings, secret: str, is_revoked: Callable[[str, str], bool]) -> None:
        """Take tokens that were issued with *secret*, and those of `api.issuer`, unless they were taken back."""
        self._only_bound, self._is_revoked = settings.bound_tokens, is_revoked
        self._audience, self._key = settings.audience, _key(secret)
        self._issuer = None if settings.issuer is None else _Issuer(settings.issuer)

    def identify(self, token: str, certificate: bytes | None = None) -> Client:
        """Return whose *token* is, if it came with the *certificate* that it is bound to, where it is to one.

        Raises:
            ProblemError: `not-authorised`, the same for whatever reason; `issuer-unreachable`.
        """
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == LOCAL_ISSUER:
                claims, where = self._claims(token, self._key, _OURS, issuer), ""
            elif self._issuer is None or issuer != self._issuer.name:
                raise refused()
            else:
                claims = self._claims(token, self._issuer.key(token), _THEIRS, issuer)
                where = f"@{urlsplit(issuer).hostname}"
            self._check_bond(claims, certificate)
            if "jti" in claims and self._is_revoked(issuer, str(claims["jti"])):
                raise refused()
            return _client(claims, where)
        except (jwt.InvalidTokenError, ValidationError) as error:
            raise refused() from error

    def _check_bond(self, claims: dict[str, Any], certificate: bytes | None) -> None:
        """Make sure that a token came over a connection of the certificate that it is bound to (RFC 8705 section 3)."""
        if "cnf" not in claims and not self._only_bound:
            return
        said = claims.get("cnf")
        bond = said.get(_BOUND_TO) if isinstance(said, dict) else None
        if not isinstance(bond, str) or certificate is None or bond != thumbprint(certificate):
            raise refused()  # also what is bound to something that is not known here

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


def caller(clients: Clients, pace: Pace, shown: Callable[[Request], bytes | None]) -> Callable[..., Client]:
    """Return the dependency by which a route finds out who asks, whether their token allows it, and not too fast.

    Args:
        clients: knows whose a token is.
        pace: slows down.
        shown: returns the certificate that the client of a request has shown.
    """

    def client(
        request: Request,
        scopes: SecurityScopes,
        credentials: Annotated[HTTPAuthorizationCredentials | None, _bearer],
    ) -> Client:
        found = clients.identify(credentials.credentials if credentials else "", shown(request))
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
