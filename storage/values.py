"""Values as objects: canonical JSON in, checked values out, and the ones that are sealed with a detached signature."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from asn1crypto import cms
from pydantic import ValidationError

from schemas.model import Value
from schemas.problem import INTEGRITY_MISMATCH
from storage import keys
from storage.port import ObjectMissingError, ObjectStore

V = TypeVar("V", bound=Value)

Sign = Callable[[bytes], bytes]
"""Returns the detached signature (CMS, DER) of some bytes."""

JSON = "application/json"
_PKCS7 = "application/pkcs7-signature"


class Sealed(NamedTuple, Generic[V]):
    """A value, the very bytes of it that were signed, and their detached signature."""

    value: V
    data: bytes
    signature: bytes

    def was_known(self, at: datetime) -> bool:
        """Return whether it was sealed before *at*.

        Signatures state whole seconds, so it counts from the second after that in which it was sealed: within that
        second, nobody could tell which of two came first.
        """
        return self.sealed_at < at.replace(microsecond=0)

    @property
    def sealed_at(self) -> datetime:
        """When it was sealed, in whole seconds, as its signature states (signing-time, RFC 5652 section 11.3).

        Raises:
            ProblemError: `integrity-mismatch` if the signature states no time.
        """
        try:
            [signer] = cms.ContentInfo.load(self.signature)["content"]["signer_infos"]
            times = [
                each["values"][0].native for each in signer["signed_attrs"] if each["type"].native == "signing_time"
            ]
            return min(each for each in times if isinstance(each, datetime))
        except (ValueError, TypeError, KeyError, IndexError) as error:  # what asn1crypto makes of damaged bytes
            raise INTEGRITY_MISMATCH.error(f"the signature of a {type(self.value).__name__} states no time") from error


def parse(type_: type[V], key: str, data: bytes) -> V:
    """Return the value that *data* holds.

    Raises:
        ProblemError: `integrity-mismatch` if it does not hold one. The message does not repeat the data.
    """
    try:
        return type_.model_validate_json(data)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise INTEGRITY_MISMATCH.error(f"{key} is not a {type_.__name__}: {where}") from error


def check_place(key: str, belongs: str) -> None:
    """Make sure that a value that was found under *key* is the one that *belongs* there: each says where that is.

    Raises:
        ProblemError: `integrity-mismatch`; a whole and signed value is still the wrong one in another's place.
    """
    if key != belongs:
        raise INTEGRITY_MISMATCH.error(f"{key} holds what belongs under {belongs}")


def load(store: ObjectStore, type_: type[V], key: str) -> V | None:
    """Return the value stored under *key*, None if there is none."""
    try:
        return parse(type_, key, store.get(key))
    except ObjectMissingError:
        return None


def keep(store: ObjectStore, key: str, value: V) -> tuple[V, bytes]:
    """Store *value* unless one is stored there; return the one that is, and its bytes: it holds for ever."""
    data = store.put_once(key, value.canonical_bytes(), content_type=JSON)
    return parse(type(value), key, data), data


def seal(store: ObjectStore, key: str, data: bytes, sign: Sign) -> bytes:
    """Sign *data*, which is stored under *key*, unless that is done; return the signature: it makes the value count.

    Nobody asks first whether it is done: it seldom is, and the first signature that was stored counts anyway.
    """
    return store.put_once(keys.signature_of(key), sign(data), content_type=_PKCS7)


def is_sealed(store: ObjectStore, key: str) -> bool:
    """Return whether what is stored under *key* counts."""
    return store.stat(keys.signature_of(key)) is not None


def load_sealed(store: ObjectStore, type_: type[V], key: str) -> Sealed[V] | None:
    """Return the sealed value stored under *key*, None if its signature is not there (yet).

    Raises:
        ProblemError: `integrity-mismatch` if there is a signature, which comes last, and not what was signed.
    """
    try:
        signature = store.get(keys.signature_of(key))
    except ObjectMissingError:
        return None
    try:
        data = store.get(key)
    except ObjectMissingError as error:
        raise INTEGRITY_MISMATCH.error(f"{key} is lost; its signature is there") from error
    return Sealed(parse(type_, key, data), data, signature)
