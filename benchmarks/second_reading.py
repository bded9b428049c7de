"""`python -m benchmarks.second_reading FOLDER...`: what a second reading of doubtful fields is worth, kind by kind.

The thresholds in `pipeline/understand/accept.py` and `again.py` stand on this table: two readings that say the same
are to be wrong never, and what takes the place of a first reading is to be better than it.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.admit import admit
from pipeline.read import read_again, read_page
from pipeline.understand import understand
from pipeline.understand.again import CHECK, Opinions
from schemas.document_type import document_types
from schemas.field import Field
from schemas.page import PageReading, Spot, Word
from schemas.settings import Limits
from sohoa.bench.truth import Truth, same, truths_in

_COLUMNS = ("kind", "read twice", "agree", "of these wrong", "replaced", "better", "worse", "accepted", "silent errors")


class Twice(NamedTuple):
    """A field before and after its second reading."""

    kind: str
    before: Field
    after: Field
    was_right: bool
    is_right: bool

    def counted(self) -> Iterator[str]:
        """Yield the columns in which the field counts."""
        yield "read twice"
        agreed = any(check.name == CHECK and check.passed for check in self.after.checks)
        replaced = self.before.value != self.after.value
        named = {
            "agree": agreed,
            "of these wrong": agreed and not self.is_right,
            "replaced": replaced,
            "better": replaced and self.is_right,
            "worse": replaced and self.was_right and not self.is_right,
            "accepted": self.after.accepted,
            "silent errors": self.after.accepted and not self.is_right,
        }
        yield from (name for name, counts in named.items() if counts)


def main() -> None:
    """Measure and print a table in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folders", type=Path, nargs="+", help="scans with NAME.truth.json beside them")
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    for folder in arguments.parse_args().folders:
        for path, truths in truths_in(folder).items():
            for field in _doubtful(path, truths):
                for row in (field.kind, "all"):
                    tables[row].update(field.counted())
    print("| " + " | ".join(_COLUMNS) + " |")
    print("|---" * len(_COLUMNS) + "|")
    for kind, counts in sorted(tables.items(), key=lambda item: item[0] != "all"):
        print("| " + " | ".join([kind, *(str(counts[column]) for column in _COLUMNS[1:])]) + " |")


def _doubtful(path: Path, truths: Sequence[Truth]) -> Iterator[Twice]:
    """Yield the fields of a file that were read twice; none where the papers in it were not told apart rightly."""
    types = document_types()
    readings, opinions = _read(path)
    before, after = understand(readings, types), understand(readings, types, opinions)
    if [document.document_type for document in before] != [truth.document_type for truth in truths]:
        return
    for truth, first, second in zip(truths, before, after, strict=True):
        for name in truth.names():
            once, twice = first.fields.get(name), second.fields.get(name)
            if once is None or twice is None or once.checks == twice.checks:
                continue
            right = [any(same(name, field.value, one) for one in truth.options(name)) for field in (once, twice)]
            yield Twice(types[truth.document_type].fields[name].kind, once, twice, *right)


def _read(path: Path) -> tuple[list[PageReading], Opinions]:
    limits = Limits()
    opinions: dict[Spot, tuple[Word, ...]] = {}
    file = admit(path, limits)
    with tempfile.TemporaryDirectory() as folder:
        inks = [Path(folder, str(number)) for number in range(1, file.page_count + 1)]
        readings = [read_page(path, file.media_type, number, limits, ink) for number, ink in enumerate(inks, start=1)]
        doubts = [spot for document in understand(readings, document_types()) for spot in document.doubts]
        for reading, ink in zip(readings, inks, strict=True):
            spots = [spot for spot in doubts if spot.page == reading.page.number]
            if spots:
                opinions |= read_again(path, file.media_type, reading, spots, ink, limits)
    return readings, opinions


if __name__ == "__main__":
    main()
