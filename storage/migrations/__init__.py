"""Migrations of the catalog (Alembic): from one form of its tables to another, without reading the store.

The catalog is a projection, so `sohoa rebuild` always leads to the present form, whatever there is. It reads every
record for that, which takes hours where there are millions; a step takes seconds. A step changes what the tables look
like and fills what follows from what they hold. What only the store can say, no step makes up: such a step raises
`rebuild_needed`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from schemas.problem import BAD_REQUEST, CATALOG_MISSING, ProblemError


def upgrade(connection: Connection) -> None:
    """Bring the tables to the present form.

    Raises:
        ProblemError: `catalog-missing` if no steps lead there.
    """
    try:
        command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise rebuild_needed("its form is not one that this version knows") from error


def downgrade(connection: Connection, revision: str) -> None:
    """Bring the tables back to an earlier form.

    Raises:
        ProblemError: `bad-request` if there is no such form before the present one.
    """
    try:
        command.downgrade(_config(connection), revision)
    except CommandError as error:
        raise BAD_REQUEST.error("revision: no form of the tables before the present one") from error


def rebuild_needed(detail: str) -> ProblemError:
    """Return what a step says that only the store can fill."""
    return CATALOG_MISSING.error(f"no migration leads from it to this version: {detail}")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
