"""The log of acts: who asked for whose records, when, what for. An entry is stored before the answer is given.

Acts that come together are stored together: one object, one act a line. While it is being written the next ones gather,
so nobody waits longer than for two writes, and a thousand lookups cost some hundred. No process waits for another.
Sealing comes afterwards: what is not sealed yet is put in order into the next segment of one Merkle tree, whose head
the agency signs. From then on nobody can take an act out, change it or put it elsewhere without its being seen.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Event, Lock

from schemas.audit import BEFORE_FIRST, AuditEntry, OnceOnlyReceipt, Segment, TreeHead
from schemas.digest import Sha256, sha256_hex
from schemas.lookup import AuditId
from schemas.problem import INTEGRITY_MISMATCH, ProblemError
from storage import keys, merkle
from storage.port import ObjectMissingError, ObjectStore
from storage.recent import Recent
from storage.values import Sealed, Sign, keep, load, load_sealed, parse, seal

LARGEST_SEGMENT = 10_000
"""Acts."""
UNSEALED_FOR = timedelta(hours=1)
"""How long an act may wait to be sealed."""
_LATE = timedelta(minutes=10)
"""How much later than others an act may come to the store and still be found by `seal` without looking at all days."""

_RECENT_BYTES = 16 * 1024**2
_JSON_LINES = "application/jsonl"

Checked = Callable[[bytes, bytes], str | None]
"""Returns what is wrong with the signature of some bytes, None if nothing is."""


class _Commit:
    """Acts of one day that are stored together, and what came of it."""

    def __init__(self, first: AuditEntry) -> None:
        self.acts = [first]
        self.done = Event()
        self.failure: BaseException | None = None

    @property
    def day(self) -> date:
        return _day(self.acts[0])

    @property
    def name(self) -> AuditId:
        return keys.audit_name(self.acts[0].at, self.acts[0].entry_id)

    def store_in(self, store: ObjectStore) -> None:
        try:
            data = b"\n".join(act.canonical_bytes() for act in self.acts)
            store.put(keys.audit_entry(self.day, self.name), data, content_type=_JSON_LINES)
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self.done.set()


class _Gathering:
    """Acts of this process that wait to be stored (group commit). Safe for many threads."""

    def __init__(self) -> None:
        self._lock, self._turn = Lock(), Lock()
        self._open: _Commit | None = None

    def store(self, entry: AuditEntry, store: ObjectStore) -> AuditId:
        """Return the name of the object in which *entry* is, once it is stored.

        The first of those that gather waits for its turn, and stores what has gathered by then; the others wait for it.
        """
        with self._lock:
            commit = self._open
            if leads := commit is None or commit.day != _day(entry):
                commit = self._open = _Commit(entry)
            else:
                commit.acts.append(entry)
        if not leads:
            commit.done.wait()
            if commit.failure is not None:
                raise _as_ours(commit.failure) from commit.failure
            return commit.name
        with self._turn:
            with self._lock:
                if self._open is commit:
                    self._open = None
            commit.store_in(store)
        return commit.name


def _as_ours(failure: BaseException) -> Exception:
    """Return the failure of a common write for one of those who waited for it: each raises one of its own."""
    if isinstance(failure, ProblemError):
        return ProblemError(failure.kind, failure.problem)
    return RuntimeError("the act could not be stored")


@dataclass(frozen=True, slots=True)
class Audit:
    """The log in an object store."""

    store: ObjectStore
    _gathering: _Gathering = field(default_factory=_Gathering, repr=False, compare=False)
    _recent: Recent = field(default_factory=lambda: Recent(_RECENT_BYTES), repr=False, compare=False)
    """Acts that were found of late: whoever opens one record of an answer opens the next."""

    def append(self, entry: AuditEntry) -> AuditId:
        """Store *entry*; only when this has returned may the answer be given.

        Returns:
            The name of the object that it is in, with which `entry` finds it again.
        """
        return self._gathering.store(entry, self.store)

    def entries(self, month: str = "") -> Iterator[AuditEntry]:
        """Yield every entry, by its day (UTC); within a day in no particular order.

        Args:
            month: only of this one, such as `2026-03`.
        """
        within = keys.audit_entries(month) if month else keys.AUDIT_ENTRIES
        return (entry for key in self.store.list(within) for entry in self._stored(key))

    def entry(self, day: date, name: AuditId, entry_id: AuditId) -> AuditEntry | None:
        """Return the entry of one act of a day (UTC), None if there is none.

        Args:
            day: of the act.
            name: of the object that it is in.
            entry_id: which one of those in there.
        """
        key = keys.audit_entry(day, name)
        data = self._recent.get(key)
        if data is None:
            try:
                data = self.store.get(key)
            except ObjectMissingError:
                return None
            self._recent.keep(key, data)
        return next((entry for entry in _acts(key, data) if entry.entry_id == entry_id), None)

    def _stored(self, key: str) -> list[AuditEntry]:
        return _acts(key, self.store.get(key))

    # --- sealing -------------------------------------------------------------------------------------------------
    def seal(self, now: datetime, sign: Sign, *, all_days: bool = False) -> int:
        """Add what is not sealed yet to the tree; return how many acts that were. Killed anywhere, it goes on.

        Of several who seal at the same time, the first one decides what is in a segment.

        Args:
            now: the time.
            sign: signs as the agency.
            all_days: look for acts of all days, not only of the last ones.
        """
        head = self._completed(sign)
        since = None if head is None or all_days else head.sealed_at - _LATE
        done = self._sealed_since(head, None if since is None else since - _LATE)
        sealed = 0
        for objects, entries in _segments(self._unsealed(since, done)):
            segment = Segment(
                number=1 if head is None else head.number + 1,
                first=0 if head is None else head.size,
                previous_head=BEFORE_FIRST if head is None else hash_of(head),
                sealed_at=now,
                objects=objects,
                entries=entries,
            )
            kept, _ = keep(self.store, keys.audit_segment(segment.number), segment)
            head = self._conclude(kept, head, sign)
            if kept != segment:
                break  # another one seals: it has taken some of ours, and the next run takes the rest
            sealed += len(entries)
        return sealed

    def _completed(self, sign: Sign) -> TreeHead | None:
        """Return the last head; made first, if whoever stored its segment was killed before they could."""
        head = next(self._heads_from_last(), None)
        number = 1 if head is None else head.value.number + 1
        segment = load(self.store, Segment, keys.audit_segment(number))
        last = None if head is None else head.value
        return last if segment is None else self._conclude(segment, last, sign)

    def _conclude(self, segment: Segment, before: TreeHead | None, sign: Sign) -> TreeHead:
        head = head_of(segment, before)
        key = keys.audit_head(segment.number)
        kept, data = keep(self.store, key, head)
        seal(self.store, key, data, sign)
        return kept

    def _heads_from_last(self) -> Iterator[Sealed[TreeHead]]:
        """Yield the signed heads, the last one first."""
        for number in range(self._length(), 0, -1):
            found = load_sealed(self.store, TreeHead, keys.audit_head(number))
            if found is not None:
                yield found

    def _length(self) -> int:
        """Return the number of the last head that is there: doubling, then halving; the store is asked few times."""
        if self.store.stat(keys.audit_head(1)) is None:
            return 0
        low, high = 1, 2
        while self.store.stat(keys.audit_head(high)) is not None:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.store.stat(keys.audit_head(middle)) is not None else (low, middle)
        return low

    def _sealed_since(self, head: TreeHead | None, moment: datetime | None) -> set[AuditId]:
        """Return the objects whose acts are sealed, in segments that were sealed since *moment*; None: in all."""
        found: set[AuditId] = set()
        for number in range(0 if head is None else head.number, 0, -1):
            segment = self.segment(number)
            found |= {name for _, name in _places(segment)}
            if moment is not None and segment.sealed_at < moment:
                break
        return found

    def _unsealed(self, since: datetime | None, done: set[AuditId]) -> Iterator[tuple[AuditId, list[AuditEntry]]]:
        """Yield the objects that are not *done* and their acts, by day and mostly by time."""
        start = (
            "" if since is None else keys.audit_entry(since.astimezone(UTC).date(), keys.audit_name(since, "0" * 32))
        )
        for key in self.store.list(keys.AUDIT_ENTRIES, start):
            name = keys.audit_entry_of(key)
            if name not in done:
                yield name, self._stored(key)

    # --- what is sealed ------------------------------------------------------------------------------------------
    def segment(self, number: int) -> Segment:
        """Return a segment.

        Raises:
            ProblemError: `integrity-mismatch` if it is lost or damaged.
        """
        key = keys.audit_segment(number)
        found = load(self.store, Segment, key)
        if found is None:
            raise INTEGRITY_MISMATCH.error(f"{key} is lost")
        return found

    def head(self, number: int) -> Sealed[TreeHead] | None:
        """Return a head, None if it is not there or not signed."""
        return load_sealed(self.store, TreeHead, keys.audit_head(number))

    def last_head(self) -> Sealed[TreeHead] | None:
        """Return the last head; keep it elsewhere, and nobody can cut off what it stands for."""
        return next(self._heads_from_last(), None)

    def keep_time_stamp(self, number: int, token: bytes) -> None:
        """Store the time-stamp over the signature of a head; only the first one that was stored counts."""
        self.store.put_once(keys.time_stamp_of(keys.audit_head(number)), token)

    def time_stamp(self, number: int) -> bytes | None:
        """Return the time-stamp of a head, None if it has none: those after it stand for it too."""
        try:
            return self.store.get(keys.time_stamp_of(keys.audit_head(number)))
        except ObjectMissingError:
            return None

    def time_stamped(self) -> list[int]:
        """Return the numbers of the heads that have a time-stamp, in order."""
        listed = (key for key in self.store.list(keys.AUDIT_HEADS) if key.endswith(keys.TIME_STAMP))
        return [keys.audit_number_of(key.removesuffix(keys.TIME_STAMP)) for key in listed]

    def receipt(self, entry_id: AuditId) -> OnceOnlyReceipt | None:
        """Return the receipt of an act, None while it is not sealed (or if there is no such act).

        Raises:
            ProblemError: `integrity-mismatch` if the log is damaged there.
        """
        for sealed in self._heads_from_last():
            segment = self.segment(sealed.value.number)
            place = next((n for n, entry in enumerate(segment.entries) if entry.entry_id == entry_id), None)
            if place is None:
                continue
            before = self.head(segment.number - 1) if segment.number > 1 else None
            leaves = [merkle.leaf_hash(entry.canonical_bytes()) for entry in segment.entries]
            index = segment.first + place
            path = merkle.inclusion_path(_tree(before.value if before else None), leaves, index)
            return OnceOnlyReceipt(
                entry=segment.entries[place],
                index=index,
                path=tuple(each.hex() for each in path),
                head=sealed.value,
                signature=b64encode(sealed.signature),
            )
        return None

    # --- the monitor ---------------------------------------------------------------------------------------------
    def faults(self, check: Checked, now: datetime, known: TreeHead | None = None) -> Iterator[str]:
        """Yield what is wrong with the log, each thing by its name; nothing, if all acts stand where they stood.

        That an act is not sealed yet is nothing wrong, unless it is older than `UNSEALED_FOR`: then nobody seals, or it
        was made up afterwards.

        Args:
            check: checks a signature of the agency.
            now: the time.
            known: a head that was kept elsewhere: the log must go on from it.
        """
        before: TreeHead | None = None
        length = max(self._length(), _last_segment(self.store))
        sealed: set[AuditId] = set()
        objects: set[AuditId] = set()
        for number in range(1, length + 1):
            try:
                segment, head = self.segment(number), self.head(number)
            except ProblemError as error:
                yield f"segment {number}: {error.problem.detail}"
                return
            if head is None:
                if number < length:
                    yield f"segment {number}: its head is lost or not signed"
                    return
                break  # whoever sealed was killed: its acts are not sealed yet
            yield from self._faults_of(segment, head, before, check)
            if known is not None and known.number == number and known != head.value:
                yield f"segment {number}: the log is not the one whose head was kept elsewhere: it was written anew"
            ids = [entry.entry_id for entry in segment.entries]
            yield from (f"entry {each}: it is sealed twice" for each in ids if each in sealed or ids.count(each) > 1)
            sealed |= set(ids)
            objects |= {name for _, name in _places(segment)}
            before = head.value
        if known is not None and known.number > length:
            yield f"segments {length + 1} to {known.number}: they are lost; a head that was kept elsewhere names them"
        for _, entries in self._unsealed(None, objects):
            for entry in entries:
                if entry.at < now - UNSEALED_FOR:
                    yield f"entry {entry.entry_id}: it is of {entry.at:%Y-%m-%d %H:%M}, and not sealed"

    def _faults_of(
        self, segment: Segment, head: Sealed[TreeHead], before: TreeHead | None, check: Checked
    ) -> Iterator[str]:
        name = f"segment {segment.number}"
        wrong = check(head.data, head.signature)
        if wrong is not None:
            yield f"{name}: the signature of its head: {wrong}"
        if head.value != head_of(segment, before):
            yield f"{name}: it is not what its signed head says, or does not follow the one before"
        stored: dict[AuditId, AuditEntry] = {}
        for place in _places(segment):
            try:
                stored |= {entry.entry_id: entry for entry in self._stored(keys.audit_entry(*place))}
            except ObjectMissingError:
                continue  # each of its acts is named below
            except ProblemError as error:
                if error.kind is not INTEGRITY_MISMATCH:
                    raise
                yield f"{name}: {error.problem.detail}"
        for entry in segment.entries:
            found = stored.get(entry.entry_id)
            if found is None:
                yield f"entry {entry.entry_id}: it was removed"
            elif found != entry:
                yield f"entry {entry.entry_id}: it was altered"
        yield from (
            f"entry {each}: it was added to those that were sealed"
            for each in stored.keys() - {entry.entry_id for entry in segment.entries}
        )


def head_of(segment: Segment, before: TreeHead | None) -> TreeHead:
    """Return the head of the log that ends with *segment* and had the head *before*."""
    leaves = [merkle.leaf_hash(entry.canonical_bytes()) for entry in segment.entries]
    tree = _tree(before).grown(leaves)
    return TreeHead(
        number=1 if before is None else before.number + 1,
        size=tree.size,
        root=tree.root.hex(),
        peaks=tuple(peak.hex() for peak in tree.peaks),
        segment=sha256_hex(segment.canonical_bytes()),
        previous_head=BEFORE_FIRST if before is None else hash_of(before),
        sealed_at=segment.sealed_at,
    )


def hash_of(head: TreeHead) -> Sha256:
    """Return what the next segment names."""
    return sha256_hex(head.canonical_bytes())


def what_fails(receipt: OnceOnlyReceipt, check: Checked) -> str | None:
    """Return what is wrong with a receipt, None if it proves its act."""
    wrong = check(receipt.head.canonical_bytes(), receipt.signature)
    if wrong is not None:
        return f"the signature of the head: {wrong}"
    leaf = merkle.leaf_hash(receipt.entry.canonical_bytes())
    path = [bytes.fromhex(each) for each in receipt.path]
    if not merkle.is_included(leaf, receipt.index, receipt.head.size, path, bytes.fromhex(receipt.head.root)):
        return "the act is not in the log that the agency has signed, or not in this form"
    return None


def _acts(key: str, data: bytes) -> list[AuditEntry]:
    """Return the acts that are stored together: one a line (RFC 8785 leaves no line feed in any)."""
    return [parse(AuditEntry, key, line) for line in data.split(b"\n")]


def _segments(
    objects: Iterator[tuple[AuditId, list[AuditEntry]]],
) -> Iterator[tuple[tuple[AuditId, ...], tuple[AuditEntry, ...]]]:
    """Yield what goes into each segment: whole objects, and their acts by time.

    Never a part of an object: so one that is named in a segment has all its acts in there.
    """
    names: list[AuditId] = []
    acts: list[AuditEntry] = []
    for name, entries in objects:
        names.append(name)
        acts += entries
        if len(acts) >= LARGEST_SEGMENT:
            yield tuple(names), tuple(sorted(acts, key=_in_time))
            names, acts = [], []
    if acts:
        yield tuple(names), tuple(sorted(acts, key=_in_time))


def _in_time(entry: AuditEntry) -> tuple[datetime, AuditId]:
    return entry.at, entry.entry_id


def _places(segment: Segment) -> Iterator[tuple[date, AuditId]]:
    """Yield the day and the name of each object that the acts of a segment are in."""
    if segment.objects:
        return ((keys.audit_day_of(name), name) for name in segment.objects)
    return ((_day(entry), entry.entry_id) for entry in segment.entries)


def _day(entry: AuditEntry) -> date:
    return entry.at.astimezone(UTC).date()


def _tree(head: TreeHead | None) -> merkle.Tree:
    if head is None:
        return merkle.Tree()
    return merkle.Tree(head.size, tuple(bytes.fromhex(peak) for peak in head.peaks))


def _last_segment(store: ObjectStore) -> int:
    """Return the highest number of a segment that is there, whatever is missing before it."""
    return max((keys.audit_number_of(key) for key in store.list(keys.AUDIT_SEGMENTS)), default=0)
