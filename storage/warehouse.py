"""Copies and records, kept by owner."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, groupby
from typing import NamedTuple

from schemas.alias import Alias, established
from schemas.digest import Sha256, sha256_hex
from schemas.identifier import PersonalIdentifier
from schemas.problem import INTEGRITY_MISMATCH, RECORD_UNKNOWN
from schemas.record import Copy, Record, RecordId
from storage import files, keys
from storage.port import ObjectMissingError, ObjectStore
from storage.recent import Recent
from storage.values import Sealed, Sign, check_place, is_sealed, keep, load_sealed, parse, seal

_PDF = "application/pdf"
_RECENT_BYTES = 64 * 1024**2


class AliasRow(NamedTuple):
    """A cancelled identifier, by owner key, and the one in its place."""

    cancelled: str
    said: int
    """How often something was said of it."""
    established: str | None
    """None: there is none, or nobody agreed yet."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The copies and records in an object store, and the secret behind its owner keys."""

    store: ObjectStore
    owner_secret: bytes = field(repr=False)
    _recent: Recent = field(default_factory=lambda: Recent(_RECENT_BYTES), repr=False, compare=False)
    """Sealed versions, as they were read and checked: none ever changes."""

    # --- copies ------------------------------------------------------------------------------------------------
    def keep_copy(self, unsigned: bytes, sign: Callable[[bytes], bytes]) -> Copy:
        """Sign a copy and store it; return what is now kept, the same however often this is done.

        A signature has a time in it, so signing twice makes two copies. What signing appended is therefore stored
        first, under the hash of the unsigned copy, and only the first one counts.

        Args:
            unsigned: the copy before signing.
            sign: returns it with bytes appended (PDF: incremental updates), and may be called in vain.
        """
        appended = self.store.put_once(keys.seal(sha256_hex(unsigned)), _appended(unsigned, sign(unsigned)))
        signed = unsigned + appended
        copy = Copy(sha256=sha256_hex(signed), size=len(signed), original=False)
        self.store.put(keys.file(copy.sha256), signed, content_type=_PDF)
        return copy

    def copy(self, sha256: Sha256) -> Iterator[bytes]:
        """Return a copy in pieces; the last one comes only if they have the right hash.

        Raises:
            ObjectMissingError: at once, if it is not kept.
            ProblemError: `integrity-mismatch`, in place of the last piece.
        """
        return files.read(self.store, sha256)

    def copy_address(self, sha256: Sha256) -> str | None:
        """Return where anybody can fetch a copy within a minute, None if it has to be handed out by us.

        Raises:
            ObjectMissingError: if it is not kept.
        """
        key = keys.file(sha256)
        address = self.store.address(key, _PDF)
        if address is not None and self.store.stat(key) is None:
            raise ObjectMissingError(key)
        return address

    # --- levels ------------------------------------------------------------------------------------------------
    def keep_tail(self, record_id: RecordId, tail: bytes, number: int = 1) -> None:
        """Store what raises a record's copy to a higher level: appended to the copy, it is a PDF of its own.

        A time-stamp has a time in it, so raising twice makes two tails; only the first one that was stored counts.

        Args:
            record_id: which record.
            tail: goes behind the copy and the tails before it; empty where nothing is ever to be appended.
            number: how many tails there are with it.
        """
        self.store.put_once(keys.level(record_id, number), tail)

    def tails(self, record_id: RecordId) -> Iterator[bytes]:
        """Yield what belongs behind a record's copy, in order; nothing if the copy was not raised."""
        for number in count(1):
            try:
                yield self.store.get(keys.level(record_id, number))
            except ObjectMissingError:
                return

    def raised(self) -> Iterator[keys.Raised]:
        """Yield the records about whose copies tails are decided, and how many, without the catalog."""
        levels = map(keys.raised_of, self.store.list(keys.LEVELS))
        for record_id, numbers in groupby(levels, key=lambda each: each.record_id):
            yield keys.Raised(record_id, max(each.number for each in numbers))

    def unraised(self) -> Iterator[keys.RecordVersion]:
        """Yield the first versions of the records about whose copies no tail is decided, without the catalog."""
        decided = {each.record_id for each in self.raised()}
        return (each for each in self.versions() if each.version == 1 and each.record_id not in decided)

    def keep_time_stamp(self, version: keys.RecordVersion, token: bytes) -> None:
        """Store the time-stamp over the signature of a record version; only the first one that was stored counts."""
        self.store.put_once(keys.time_stamp_of(keys.record(*version)), token)

    def time_stamp(self, version: keys.RecordVersion) -> bytes | None:
        """Return the time-stamp over the signature of a record version, None if there is none yet."""
        try:
            return self.store.get(keys.time_stamp_of(keys.record(*version)))
        except ObjectMissingError:
            return None

    def unstamped(self) -> Iterator[keys.RecordVersion]:
        """Yield the sealed versions of records that have no time-stamp, without the catalog."""
        stamped = {key for key in self.store.list(keys.RECORDS) if key.endswith(keys.TIME_STAMP)}
        return (each for each in self.versions() if keys.time_stamp_of(keys.record(*each)) not in stamped)

    # --- records -----------------------------------------------------------------------------------------------
    def keep_record(self, record: Record, sign: Sign) -> Record:
        """Store, point to and sign one version of a record; return what is stored: the first writer's, for ever.

        The signature comes last and makes the version count; whoever sees it finds everything else. Versions are
        consecutive. A caller who must know whether the stored one is theirs compares it with *record*.
        """
        key = keys.record(record.record_id, record.version)
        kept, data = keep(self.store, key, record)
        check_place(key, keys.record(kept.record_id, kept.version))
        for owner in self.owner_keys(kept):
            self.store.put(keys.pointer(owner, kept.record_id), b"")
        seal(self.store, key, data, sign)
        return kept

    def record(self, record_id: RecordId, version: int | None = None, *, known: int = 1) -> Sealed[Record]:
        """Return one version of a record, by default the latest.

        Args:
            record_id: which record; as a user gave it.
            version: which version; None: the latest.
            known: a version that is known to exist, such as the catalog's: the search for the latest starts there.

        Raises:
            ProblemError: `record-unknown` if there is no such record or version; `integrity-mismatch` if what is kept
                in its place is damaged or another one.
        """
        try:
            wanted = self.latest_version(record_id, known=known) if version is None else version
            key = keys.record(record_id, wanted)
        except ValueError as error:  # no version has this number, no record has this id
            raise RECORD_UNKNOWN.error(f"{record_id[:40]!r} is no record") from error
        found = load_sealed(self.store, Record, key)
        if found is None:
            raise RECORD_UNKNOWN.error(f"{record_id} has no version {wanted}")
        check_place(key, keys.record(found.value.record_id, found.value.version))
        return found

    def latest(self, known: keys.RecordVersion) -> Record:
        """Return the latest version of a record, of which one is known to be sealed: the catalog says so.

        It may not have heard of a later one yet, so the store is asked for that; the signature is not read.

        Raises:
            ProblemError: `integrity-mismatch` if it is lost or damaged.
        """
        key = keys.record(known.record_id, self.latest_version(known.record_id, known=known.version))
        data = self._recent.get(key)
        if data is None:
            try:
                data = self.store.get(key)
            except ObjectMissingError as error:
                raise INTEGRITY_MISMATCH.error(f"{key} is lost; the catalog names it") from error
            self._recent.keep(key, data)
        record = parse(Record, key, data)
        check_place(key, keys.record(record.record_id, record.version))
        return record

    def latest_version(self, record_id: RecordId, *, known: int = 1) -> int:
        """Return the number of the latest version, looking from *known* on; *known* itself if there is no later one."""
        while is_sealed(self.store, keys.record(record_id, known + 1)):
            known += 1
        return known

    def has_record(self, record_id: RecordId) -> bool:
        """Return whether a record exists."""
        return is_sealed(self.store, keys.record(record_id, 1))

    def versions(self) -> Iterator[keys.RecordVersion]:
        """Yield every sealed version of every record, by record id and version."""
        for key in self.store.list(keys.RECORDS):
            if key.endswith(keys.SIGNATURE):
                yield keys.record_version_of(key)

    # --- owners ------------------------------------------------------------------------------------------------
    def owner_key(self, identifier: PersonalIdentifier) -> str:
        """Return the pseudonym under which the records of a person are found."""
        return keys.owner_key(identifier, self.owner_secret)

    def owner_keys(self, record: Record) -> tuple[str, ...]:
        """Return the pseudonyms of the owners of *record*, in its order; owners without an identifier have none."""
        identifiers = (owner.identifier for owner in record.owners)
        return tuple(dict.fromkeys(self.owner_key(each) for each in identifiers if each is not None))

    def records_of(self, owner: str) -> Iterator[RecordId]:
        """Yield the ids of records that ever named *owner* (an owner key), without the catalog.

        A later version may have another owner, and a version that is not sealed yet does not count: read each one.
        """
        return (key.rpartition("/")[2] for key in self.store.list(keys.owned(owner)))

    # --- identifiers that were cancelled -----------------------------------------------------------------------
    def keep_alias(self, alias: Alias, sign: Sign) -> Alias:
        """Store, point to and sign what a person says of an identifier; return what is stored: the first one's."""
        owner = self.owner_key(alias.cancelled)
        key = keys.alias(owner, alias.number)
        kept, data = keep(self.store, key, alias)
        check_place(key, keys.alias(self.owner_key(kept.cancelled), kept.number))
        if kept.established is not None:
            self.store.put(keys.established(self.owner_key(kept.established)) + owner, b"")
        seal(self.store, key, data, sign)
        return kept

    def aliases_of(self, owner: str) -> tuple[Sealed[Alias], ...]:
        """Return everything that was said of an identifier (an owner key), in order."""
        found: list[Sealed[Alias]] = []
        while (sealed := load_sealed(self.store, Alias, keys.alias(owner, len(found) + 1))) is not None:
            check_place(keys.alias(owner, len(found) + 1), keys.alias(owner, sealed.value.number))
            found.append(sealed)
        return tuple(found)

    def aliased(self) -> Iterator[str]:
        """Yield the owner keys of the identifiers of which something was said."""
        yield from dict.fromkeys(keys.aliased_owner_of(key) for key in self.store.list(keys.ALIASES))

    def said_of(self, owner: str) -> AliasRow:
        """Return what the catalog keeps of an identifier of which something was said (an owner key)."""
        said = [sealed.value for sealed in self.aliases_of(owner)]
        holds = established(said)
        return AliasRow(owner, len(said), None if holds is None else self.owner_key(holds))

    def same_person(self, owner: str, at: datetime) -> frozenset[str]:
        """Return the owner keys of one person's identifiers as they were known before *at*, without the catalog."""
        known, new = {owner}, {owner}
        while new:
            pairs = [pair for each in new for pair in self._pairs(each, at)]
            new = {each for pair in pairs for each in pair} - known
            known |= new
        return frozenset(known)

    def _pairs(self, owner: str, at: datetime) -> Iterator[tuple[str, str]]:
        """Yield the cancelled identifier and the one in its place, by owner key, where *owner* is either."""
        folder = keys.established(owner)
        for cancelled in (owner, *(key.removeprefix(folder) for key in self.store.list(folder))):
            said = [sealed.value for sealed in self.aliases_of(cancelled) if sealed.was_known(at)]
            holds = established(said)
            pair = None if holds is None else (cancelled, self.owner_key(holds))
            if pair is not None and owner in pair:
                yield pair


def _appended(unsigned: bytes, signed: bytes) -> bytes:
    if not signed.startswith(unsigned):
        raise INTEGRITY_MISMATCH.error("signing changed the copy instead of appending to it")
    return signed[len(unsigned) :]
