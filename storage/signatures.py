"""Reports about the signatures of files that came signed, and the answers of authorities that they rest on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from schemas.digest import Sha256, sha256_hex
from schemas.incoming import SignatureReport
from storage import files, keys
from storage.port import ObjectStore
from storage.values import check_place, keep, load


@dataclass(frozen=True, slots=True)
class Signatures:
    """The reports in an object store: one after the other, none is ever changed."""

    store: ObjectStore

    def keep(self, report: SignatureReport) -> SignatureReport:
        """Store a report unless there is one of this number; return the one that is stored."""
        kept, _ = keep(self.store, keys.signature_report(report.file_sha256, report.number), report)
        return kept

    def keep_answers(self, answers: Iterable[bytes]) -> tuple[Sha256, ...]:
        """Store what authorities have answered, byte for byte; return the hashes."""
        kept = {sha256_hex(each): each for each in answers}
        for sha256, data in kept.items():
            self.store.put(keys.file(sha256), data)
        return tuple(sorted(kept))

    def answers(self, hashes: Iterable[Sha256]) -> tuple[bytes, ...]:
        """Return what authorities have answered.

        Raises:
            ObjectMissingError: if an answer is lost.
            ProblemError: `integrity-mismatch`.
        """
        return tuple(b"".join(files.read(self.store, each)) for each in hashes)

    def report(self, file_sha256: Sha256, number: int) -> SignatureReport | None:
        """Return one report about a file, None if there is none of this number."""
        key = keys.signature_report(file_sha256, number)
        found = load(self.store, SignatureReport, key)
        if found is not None:
            check_place(key, keys.signature_report(found.file_sha256, found.number))
        return found

    def last(self, file_sha256: Sha256) -> SignatureReport | None:
        """Return the last report about a file, None if there is none."""
        last = None
        while (found := self.report(file_sha256, last.number + 1 if last else 1)) is not None:
            last = found
        return last

    def reported(self) -> Iterator[keys.Reported]:
        """Yield the files that there are reports about, and how many."""
        known = map(keys.reported_of, self.store.list(keys.SIGNATURES))
        for sha256, numbers in groupby(known, key=lambda each: each.file_sha256):
            yield keys.Reported(sha256, max(each.number for each in numbers))
