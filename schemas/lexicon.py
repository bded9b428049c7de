"""Lexicons are data: closed sets and lists of names with their sources and dates, in `schemas/lexicons/`.

They are evidence about a reading, never a reason to change one without saying so.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from schemas.model import Value


def _names(text: object) -> object:
    """Return the names of a comma-separated list, as printed."""
    return tuple(" ".join(name.split()) for name in text.split(",")) if isinstance(text, str) else text


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class CommuneSnapshot(Value):
    """The communes of a province as they were between two dates, both included; None where the list does not end."""

    since: date | None = None
    until: date | None = None
    source: str
    """The legal text."""
    certainty: str
    """How complete the list is, and what of it was not verified."""
    communes: dict[str, Names]
    """By the unit above them: `huyện Nghi Lộc`, or `tỉnh Nghệ An` where there are no districts. Without a level: xã."""


class ProvinceSnapshot(Value):
    """The provinces between two dates, both included."""

    since: date | None = None
    until: date | None = None
    source: str
    names: Names


@cache
def communes() -> tuple[str, tuple[CommuneSnapshot, ...]]:
    """Return the home province and its communes, the oldest snapshot first."""
    data = _load("nghe_an")
    return data["province"], TypeAdapter(tuple[CommuneSnapshot, ...]).validate_python(data["snapshots"])


@cache
def provinces() -> tuple[ProvinceSnapshot, ...]:
    """Return the provinces, the oldest snapshot first."""
    return TypeAdapter(tuple[ProvinceSnapshot, ...]).validate_python(_load("provinces")["snapshots"])


@cache
def ethnic_groups() -> Mapping[str, tuple[str, ...]]:
    """Return the 54 ethnic groups and the other ways in which papers write each."""
    return TypeAdapter(dict[str, tuple[str, ...]]).validate_python(_load("ethnic_groups")["groups"])


@cache
def family_names() -> Mapping[str, frozenset[str]]:
    """Return family names, in small letters, by the people who bear them."""
    lists = TypeAdapter(dict[str, str]).validate_python(_load("family_names")["names"])
    return {people: frozenset(names.split()) for people, names in lists.items()}


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((files("schemas") / "lexicons" / f"{name}.toml").read_text("utf-8"))
