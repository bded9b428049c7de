"""`sohoa record find`, and the search of the desk: from what somebody typed to one page of what was found."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import ValidationError

from flows.house import House
from schemas.problem import BAD_REQUEST
from schemas.search import Search, SearchAnswer
from sohoa.looking import parse_owner
from storage.search import search


def parse_search(words: Mapping[str, str | int | None]) -> Search:
    """Return the search that somebody typed, by the names of its parts; what is empty was not said.

    Raises:
        ProblemError: `bad-request`; it repeats nothing that was typed.
    """
    said = {name: word.strip() if isinstance(word, str) else word for name, word in words.items()}
    known = {name: word for name, word in said.items() if word not in {"", None}}
    owner = known.get("owner")
    try:
        return Search.model_validate(known | ({} if owner is None else {"owner": parse_owner(str(owner))}))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'search'}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise BAD_REQUEST.error(wrong) from error


def find(house: House, asked: Search, who: str) -> SearchAnswer:
    """Return one page of what was found, once the audit log names who asked for it."""
    return search(house.warehouse, house.catalog, house.audit, asked, who=who, now=datetime.now(UTC))
