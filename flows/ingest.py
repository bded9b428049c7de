"""The flows of the live lane: `ingest` runs submissions, `reconcile` finds those that were left lying.

`raise_levels` adds to signed copies what authorities have to say, `preserve` makes and renews evidence,
`check_signatures` asks about signatures of others, `check_signers` about those who sign here, `fixity` reads again what
is stored.

Parameters and results are submission ids. Prefect is the clock and the switchboard; what became of a submission stands
in the object store, and every step may be run again.
"""

import os
from datetime import UTC, datetime
from typing import Any

from prefect import Task, flow, task
from prefect.client.schemas.objects import State, TaskRun

from flows.acts import seal_acts, time_stamp_log
from flows.evidence import preserve as preserve_all
from flows.house import House
from flows.incoming import check_again
from flows.keyring import Keyring
from flows.levels import raise_signatures
from flows.meters import told
from flows.process import process
from flows.progress import watcher
from flows.signers import check_signers as check_all_signers
from pipeline.workers import Workers
from schemas.backfill import STATION
from schemas.digest import Sha256
from schemas.problem import INTEGRITY_MISMATCH, SIGNER_ENDED, ProblemError
from schemas.settings import Settings
from storage.fixity import check_fixity
from storage.opening import open_second

MOST_AT_ONCE = 2000
"""Submissions in one flow run: Prefect takes half a megabyte of parameters."""

_BATCH = 200
"""Submissions in one task: what an outage makes us look at again, not do again."""


def now() -> datetime:
    """Return the time: the only clock of the flows."""
    return datetime.now(UTC)


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry an outage; never retry what will fail again."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, ProblemError) and error.kind.transient


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=may_pass, persist_result=False)
def run_batch(submission_ids: list[Sha256]) -> list[Sha256]:
    """Run a batch of submissions; return the ids of those that have an outcome now."""
    settings = Settings.load(os.environ).settings
    house = House.open(settings)
    try:
        with Workers(settings.workers, settings.limits) as workers:
            keyring = Keyring.open(settings, now())
            outcomes = process(house, keyring, workers, submission_ids, clock=now, watcher=watcher())
            return [outcome.submission_id for outcome in outcomes]
    except ProblemError as error:
        # Prefect keeps the words of what a task raises, and names of files may be names of people.
        raise ProblemError(error.kind, error.problem.model_copy(update={"file": None})) from None


@flow(name="ingest", persist_result=False)
def ingest(submission_ids: list[Sha256]) -> list[Sha256]:
    """Run submissions that have a receipt; one bad file does not stop the others."""
    batches = (submission_ids[start : start + _BATCH] for start in range(0, len(submission_ids), _BATCH))
    return [done for batch in batches for done in run_batch(batch)]


@flow(name="reconcile", persist_result=False)
def reconcile() -> list[Sha256]:
    """Run the submissions that wait for an outcome, the longest waiting first, until none does: none waits for ever.

    What comes meanwhile is taken along, so one run at a time is enough, and no submission is in two. What waits in the
    lane of a backfill is left to that. At the end the acts in the audit log are sealed.
    """
    house = House.open(Settings.load(os.environ).settings)
    done: list[Sha256] = []
    with told(house, "reconcile"):
        while waiting := house.catalog.waiting(apart_from=STATION)[:MOST_AT_ONCE]:
            done += ingest([each.submission_id for each in waiting])
        seal_acts(house, now)
    return done


@flow(name="raise-levels", persist_result=False)
def raise_levels() -> list[str]:
    """Raise what is not at the level that is wanted; return the ids of the records of which something was.

    The last head of the audit log is time-stamped too.
    """
    house = House.open(Settings.load(os.environ).settings, needs_catalog=False)
    with told(house, "raise-levels"):
        time_stamp_log(house)
        return list(raise_signatures(house, now))


@flow(name="check-signatures", persist_result=False)
def check_signatures() -> list[Sha256]:
    """Ask authorities about files that came signed and are not confirmed; return the files of which more is known."""
    house = House.open(Settings.load(os.environ).settings, needs_catalog=False)
    with told(house, "check-signatures"):
        return [report.file_sha256 for report in check_again(house, now)]


@flow(name="check-signers", persist_result=False)
def check_signers() -> int:
    """Ask whether those in the directory of signers may still sign; return how many end soon.

    Raises:
        ProblemError: `signer-ended` when some cannot any more or have a week left: that is the alarm.
    """
    house = House.open(Settings.load(os.environ).settings, needs_catalog=False)
    with told(house, "check-signers"):
        states = list(check_all_signers(house, now()))
        urgent = [state for state in states if state.warns_within in {0, 7} or state.revocation == "revoked"]
        if urgent:
            raise SIGNER_ENDED.error(f"{len(urgent)} of {len(states)} in the directory of signers")
    return sum(state.warns_within is not None for state in states)


@flow(name="fixity", persist_result=False)
def fixity() -> int:
    """Read again what has its turn today and mend it; return of how many objects. Fails when some are not sound then.

    Raises:
        ProblemError: `integrity-mismatch`: that is the alarm; the report in the store names all of them.
    """
    settings = Settings.load(os.environ).settings
    house, second = House.open(settings, needs_catalog=False), open_second(settings)
    with told(house, "fixity"):
        report = check_fixity(house.store, now(), days=settings.fixity.days, second=second)
        if not report.is_sound:
            gone = sum(report.fewer.values())
            raise INTEGRITY_MISMATCH.error(f"{len(report.damaged)} objects are damaged and {gone} are gone")
    return report.objects


@flow(name="preserve", persist_result=False)
def preserve() -> int:
    """Make evidence where there is none and renew what ends soon; return how much was done.

    Acts that came to the log much later than others are sealed too.
    """
    house = House.open(Settings.load(os.environ).settings, needs_catalog=False)
    with told(house, "preserve"):
        seal_acts(house, now, all_days=True)
        return sum(preserve_all(house, now))
