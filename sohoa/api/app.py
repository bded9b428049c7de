"""The API as an ASGI application: health, and a first `POST /v1/lookups`."""

import hmac
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from flows.house import House
from schemas.lookup import LookupAnswer, LookupRequest
from schemas.problem import BAD_REQUEST, CATALOG_MISSING, NOT_AUTHORISED, STORE_UNREACHABLE, Problem
from sohoa.api import guard, problems
from storage.lookup import look_up

_bearer = HTTPBearer(auto_error=False, description="The token in `api.token`, or `keys/api-token` in the home folder.")


def create_app(house: House, token: str) -> FastAPI:
    """Return the API over *house*; callers must send *token*."""
    app = FastAPI(
        title="Sohoa",
        version="1",
        summary="Does this person's paper already exist, and is it still valid?",
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

    app.openapi_schema = app.openapi() | {}
    app.openapi_schema["components"]["schemas"]["Problem"] = Problem.model_json_schema(mode="serialization")
    return app
