"""The verbs of records and owners, in one process: amended after the fact, looked up, explained."""

import json
import re
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest
from jsonschema import Draft202012Validator

from flows.keyring import Keyring
from schemas.export import schema_files
from schemas.field import Check, Field
from schemas.page import Box
from schemas.problem import AMENDMENT_UNFIT, BAD_REQUEST, DECISION_UNFIT, Exit, ProblemError
from schemas.record import REASONS, Owner
from sohoa.cli import cli
from sohoa.looking import this_user
from tests.storage.examples import AN, record

SCHEMAS = {name: Draft202012Validator(json.loads(text)) for name, text in schema_files()}
GROUND = ("--legal-basis", "12/QĐ-UBND", "--effective", "2026-11-03")


@pytest.fixture
def run(house, monkeypatch, capsys):
    """Return a function that runs a command, and returns its exit code and what it printed."""
    monkeypatch.setenv("SOHOA_HOME", str(house.settings.home))

    def run(*words):
        code = cli.main([str(word) for word in words], prog_name="sohoa", standalone_mode=False)
        return int(code or 0), capsys.readouterr().out

    return run


@pytest.fixture
def paper(house):
    """A death extract of which everything is sure, sealed with the keys of its home."""
    known = {"full_name": "NGUYỄN VĂN AN", "personal_id": AN.digits}
    names = ("number", "issue_date", "full_name", "date_of_birth", "sex", "personal_id", "death_date", "death_place",
             "death_cause", "registration_place", "signer_name")  # fmt: skip
    fields = {name: Field(value=known.get(name), confidence=1, accepted=True) for name in names}
    again = Check(name="read_again", passed=False, detail="Khe Ngậu")
    fields["death_place"] = Field(
        value="Khe Ngâu", confidence=0.5, page=1, box=Box(500, 700, 480, 40), accepted=True, raw_text="Khe Ngâu", checks=(again,)
    )  # fmt: skip
    pdf = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(pdf)
    copy = house.warehouse.keep_copy(pdf.getvalue(), lambda unsigned: unsigned + b"\n")
    found = record(
        document_type="death_extract",
        fields=fields,
        owners=(Owner(role="deceased", identifier=AN, name="NGUYỄN VĂN AN"),),
        copy_=copy,
    )
    keyring = Keyring.open(house.settings, datetime.now(UTC))
    house.catalog.keep_record(house.warehouse.keep_record(found, keyring.signing(lambda: datetime.now(UTC))))
    return found


def test_a_record_is_corrected_revoked_looked_up_and_explained(run, house, paper):
    about = paper.record_id
    change = ("--set", "death_place=Khe Ngậu", "--reason", "register_corrected", "--words", "UBND xã Kim Liên")
    code, out = run("record", "correct", about, *change, *GROUND, "--json")
    made = json.loads(out)
    SCHEMAS["record.schema.json"].validate(made)
    assert (code, made["version"], made["fields"]["death_place"]["value"]) == (Exit.DONE, 2, "Khe Ngậu")
    [amendment] = made["amendments"]
    assert amendment["legal_basis"] == {"code": "12/QĐ-UBND", "text": "UBND xã Kim Liên"}

    code, out = run("record", "revoke", about, "--reason", "forged", *GROUND)
    assert code == Exit.DONE
    assert "revoked from 2026-11-03 on: it is not genuine (giả mạo); 12/QĐ-UBND" in out

    asking = ("lookup", AN.digits, "--purpose", "1.001193", "--dossier", "H40.12-260331-0007", "--json")
    [now] = json.loads(run(*asking)[1])["records"]
    assert (now["reusable"], now["reasons"]) == (False, ["revoked"])
    [before] = json.loads(run(*asking, "--valid-on", "2026-11-02")[1])["records"]
    assert before["reusable"]
    assert json.loads(run(*asking, "--known-at", "2026-11-03T09:30:00+07:00")[1])["records"] == []
    assert json.loads(run(*asking, "--known-at", "2026-11-03")[1])["known_at"].startswith("2026-11-03T00:00:00")

    _, out = run("record", "explain", about, "death_place")
    for told in (
        "page 1 at 500,700, 480 × 40 pixels",
        "second reading: Khe Ngậu",
        "✗ read_again: a second reading said the same (Khe Ngậu)",
        f"{this_user()} corrected version 1 from Khe Ngâu to Khe Ngậu, register_corrected 12/QĐ-UBND",
        "correction of death_place from 2026-11-03 on: the register was corrected (cải chính hộ tịch)",
        "now says something else: death_place",
        "✓ record signature: ",
    ):
        assert told in out, told
    explained = json.loads(run("record", "explain", about, "--json")[1])
    SCHEMAS["explanation.schema.json"].validate(explained)
    assert [(each["version"], each["cause"]) for each in explained["versions"]] == [
        (1, "read"),
        (2, "correct"),
        (3, "revoke"),
    ]
    acts = [(entry.act, entry.purpose) for entry in house.audit.entries()]
    assert ("amend", "correct register_corrected 12/QĐ-UBND") in acts
    assert acts.count(("record", "sohoa record explain")) == 2


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("revoke", "--reason", "forged", "--legal-basis", "no instrument"), BAD_REQUEST),
        (("revoke", "--reason", "forged", "--legal-basis", "1/QĐ", "--effective", "1600-01-01"), BAD_REQUEST),
        (("supersede", "--by", "0f3a", "--reason", "reissued", *GROUND), BAD_REQUEST),
        (("correct", "--set", "death_place", "--reason", "misread", *GROUND), AMENDMENT_UNFIT),
        (("correct", "--set", "no_field=x", "--reason", "misread", *GROUND), DECISION_UNFIT),
        (("correct", "--set", "personal_id=0510", "--reason", "misread", *GROUND), DECISION_UNFIT),
        (("reinstate", "--reason", "act_annulled", *GROUND), AMENDMENT_UNFIT),
        (("explain", "no_field"), BAD_REQUEST),
    ],
)
def test_what_cannot_be_done_to_a_record_is_said_in_words(run, paper, words, kind):
    verb, *others = words
    with pytest.raises(ProblemError) as refused:
        run("record", verb, paper.record_id, *others)
    assert refused.value.kind is kind


