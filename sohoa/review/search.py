"""The desk's search: which records there are about a paper of which something is known exactly."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from flows.house import House
from schemas.document_type import document_types
from schemas.problem import BAD_REQUEST, ProblemError
from schemas.search import Search
from sohoa.searching import find, parse_search


def routes(
    house: House,
    reviewer: Callable[..., str],
    sent_form: Callable[..., dict[str, str]],
    page: Callable[..., Response],
    proof: Callable[[str], str],
) -> APIRouter:
    """Return the routes over *house*.

    Args:
        house: whose catalog is searched.
        reviewer: the dependency that says who asks.
        sent_form: the one that returns a form of ours that they sent.
        page: makes a page of a template.
        proof: returns what a form has to bring.
    """
    router = APIRouter()
    types = {code: type_.title for code, type_ in document_types().items()}

    @router.get("/search")
    def form(request: Request, who: Annotated[str, Depends(reviewer)]) -> Response:
        """Show the form."""
        return page(request, "search.html", said={}, proof=proof(who), types=types, answer=None, wrong="")

    @router.post("/search")
    def found(
        request: Request, who: Annotated[str, Depends(reviewer)], sent: Annotated[dict[str, str], Depends(sent_form)]
    ) -> Response:
        """Search, and show a page of what was found. What was typed stands in no address."""
        said = {name: word for name, word in sent.items() if name in Search.model_fields}
        typed = {name: word for name, word in said.items() if name != "after"}
        shown = {"said": typed, "proof": proof(who), "types": types}
        try:
            answer = find(house, parse_search(said), who)
        except ProblemError as error:
            if error.kind is not BAD_REQUEST:
                raise
            wrong = "Hãy ghi mục đích và ít nhất một trong các mục phía trên, đầy đủ và đúng mẫu."
            return page(request, "search.html", BAD_REQUEST.http_status, answer=None, wrong=wrong, **shown)
        return page(request, "search.html", answer=answer, wrong="", **shown)

    return router
