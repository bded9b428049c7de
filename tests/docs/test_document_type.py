"""The document type that docs/document-types.md makes up reads the paper that stands beside it."""

import re

from pipeline.understand import understand
from schemas.document_type import parse_document_type
from tests.docs.pages import ROOT, blocks
from tests.pipeline.understand.paper import LEFT, LETTER, reading

PAGE = ROOT / "docs" / "document-types.md"


def test_the_example_reads_what_the_page_says():
    [type_] = [
        parse_document_type(block.text, origin="") for block in blocks(PAGE, "toml") if block.note == "document_type"
    ]
    [paper] = [block.text for block in blocks(PAGE, "text") if block.note == "paper"]
    [promised] = [block.text for block in blocks(PAGE, "text") if block.note == "fields"]
    [document] = understand([reading(paper_lines(paper))], {type_.code: type_})
    assert (document.document_type, document.review_reasons) == (type_.code, ())
    found = {name: field.value for name, field in document.fields.items()}
    found |= {"valid_from": str(document.valid_from), "valid_to": str(document.valid_to)}
    assert found == dict(re.split(r"\s{2,}", line, maxsplit=1) for line in promised.splitlines())
    assert [owner.role for owner in document.owners] == [owner.role for owner in type_.owners]


def paper_lines(text: str) -> list[str]:
    """Return the lines with each word told where it stands, as `reading` wants it."""
    return [
        re.sub(r"\S+", lambda word: f"@{LEFT + LETTER * word.start()} {word[0]}", line) for line in text.splitlines()
    ]