def test_another_identifier_waits_for_a_second_person(run, paper):
    change = ("--set", "personal_id=051197000022", "--reason", "identifier_reestablished", *GROUND)
    code, out = run("record", "correct", paper.record_id, *change)
    assert code == Exit.WAITS_FOR_REVIEW
    assert "second_person:personal_id" in out


@pytest.mark.parametrize("act", REASONS)
def test_help_tells_every_reason_and_shows_an_example(run, act):
    _, out = run("record", act, "--help")
    assert f"Examples:\n  sohoa record {act}" in out
    assert all(re.search(rf"^ *{reason}: ", out, re.MULTILINE) for reason in REASONS[act])


def test_another_identifier_of_an_owner_waits_for_a_second_person_and_is_not_repeated_when_it_is_wrong(run, house):
    said = ("owner", "reestablish", AN.digits, "--legal-basis", "15/QĐ-CAT")
    assert run(*said[:3], "051197000022", *said[3:]) == (
        Exit.WAITS_FOR_REVIEW,
        "It waits for a second person, who says the same.\n",
    )
    with pytest.raises(ProblemError) as refused:
        run(*said[:3], "0511970000222", *said[3:])
    assert refused.value.kind is BAD_REQUEST
    assert "0511970000222" not in str(refused.value)


def test_a_record_is_found_by_what_is_known_of_the_paper(run, house, paper):
    name = ("--name", "nguyen van an", "--purpose", "1.000656")
    _, printed = run("record", "find", *name, "--type", "death_extract", "--json")
    answer = json.loads(printed)
    SCHEMAS["search_answer.schema.json"].validate(answer)
    assert [each["record_id"] for each in answer["records"]] == [paper.record_id]
    assert answer["records"][0].keys() & {"fields", "owners", "text"} == set()
    assert paper.record_id in run("record", "find", *name)[1]
    acts = [entry for entry in house.audit.entries() if entry.act == "search"]
    assert [(act.who, act.purpose) for act in acts] == [(this_user(), "1.000656")] * 2


@pytest.mark.parametrize("words", [(), ("--owner", "0402"), ("--from", "2016-13-01", "--name", "An"), ("--type", "?")])
def test_a_search_that_is_none_is_said_without_repeating_it(run, paper, words):
    with pytest.raises(ProblemError) as refused:
        run("record", "find", "--purpose", "1.000656", *words)
    assert refused.value.kind is BAD_REQUEST
    assert not [word for word in words if not word.startswith("--") and word in str(refused.value.problem)]
