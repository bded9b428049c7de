"""What services write about their work: for programs, and nothing about anybody."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.backfill.lane import backfill
from flows.ingest import ingest
from flows.log import WITHHELD, Log
from flows.meters import told
from schemas.problem import STORE_UNREACHABLE, ProblemError


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def written(**facts):
    out = io.StringIO()
    Log(out)("outcome", **facts)
    [line] = lines(out.getvalue())
    return line


@pytest.mark.parametrize("fact", ["ab" * 32, "ab" * 16, "vinh-01", "store-unreachable", "raise-levels", 12, 0.25, None])
def test_ids_codes_and_numbers_are_facts(fact):
    assert written(fact=fact)["fact"] == fact


@pytest.mark.parametrize(
    "fact",
    [
        "040323199413",
        "187654321",
        "NGUYỄN VĂN AN",
        "Nguyen Van An",
        "scan of 040323199413.pdf",
        "",
        "0912345678",
        "a\nb",
    ],
)
def test_names_sentences_and_identifiers_of_people_are_withheld(fact):
    assert written(fact=fact)["fact"] == WITHHELD


short = st.text(max_size=3)


@settings(max_examples=50)
@given(short, st.integers(10**8, 10**12 - 1).map(str), short)
def test_no_identifier_gets_in_whatever_stands_around_it(before, identifier, after):
    text = before + identifier + after
    line = written(fact=text)
    assert identifier not in line["fact"] or len(text) in {32, 64}


def test_a_log_that_cannot_be_written_stops_nobody():
    out = io.StringIO()
    out.close()
    Log(out)("flow", flow="ingest")
    Log(None)("flow", flow="ingest")


def test_a_flow_run_tells_how_it_ended(house):
    with told(house, "reconcile"):
        pass
    with pytest.raises(ProblemError), told(house, "reconcile"):
        raise STORE_UNREACHABLE.error("no answer")
    counted = {(each.labels, each.times) for each in house.catalog.meters()}
    assert counted == {("reconcile/done", 1), ("reconcile/failed", 1)}


def test_a_paper_goes_the_whole_way_and_nothing_of_it_or_of_any_secret_is_told(whole_way):
    house, said = whole_way.house, whole_way.log
    assert [line["event"] for line in lines(said)] == ["receipt", "outcome"]
    assert lines(said)[1]["submission"] == whole_way.submission_id
    told_of = said + repr(house.catalog.meters()) + "".join(span.to_json() for span in whole_way.spans)
    assert len(whole_way.planted) > 10
    assert not [each for each in whole_way.planted if each.lower() in told_of.lower()]
    assert {each.meter for each in house.catalog.meters()} == {"stage_seconds", "outcome_seconds", "documents", "pages"}


@pytest.mark.parametrize("words", [["NGUYỄN VĂN AN"], ["040323199413"]])
def test_parameters_of_flows_are_ids_and_nothing_else(words):
    with pytest.raises(Exception, match="match pattern"):
        ingest.validate_parameters({"submission_ids": words})
    with pytest.raises(Exception, match="match pattern"):
        backfill.validate_parameters({"plan_id": words[0], "shard": 1})
