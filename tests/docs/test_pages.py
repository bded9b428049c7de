"""What every page has to keep to: links that lead somewhere, names that exist, and blocks that say what they are."""

import json
import re
import tomllib
from collections.abc import Iterator

import click
import pytest
from jsonschema import Draft202012Validator

from schemas.backfill import Layout
from schemas.document_type import parse_document_type
from schemas.export import schema_files
from schemas.problem import KINDS, Exit
from schemas.procedure import Procedures
from schemas.settings import PREFIX, Settings
from sohoa.cli import cli
from tests.docs.pages import PAGES, ROOT, anchors, blocks, headings, links, name_of, rows

DOCS = ROOT / "docs"
ERRORS = DOCS / "errors.md"
SCHEMAS = {name.partition(".")[0]: json.loads(text) for name, text in schema_files()}
DEFAULTS = {name: value for name, value, _ in Settings.load({}).explain()}
every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@every_page
def test_every_link_inside_the_project_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@every_page
def test_every_block_is_run_or_checked_or_says_why_not(page):
    for block in blocks(page):
        assert block.language in {"sh", "console", "text", "json", "toml"}, f"line {block.line}"
        if block.language == "console":
            assert block.note.startswith("not-run: "), f"line {block.line}"


@every_page
def test_every_json_example_is_what_its_schema_says(page):
    for block in blocks(page, "json"):
        for line in block.text.split("\n\n"):
            Draft202012Validator(SCHEMAS[block.note]).validate(json.loads(line))


@every_page
def test_every_toml_example_is_accepted(page):
    for block in blocks(page, "toml"):
        if block.note == "document_type":
            parse_document_type(block.text, origin=name_of(page))
        elif block.note == "layout":
            Layout.model_validate(tomllib.loads(block.text))
        elif block.note == "procedures":
            Procedures.model_validate(tomllib.loads(block.text))
        else:
            Settings.load({}, block.text)


@every_page
def test_every_file_of_the_project_that_is_named_is_there(page):
    for name in re.findall(r"`((?:tests|deploy|benchmarks)/[\w./-]+\w)`", page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


# --- settings ----------------------------------------------------------------------------------------------------
@every_page
def test_every_variable_that_is_named_is_a_setting(page):
    for name in re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", page.read_text("utf-8")):
        assert name.removeprefix(PREFIX).lower().replace("__", ".") in DEFAULTS


def test_every_setting_stands_in_the_table_with_its_default():
    table = {
        cells[0].strip("`"): cells[1].strip("`").partition("`")[0]
        for cells in rows(DOCS / "operations.md", "Every setting")
    }
    assert table == {name: value if value not in {"", "[]"} else "–" for name, value in DEFAULTS.items()}


# --- failures and exit codes ---------------------------------------------------------------------------------------
def test_every_kind_of_failure_has_its_section_and_no_section_is_about_another():
    sections = {text.strip("`"): follows for level, text, follows in headings(ERRORS) if level == 3}
    expected = {}
    for kind in KINDS:
        passes = " · may pass by itself" if kind.transient else ""
        expected[kind.slug] = f"*{kind.title}* · exit {kind.exit_code:d} · HTTP {kind.http_status}{passes}"
    assert sections == expected


def test_every_section_about_a_failure_says_more_than_its_facts():
    text = ERRORS.read_text("utf-8")
    for kind in KINDS:
        section = text.partition(f"### `{kind.slug}`\n")[2].partition("\n#")[0]
        assert len(section) > 150, kind.slug


def test_every_exit_code_stands_in_the_table():
    table = [cells[0] for cells in rows(DOCS / "integration.md", "Exit codes")]
    assert table == [str(int(code)) for code in Exit]


# --- the command line ----------------------------------------------------------------------------------------------
def verbs(group: click.Group, name: str) -> Iterator[str]:
    for verb, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{name} {verb}")
        else:
            yield f"{name} {verb}"


@pytest.mark.parametrize("verb", list(verbs(cli, "sohoa")))
def test_every_verb_is_told_of_somewhere(verb):
    assert any(re.search(rf"\b{verb}\b", page.read_text("utf-8")) for page in PAGES)


@every_page
def test_every_verb_that_is_told_of_exists(page):
    code = "\n".join(re.findall(r"`([^`\n]+)`", page.read_text("utf-8")) + [block.text for block in blocks(page, "sh")])
    for verb in re.findall(r"\bsohoa (?:--config \S+ )?([a-z]+)\b", code):
        assert verb in cli.commands, verb


@every_page
def test_every_make_target_that_is_told_of_exists(page):
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for code in re.findall(r"`make ([a-z]+)`", page.read_text("utf-8")):
        assert code in targets
