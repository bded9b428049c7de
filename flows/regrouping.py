"""Splitting and merging papers: a person says which pages of a file make up which paper, and the file is read again so.

What they say goes the way of every scan, as a submission of the same file that says how its pages are grouped
(`Grouping`). So it is never lost and may be interrupted anywhere. Records whose pages stay together stay as they are;
the others are replaced by those that hold their pages now.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.reviewing import MACHINE, Clock, decide
from schemas.digest import Sha256
from schemas.outcome import DocumentOutcome, Outcome
from schemas.problem import DECISION_UNFIT, REVIEW_CONFLICT, REVIEW_NOT_WAITING, ProblemError
from schemas.record import Record, RecordId
from schemas.review import REGROUPED, Decision, Who
from schemas.submission import REVIEW_STATION, Grouping, Manifest

Papers = Sequence[tuple[int, ...]]


def papers_of(house: House, record: Record) -> tuple[DocumentOutcome, ...]:
    """Return the papers that were found in the file of a record, in its order."""
    outcome = house.inbox.outcome(record.submission_id)
    found = outcome.documents if outcome else ()
    return tuple(each for each in found if each.file_sha256 == record.origin.file_sha256 and each.record_id)


def regroup(house: House, keyring: Keyring, record: Record, papers: Papers, who: Who, clock: Clock) -> Sha256:
    """Send the file of a record again, with its pages grouped as a person says; return the submission's id.

    Raises:
        ProblemError: `decision-unfit` if *papers* are not all pages of the file's papers, each once, in another
            grouping; or if a paper would change that waits for nobody: what may be reused is not taken apart here;
            `review-conflict` if somebody else decided about one of them meanwhile.
    """
    now = papers_of(house, record)
    pages = sorted(chain.from_iterable(each.pages for each in now))
    if sorted(chain.from_iterable(papers)) != pages or not all(papers):
        raise DECISION_UNFIT.error(f"the pages {', '.join(map(str, pages))} belong to one paper each")
    grouped = tuple(sorted(tuple(sorted(paper)) for paper in papers))
    changed = [_latest(house, each) for each in now if each.pages not in grouped]
    if not changed:
        raise DECISION_UNFIT.error("the pages are grouped like that already")
    if not all(each.needs_review for each in changed):
        raise DECISION_UNFIT.error("a paper of the file waits for nobody, and stays as it is")
    _, sent = house.received(record.submission_id)
    manifest = Manifest(
        station=REVIEW_STATION,
        scanned_by=sent.scanned_by,
        scanned_at=sent.scanned_at,
        dossier_code=record.dossier_code,
        procedure_code=sent.procedure_code,
        files=tuple(file for file in sent.files if file.sha256 == record.origin.file_sha256),
        grouping=Grouping(of=record.submission_id, papers=grouped, who=who),
    )
    for each in changed:
        said = [decision.regrouped for decision in house.reviews.of(each.record_id)][-1:]
        if REGROUPED not in each.review_reasons:
            about = {"record_id": each.record_id, "version": each.version, "who": who, "at": clock()}
            decide(house, keyring, Decision(regrouped=manifest.submission_id, **about), clock)
        elif said != [manifest.submission_id]:
            raise DECISION_UNFIT.error("its pages are being grouped in another way already")
    receive(house, keyring, manifest, {}, clock)  # last: whoever was cut off before says the same again
    return manifest.submission_id


def replace_regrouped(house: House, keyring: Keyring, manifest: Manifest, outcome: Outcome, clock: Clock) -> None:
    """Let the papers of a new grouping stand in the place of those whose pages they hold. Any number of times."""
    if manifest.grouping is None or manifest.station != REVIEW_STATION:
        return
    before = house.inbox.outcome(manifest.grouping.of)
    files = {file.sha256 for file in manifest.files}
    new = {each.record_id: set(each.pages) for each in outcome.documents if each.record_id}
    for old in before.documents if before else ():
        if old.record_id is None or old.file_sha256 not in files or old.record_id in new:
            continue
        record = _latest(house, old)
        successors = tuple(record_id for record_id, pages in new.items() if pages & set(old.pages))
        if record.needs_review and successors:
            _replace(house, keyring, record, successors, clock)


def _replace(house: House, keyring: Keyring, record: Record, successors: Iterable[RecordId], clock: Clock) -> None:
    about = {"record_id": record.record_id, "version": record.version, "who": MACHINE, "at": clock()}
    try:
        decide(house, keyring, Decision(replaced_by=tuple(successors), **about), clock)
    except ProblemError as error:
        if error.kind not in {REVIEW_CONFLICT, REVIEW_NOT_WAITING}:  # somebody was faster
            raise


def _latest(house: House, document: DocumentOutcome) -> Record:
    return house.warehouse.record(str(document.record_id)).value
