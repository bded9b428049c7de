"""The API as an ASGI application: health, lookups and what they open, and the intake of what stations send."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from flows.house import House
from flows.intake import Intake
from schemas.model import Value
from schemas.problem import BAD_REQUEST, CATALOG_MISSING, STORE_UNREACHABLE, Problem
from schemas.procedure import load_procedures
from sohoa.api import amendments, guard, intake, kho, lookups, metrics, problems, records
from sohoa.api.clients import Clients, caller
from sohoa.api.links import Links
from sohoa.api.pace import Breadth, Pace
from sohoa.api.peer import certificate_of
from storage.staging import Staging


def create_app(house: House, secret: str, wake: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the API over *house*.

    Args:
        house: what it is about.
        secret: what signs tokens of our own and addresses of records; stations have keys of their own.
        wake: called when a submission has its receipt; must come back at once. Without it the worker finds it.
    """
    api = house.settings.api
    procedures = load_procedures(api.procedures)
    taking_in = Intake(house, Staging(house.settings.home / "uploads"), procedures, lambda: datetime.now(UTC), wake)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        taking_in.close()

    app = _Api(
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
    counted = metrics.install(app, taking_in)

    @app.get("/livez", tags=["health"])
    def livez() -> dict[str, str]:
        """Say that the process runs."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"], responses=problems.described(STORE_UNREACHABLE, CATALOG_MISSING))
    def readyz() -> dict[str, str]:
        """Say that object store and catalog answer."""
        house.check()
        return {"status": "ready"}

    links, pace = Links(secret), Pace(api.requests_per_minute)
    breadth = Breadth(api.owners_per_hour, counted.broad.inc)
    desk = lookups.Desk(house, procedures, links, breadth, counted.looked_up)
    clients = Clients(api, secret, house.tokens.is_revoked)
    asking = caller(clients, pace, lambda request: certificate_of(request, api))
    app.include_router(lookups.routes(desk, asking))
    app.include_router(kho.routes(desk, asking, taking_in.sign))
    app.include_router(records.routes(house, links, pace))
    app.include_router(amendments.routes(house, asking, lambda: taking_in.keyring))
    app.include_router(intake.routes(taking_in))
    return app


class _Api(FastAPI):
    """Describes itself when it is asked to: with the values, too, that FastAPI does not see in the routes."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        described = super().openapi()
        schemas = described["components"]["schemas"]
        if Problem.__name__ not in schemas:
            schemas[Problem.__name__] = problems.schema()
            _describe(schemas, *intake.SENT)
        return described


def _describe(schemas: dict[str, Any], *types: type[Value]) -> None:
    for type_ in types:
        schema = type_.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[type_.__name__] = schema
