"""Migrations lead to the very tables that a new catalog has, and back, in SQLite and PostgreSQL; nothing is lost on the way."""

import sqlite3
from itertools import count

import pytest
import sqlalchemy as sql
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from schemas.problem import BAD_REQUEST, CATALOG_MISSING, ProblemError
from storage import migrations, tables
from storage.catalog import Catalog
from tests.storage.examples import AN, SECRET, record

_databases = (f"migrations_{n}" for n in count())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(tmp_path, request):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    server, name = request.getfixturevalue("postgres_server"), next(_databases)
    server.make_database(name)
    return server.url(name)


@pytest.fixture
def catalog(url):
    catalog = Catalog(url, SECRET)
    catalog.create()
    yield catalog
    catalog.close()


@pytest.fixture
def connection(url):
    engine = sql.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def form(connection):
    """Return how a database describes its tables and their indices."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(text.split()) for name, text in rows}
    inspector = sql.inspect(connection)
    return {
        name: (str(inspector.get_columns(name)), inspector.get_pk_constraint(name)["constrained_columns"],
               sorted(map(str, inspector.get_indexes(name))), inspector.get_foreign_keys(name))
        for name in inspector.get_table_names() if name != tables.revisions.name
    }  # fmt: skip


def test_the_steps_lead_from_nothing_to_the_tables_of_a_new_catalog_and_back(connection):
    migrations.upgrade(connection)
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    assert context.get_current_revision() == tables.REVISION
    assert compare_metadata(context, tables.metadata) == [], "whoever changes a table adds a step that does the same"
    migrated = {name: told for name, told in form(connection).items() if name != tables.revisions.name}
    migrations.downgrade(connection, "base")
    assert set(sql.inspect(connection).get_table_names()) <= {tables.revisions.name}
    tables.metadata.create_all(connection)
    assert {name: told for name, told in form(connection).items() if name != tables.revisions.name} == migrated


def test_a_catalog_of_the_present_form_stays_as_it_is(catalog: Catalog):
    catalog.keep_record(record(b"a", AN))
    before = list(catalog.export())
    catalog.upgrade()
    catalog.check()
    assert list(catalog.export()) == before


def test_what_was_taken_back_is_missing_and_can_be_made_anew(catalog: Catalog, tmp_path):
    catalog.keep_record(record(b"a", AN))
    other = Catalog(f"sqlite:///{tmp_path / 'other.sqlite3'}", SECRET)
    other.create()
    other.keep_record(record(b"a", AN))
    catalog.downgrade("base")
    with pytest.raises(ProblemError) as missing:
        catalog.check()
    assert missing.value.kind is CATALOG_MISSING
    catalog.replace_with(other)
    catalog.check()
    assert list(catalog.export()) == list(other.export())
    other.close()


def test_a_form_that_there_never_was_is_refused_and_nothing_is_changed(catalog: Catalog):
    before = list(catalog.export())
    with pytest.raises(ProblemError) as refused:
        catalog.downgrade("7777")
    assert refused.value.kind is BAD_REQUEST
    assert list(catalog.export()) == before


@pytest.mark.parametrize("spoil", ["UPDATE alembic_version SET version_num = '9999'", "DROP TABLE alembic_version"])
def test_a_catalog_that_no_step_begins_at_has_to_be_made_anew(tmp_path, spoil):
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    with sqlite3.connect(tmp_path / "catalog.sqlite3") as connection:
        connection.execute(spoil)
    connection.close()
    for attempt in (catalog.upgrade, catalog.check):
        with pytest.raises(ProblemError) as refused:
            attempt()
        assert refused.value.kind is CATALOG_MISSING
    catalog.close()
