"""What every verb of the command line shares: examples in its help, JSON on request, paths that are paths."""

import os
from pathlib import Path
from typing import Protocol

import click

from schemas.settings import Settings


class Configured(Protocol):
    """What verbs are given by click: `sohoa`, configured."""

    @property
    def settings(self) -> Settings:
        """What it was configured with."""


class Verb(click.Command):
    """A command whose help ends in examples, kept as they are written."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """See click."""
        if self.epilog:
            lines = "".join(f"  {line.strip()}\n" for line in self.epilog.strip().splitlines())
            formatter.write(f"\nExamples:\n{lines}")


class Verbs(click.Group):
    """A group of such commands, listed in the order in which they are defined."""

    command_class = Verb

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """See click."""
        return list(self.commands)


Verbs.group_class = Verbs


class PathWord(click.Path):
    """A path. An empty word names none; it must not stand for the working folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """See click."""
        if not os.fspath(value):
            self.fail("an empty word is no path.", param, ctx)
        return super().convert(value, param, ctx)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON: one object a line.")
