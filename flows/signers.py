"""Looking after the directory of signers: who is in it, and whose right or certificate ends or was revoked."""

from collections.abc import Iterator
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from flows.house import House
from flows.keyring import trusted_roots
from pipeline.keys import Signer
from pipeline.seal.standing import revocations
from schemas.digest import sha256_hex
from schemas.problem import BAD_REQUEST
from schemas.signer import AgencyCode, Role, SignerEntry, SignerState


def add_signer(
    house: House,
    pem: bytes,
    agency: AgencyCode,
    role: Role,
    signs_from: date | None,
    signs_until: date | None,
    *,
    by: str,
    at: datetime,
) -> SignerState:
    """Write a signer down, or from when to when an earlier one signs now; return how they are today.

    Args:
        house: whose directory.
        pem: the signer's certificate, then those between it and the root.
        agency: for which they sign.
        role: what they sign as.
        signs_from: first day; None: that of the certificate.
        signs_until: last day; None: that of the certificate.
        by: who says so.
        at: now.

    Raises:
        ProblemError: `bad-request` for what is no certificate; `configuration` for a key that cannot sign here.
    """
    try:
        certificate, *_ = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise BAD_REQUEST.error("no certificate in PEM form") from error
    Signer.of(certificate, (), lambda _: b"", origin="the certificate")
    identity = sha256_hex(certificate.public_bytes(Encoding.DER))
    last = house.signers.last(identity)
    entry = SignerEntry(
        certificate_sha256=identity,
        number=(last.number if last else 0) + 1,
        agency=agency,
        role=role,
        signs_from=signs_from or certificate.not_valid_before_utc.date(),
        signs_until=signs_until,
        certificates=pem.decode("ascii", errors="replace"),
        by=by,
        at=at,
    )
    house.signers.keep(entry)
    return state_of(entry, at)


def last_day(entry: SignerEntry) -> date:
    """Return the last day of a right to sign: of the right or of the certificate, whichever ends first."""
    ends = _certificate(entry).not_valid_after_utc.date()
    return ends if entry.signs_until is None else min(ends, entry.signs_until)


def _certificate(entry: SignerEntry) -> x509.Certificate:
    certificate, *_ = x509.load_pem_x509_certificates(entry.certificates.encode("ascii"))
    return certificate


def state_of(entry: SignerEntry, at: datetime) -> SignerState:
    """Return how a signer is on a day, by what is written down."""
    until = last_day(entry)
    return SignerState(
        certificate_sha256=entry.certificate_sha256,
        name=Signer.of(_certificate(entry), (), lambda _: b"", origin="the certificate").name,
        agency=entry.agency,
        role=entry.role,
        signs_from=entry.signs_from,
        signs_until=until,
        days_left=(until - at.date()).days,
    )


def check_signers(house: House, at: datetime) -> Iterator[SignerState]:
    """Yield how each signer is, the first to end first; authorities are asked whether they were revoked."""
    entries = sorted(house.signers.all(), key=lambda entry: state_of(entry, at).days_left)
    chains = [entry.certificates.encode("ascii") for entry in entries]
    seconds = house.settings.incoming.ask_seconds
    for entry, revocation in zip(entries, revocations(chains, trusted_roots(house.settings), at, seconds), strict=True):
        yield state_of(entry, at).model_copy(update={"revocation": revocation})
