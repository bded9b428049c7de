"""`python -m benchmarks.linkage`: whether papers without an identifier find their owners, and what that costs.

Papers of which the truth is known are matched against a made registry (`samples/registry.py`), one after the other and
as `sohoa owner match` does it: who may be meant is asked of the registry, who it is is judged. Some papers are about
people whom the registry does not know, though it knows their brothers and sisters.

With `--learn` weights are made instead: from other people, and without being told who is who.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.run import table
from pipeline.calibrate.bounds import upper_bound
from pipeline.linkage.judge import MOST, judge
from pipeline.linkage.learn import Asked, begin, learn
from samples.registry import AS_OF, INDEX, NAME, SEED, Paper, papers, residents
from schemas.linkage import Registered, Weights, weights
from storage.registry import FileRegistry, make_registry

_UNKNOWN = 0.03
"""The share of papers about people whom the registry does not know."""
_LEARN_SEED = 7


@dataclass(slots=True)
class Tally:
    """What became of papers."""

    papers: int = 0
    known: int = 0
    """Whose owner is in the registry."""
    linked: int = 0
    wrong: int = 0
    doubtful: int = 0
    kinds: dict[str, "Tally"] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """The share of links that are right."""
        return 1 - self.wrong / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        """The share of papers whose owner is in the registry that were linked to them."""
        return (self.linked - self.wrong) / self.known if self.known else 1.0


def main() -> None:
    """Make a registry, match papers, and print tables in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--papers", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--learn", action="store_true", help="print weights, learnt without the truth, as JSON")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sohoa-linkage-") as folder:
        if given.learn:
            print(learnt(Path(folder), given.people, given.papers).model_dump_json(indent=1))
        else:
            measure(Path(folder), given.people, given.papers, given.seed)


def measure(folder: Path, people: int, count: int, seed: int) -> Tally:
    """Match papers against a registry of so many people; return what became of them."""
    began = time.perf_counter()
    registry, some = made(folder / "registry.sqlite3", people, count, seed)
    made_in, before = time.perf_counter() - began, _memory()
    began, worked = time.perf_counter(), time.process_time()
    with closing(registry):
        found = matched(registry, some, weights())
    took, worked = time.perf_counter() - began, time.process_time() - worked
    size = (folder / "registry.sqlite3").stat().st_size
    print(f"{people} people, {count} papers, weights {weights().version}\n")
    told = (
        ("registry made", f"{made_in:.0f} s, {size / 2**20:.0f} MiB"),
        ("matching", f"{took:.0f} s, {worked:.0f} s of CPU, {1000 * took / count:.2f} ms a paper"),
        ("memory of the process", f"{_memory():.0f} MiB at most, {before:.0f} MiB of it for making people"),
        ("linked, and wrong", f"{found.linked}, {found.wrong}: precision {found.precision:.4%}"),
        ("upper 95 % bound of the share that is wrong", f"{upper_bound(found.wrong, found.linked):.4%}"),
        ("of those whom the registry knows, linked", f"{found.recall:.2%}"),
        ("doubtful: for people to look at", f"{found.doubtful / found.papers:.2%}"),
    )
    print(table(("", ""), told), "\n")
    print(table(("damage", "papers", "linked right", "linked wrong", "precision", "recall", "doubtful"), _rows(found)))
    return found


def made(path: Path, people: int, count: int, seed: int) -> tuple[FileRegistry, list[Paper]]:
    """Return a registry in a new file, and papers of people in it and of some who are not, in no order."""
    rng = Random(seed)
    unknown = int(count * _UNKNOWN)
    everybody = residents(people + unknown, seed)
    left_out = set(rng.sample(range(people + unknown), unknown))
    asked = set(rng.sample(range(people), count - unknown))
    strangers: list[Registered] = []
    known: list[Registered] = []

    def kept() -> Iterator[Registered]:
        inside = 0
        for number, each in enumerate(everybody):
            if number in left_out:
                strangers.append(each)
                continue
            if inside in asked:
                known.append(each)
            inside += 1
            yield each

    make_registry(path, kept(), INDEX, NAME, AS_OF)
    some = list(papers(known, strangers, seed))
    rng.shuffle(some)
    return FileRegistry(path, INDEX), some


def matched(registry: FileRegistry, some: Iterable[Paper], known: Weights) -> Tally:
    """Return what becomes of papers, all together and by kind of damage."""
    whole = Tally()
    for paper in some:
        judged = judge(paper.said, registry.ask(paper.said, MOST), registry.about.people, known)
        linked = judged.candidates[0].registered.identifier if judged.sure else None
        those = [whole, *(whole.kinds.setdefault(kind, Tally()) for kind in _kinds(paper))]
        for tally in those:
            tally.papers += 1
            tally.known += paper.truth is not None
            tally.linked += linked is not None
            tally.wrong += linked is not None and linked != paper.truth
            tally.doubtful += bool(judged.candidates) and linked is None
    return whole


def _kinds(paper: Paper) -> Iterator[str]:
    yield from paper.damage
    if paper.truth is None:
        yield "not in the registry"
    if len(paper.damage) > 2:
        yield "three kinds or more"


def _rows(found: Tally) -> Iterator[tuple[str, ...]]:
    for kind, tally in [*sorted(found.kinds.items(), key=lambda item: -item[1].recall), ("all", found)]:
        recall = f"{tally.recall:.1%}" if tally.known else "–"
        yield (
            kind, str(tally.papers), str(tally.linked - tally.wrong), str(tally.wrong), f"{tally.precision:.3%}",
            recall, f"{tally.doubtful / tally.papers:.1%}",
        )  # fmt: skip


# --- learning --------------------------------------------------------------------------------------------------
def learnt(folder: Path, people: int, count: int) -> Weights:
    """Return weights learnt from people whom nothing is measured with."""
    registry, some = made(folder / "registry.sqlite3", people, count, _LEARN_SEED)
    start = begin((each.person for each in registry.everybody()), Random(_LEARN_SEED))
    cases = [Asked(paper.said, registry.ask(paper.said, MOST)) for paper in some]
    note = f"python -m benchmarks.linkage --learn --people {people} --papers {count}"
    return learn([each for each in cases if each.answer.complete], registry.about.people, start, note)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
