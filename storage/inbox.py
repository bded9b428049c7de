"""What stations send: files, then the manifest that makes them a submission, its receipt, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.backfill import KeyedRow
from schemas.digest import Sha256, sha256_hex
from schemas.outcome import Outcome
from schemas.problem import BAD_REQUEST, INTEGRITY_MISMATCH
from schemas.submission import Manifest, Receipt, SubmittedFile
from storage import files, keys
from storage.port import ObjectStore
from storage.values import JSON, Sealed, Sign, check_place, keep, load, load_sealed, parse, seal


@dataclass(frozen=True, slots=True)
class Inbox:
    """The submissions in an object store.

    The manifest is written last: once it is there, everything it names is. A submission without one never happened.
    """

    store: ObjectStore

    def submit(self, manifest: Manifest, paths: Mapping[Sha256, Path]) -> str:
        """Store the files and then the manifest; return its key. Any number of times.

        Args:
            manifest: what is sent.
            paths: where the bytes of each file are, by its hash; files that are stored already may be left out.

        Raises:
            ProblemError: `integrity-mismatch` if a file is not what the manifest says; as for `commit`.
        """
        for file in manifest.files:
            if file.sha256 in paths:
                self.put_file(file, paths[file.sha256])
        return self.commit(manifest)

    def put_file(self, file: SubmittedFile, path: Path) -> None:
        """Store one file of a submission that is yet to be committed."""
        self.store.put_file(keys.file(file.sha256), path, sha256=file.sha256)

    def commit(self, manifest: Manifest) -> str:
        """Store the manifest of files that are all stored; return its key.

        Raises:
            ProblemError: `bad-request` if a file is not stored or has another size than the manifest says.
        """
        for file in manifest.files:
            stored = self.store.stat(keys.file(file.sha256))
            if stored is None:
                raise BAD_REQUEST.error(f"the file with sha256 {file.sha256} was not sent", file=file.name)
            if stored.size != file.size:
                raise BAD_REQUEST.error(f"the manifest says {file.size} bytes, there are {stored.size}", file=file.name)
        if manifest.keyed is not None and self.store.stat(keys.file(manifest.keyed)) is None:
            raise BAD_REQUEST.error(f"the keyed values with sha256 {manifest.keyed} were not sent")
        key = keys.manifest(manifest)
        self.store.put(key, manifest.canonical_bytes(), content_type=JSON)
        return key

    def manifest(self, key: str) -> Manifest:
        """Return the manifest under *key*.

        Raises:
            ObjectMissingError: if there is none.
            ProblemError: `integrity-mismatch` if it is not the one that belongs there.
        """
        manifest = parse(Manifest, key, self.store.get(key))
        check_place(key, keys.manifest(manifest))
        return manifest

    def put_keyed(self, row: KeyedRow) -> Sha256:
        """Store what was keyed from a scan, of a submission that is yet to be committed; return its hash."""
        data = row.canonical_bytes()
        sha256 = sha256_hex(data)
        self.store.put(keys.file(sha256), data, content_type=JSON)
        return sha256

    def keyed(self, manifest: Manifest) -> KeyedRow | None:
        """Return what was keyed from the scan of a submission, None if nothing was.

        Raises:
            ObjectMissingError: if it is lost.
            ProblemError: `integrity-mismatch` if it is damaged, or was keyed from another scan.
        """
        if manifest.keyed is None:
            return None
        key = keys.file(manifest.keyed)
        row = parse(KeyedRow, key, b"".join(files.read(self.store, manifest.keyed)))
        if [row.file_sha256] != [file.sha256 for file in manifest.files]:
            raise INTEGRITY_MISMATCH.error(f"{key} was keyed from another scan")
        return row

    def fetch(self, file: SubmittedFile, path: Path) -> None:
        """Write a file of a submission to *path*, which appears only when it is whole and checked."""
        files.fetch(self.store, file.sha256, path)

    def manifests(self) -> Iterator[str]:
        """Yield the key of every manifest: by station, then by day."""
        return self.store.list(keys.INBOX)

    def give_receipt(self, receipt: Receipt, sign: Sign) -> Sealed[Receipt]:
        """Store and sign *receipt*, unless the submission has one; return the one that it has for ever."""
        key = keys.receipt(receipt.submission_id)
        given, data = keep(self.store, key, receipt)
        check_place(key, keys.receipt(given.submission_id))
        return Sealed(given, data, seal(self.store, key, data, sign))

    def receipt(self, submission_id: Sha256) -> Sealed[Receipt] | None:
        """Return the receipt of a submission, None if none was given.

        Raises:
            ProblemError: `integrity-mismatch` if it is damaged or another submission's.
        """
        key = keys.receipt(submission_id)
        found = load_sealed(self.store, Receipt, key)
        if found is not None:
            check_place(key, keys.receipt(found.value.submission_id))
        return found

    def receipts(self) -> Iterator[Sha256]:
        """Yield the id of every submission that has a receipt."""
        for key in self.store.list(keys.RECEIPTS):
            if key.endswith(keys.SIGNATURE):
                yield keys.submission_of(key)

    def conclude(self, outcome: Outcome) -> Outcome:
        """Store what became of a submission, unless that is stored; return what is."""
        key = keys.outcome(outcome.submission_id)
        kept, _ = keep(self.store, key, outcome)
        check_place(key, keys.outcome(kept.submission_id))
        return kept

    def outcome(self, submission_id: Sha256) -> Outcome | None:
        """Return what became of a submission, None while it waits.

        Raises:
            ProblemError: `integrity-mismatch` if that is damaged or another submission's.
        """
        key = keys.outcome(submission_id)
        found = load(self.store, Outcome, key)
        if found is not None:
            check_place(key, keys.outcome(found.submission_id))
        return found
