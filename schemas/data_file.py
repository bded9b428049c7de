"""Data files that operators may replace: JSON that is a value of ours, or is told what is wrong with it."""

from typing import TypeVar

from pydantic import ValidationError

from schemas.model import Value
from schemas.problem import CONFIGURATION

_Value = TypeVar("_Value", bound=Value)


def parse(kind: type[_Value], text: str, *, origin: str) -> _Value:
    """Return the value that a JSON *text* holds.

    Raises:
        ProblemError: `configuration`, naming *origin* and every key that is wrong.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors())
        raise CONFIGURATION.error(wrong, file=origin) from error
