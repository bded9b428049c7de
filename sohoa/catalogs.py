"""The verbs of the catalog's form: what an update of Sohoa needs, where rebuilding would take hours."""

import click

from sohoa import console
from sohoa.verbs import Configured, Verbs


@click.group(cls=Verbs)
def catalog() -> None:
    """Bring the catalog's tables to the form that a version of Sohoa needs."""


@catalog.command(epilog="sohoa catalog upgrade")
@click.pass_obj
def upgrade(configuration: Configured) -> None:
    """Bring the tables that an earlier version made to the form of this one, without reading the store.

    Where that cannot be done, it says so: `sohoa rebuild` always can. Stop API and workers first.
    """
    from sohoa.looking import existing_house

    existing_house(configuration.settings, needs_catalog=False).catalog.upgrade()
    console.say("The catalog has the form that this version needs.")


@catalog.command(epilog="sohoa catalog downgrade 0001")
@click.argument("revision", metavar="REVISION")
@click.pass_obj
def downgrade(configuration: Configured, revision: str) -> None:
    """Bring the tables back to the form that an earlier version needs, before that version is started.

    Its `sohoa doctor` says which one that is. `base` drops all tables.
    """
    from sohoa.looking import existing_house

    existing_house(configuration.settings, needs_catalog=False).catalog.downgrade(revision)
    console.say(f"The catalog has the form {revision}.")
