"""The API as an ASGI application: health, lookups, and the intake of what stations send."""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from flows.house import House
from flows.intake import Intake
from schemas.audit import OnceOnlyReceipt
from schemas.lookup import AuditId, LookupAnswer, LookupRequest
from schemas.model import Value
from schemas.problem import BAD_REQUEST, CATALOG_MISSING, NOT_AUTHORISED, RECEIPT_PENDING, STORE_UNREACHABLE, Problem
from sohoa.api import guard, intake, problems
from storage.lookup import look_up
from storage.staging import Staging

_bearer = HTTPBearer(auto_error=False, description="The token in `api.token`, or `keys/api-token` in the home folder.")


def create_app(house: House, token: str, wake: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the API over *house*.

    Args:
        house: what it is about.
        token: what callers must send who look something up; stations have their own.
        wake: called when a submission has its receipt; must come back at once. Without it the worker finds it.
    """
    taking_in = Intake(house, Staging(house.settings.home / "uploads"), lambda: datetime.now(UTC), wake)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        taking_in.close()

    app = FastAPI(
        title="Sohoa",
        version="1",
        summary="Does this person's paper already exist, and is it still valid? And: papers from stations.",
        lifespan=life,
        docs_url=None,  # its pages load scripts from elsewhere; the description is at /openapi.json
        redoc_url=None,
        responses=problems.described(BAD_REQUEST),
    )
    problems.install(app)
    guard.install(app)

    def caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
        if credentials is None or not hmac.compare_digest(credentials.credentials.encode(), token.encode()):
            raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
        return "api"

    @app.get("/livez", tags=["health"])
    def livez() -> dict[str, str]:
        """Say that the process runs."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"], responses=problems.described(STORE_UNREACHABLE, CATALOG_MISSING))
    def readyz() -> dict[str, str]:
        """Say that object store and catalog answer."""
        house.check()
        return {"status": "ready"}

    @app.post(
        "/v1/lookups",
        tags=["lookup"],
        responses=problems.described(NOT_AUTHORISED, BAD_REQUEST, STORE_UNREACHABLE, CATALOG_MISSING),
    )
    def lookups(request: LookupRequest, who: Annotated[str, Depends(caller)]) -> LookupAnswer:
        """Ask for an owner's records, for a procedure and a dossier. It is written down before it is answered."""
        return look_up(house.warehouse, house.catalog, house.audit, request, who=who, now=datetime.now(UTC))

    @app.get(
        "/v1/lookups/{audit_id}/receipt",
        tags=["lookup"],
        responses=problems.described(NOT_AUTHORISED, RECEIPT_PENDING, STORE_UNREACHABLE),
    )
    def receipt(audit_id: AuditId, _who: Annotated[str, Depends(caller)]) -> OnceOnlyReceipt:
        """Fetch the once-only receipt of a lookup: the proof that it stands in the log, to be checked offline."""
        found = house.audit.receipt(audit_id)
        if found is None:
            raise RECEIPT_PENDING.error("it is not in the sealed log")
        return found

    app.include_router(intake.routes(taking_in))
    app.openapi_schema = app.openapi() | {}
    _describe(app.openapi_schema["components"]["schemas"], Problem, *intake.SENT)
    return app


def _describe(schemas: dict[str, Any], *types: type[Value]) -> None:
    """Add the schemas of values that FastAPI does not see in the routes."""
    for type_ in types:
        schema = type_.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[type_.__name__] = schema
