"""Every error leaves as `application/problem+json` (RFC 9457), and none repeats what was sent."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from schemas.problem import (
    BAD_REQUEST,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_AUTHORISED,
    ROUTE_UNKNOWN,
    SCOPE_MISSING,
    STATION_CLOCK,
    Kind,
    Problem,
    ProblemError,
)
from sohoa.api.pace import TooFastError

MEDIA_TYPE = "application/problem+json"

_CHALLENGES: Mapping[Kind, str] = {
    NOT_AUTHORISED: "Bearer",
    STATION_CLOCK: "Bearer",
    SCOPE_MISSING: 'Bearer error="insufficient_scope"',
}
"""What RFC 6750 section 3 wants said."""
_BY_STATUS = {HTTPStatus.NOT_FOUND: ROUTE_UNKNOWN, HTTPStatus.METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED}


def respond(kind: Kind, problem: Problem) -> JSONResponse:
    """Return the answer that tells a program what is wrong."""
    content = {"status": kind.http_status} | problem.model_dump(mode="json", exclude_none=True)
    headers = {"WWW-Authenticate": _CHALLENGES[kind]} if kind in _CHALLENGES else None
    return JSONResponse(content, kind.http_status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make *app* answer every failure with a problem."""

    @app.exception_handler(ProblemError)
    async def known(_request: Request, error: ProblemError) -> Response:
        return respond(error.kind, error.problem)

    @app.exception_handler(TooFastError)
    async def too_fast(_request: Request, error: TooFastError) -> Response:
        response = respond(error.kind, error.problem)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    @app.exception_handler(RequestValidationError)
    async def not_understood(_request: Request, error: RequestValidationError) -> Response:
        wrong = "; ".join(f"{_place(item)}: {item['msg']}" for item in error.errors())
        return respond(BAD_REQUEST, BAD_REQUEST.error(wrong).problem)

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> Response:
        kind = _BY_STATUS.get(HTTPStatus(error.status_code), BAD_REQUEST)
        response = respond(kind, kind.error(str(error.detail)).problem)
        if kind is METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(_methods(app, request.url.path))
        return response

    @app.exception_handler(Exception)
    async def defect(_request: Request, _error: Exception) -> Response:
        return respond(INTERNAL, INTERNAL.error("the request could not be answered").problem)


def _methods(app: FastAPI, path: str) -> list[str]:
    """Return what the address does (RFC 9110 section 15.5.6); the framework names only its first route's methods."""
    described = app.openapi()["paths"].items()
    return sorted(
        method.upper() for template, does in described if compile_path(template)[0].match(path) for method in does
    )


def _place(item: Mapping[str, Any]) -> str:
    """Return where something is wrong; a name that is not known came from outside and is not repeated."""
    is_unknown = item["type"] == "extra_forbidden"
    return ".".join(map(str, item["loc"][:-1] if is_unknown else item["loc"]))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a problem as it is answered: with its status."""
    told = Problem.model_json_schema(mode="serialization")
    status = {"type": "integer", "description": "That of the answer (RFC 9457 section 3.1.2)."}
    return told | {"properties": {"status": status} | told["properties"]}


def described(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return how these failures stand in the OpenAPI description of a route."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.http_status, []).append(kind)
    return {
        status: {"description": "; ".join(kind.title for kind in same), "content": {MEDIA_TYPE: schema}}
        for status, same in by_status.items()
    }
