"""Signatures of others: authorities are asked about their certificates, and their answers are all that is judged by.

So a verdict can be found again at any time from the file and the answers that were kept with it. A signature is judged
at the time that a time-stamp in it proves, or else when the file came: what it says of its own time proves nothing.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import collect_validation_info
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers import CertificateFetcher, Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

from pipeline.seal.answers import Answers
from pipeline.seal.trust import Heard, Trust
from pipeline.seal.verify import WEAK, judge_pdf
from schemas.digest import sha256_hex
from schemas.incoming import IncomingSignature, TrustList
from schemas.verdict import SignatureVerdict

_UNKNOWN = "whether its certificates were revoked is not known: no authority has said so"
_FORGOTTEN = "its certificate had ended when the authority was asked, which may have forgotten a revocation by then"
_SHA1 = "it rests on SHA-1, which is believed only if a time-stamp saw it until {:%Y-%m-%d}"

Lists = Mapping[TrustList, Sequence[bytes]]
"""Certificates that are trusted, PEM, by list; the first list that leads to a signature counts."""


class _NoCertificates(CertificateFetcher):
    """Fetches no certificates: a file of strangers must not make us call addresses of their choice.

    What is asked about revocation is asked at addresses in certificates that a trusted authority has signed.
    """

    async def fetch_cert_issuers(self, cert: object) -> AsyncGenerator[x509.Certificate, None]:  # noqa: ARG002 - pyHanko's
        """See pyHanko."""
        for each in self.fetched_certs():
            yield each

    def fetched_certs(self) -> tuple[x509.Certificate, ...]:
        """See pyHanko."""
        return ()


def ask(pdf: bytes, lists: Lists, at: datetime, seconds: float) -> Heard:
    """Return what authorities say about the certificates of all signatures in a PDF; who does not answer has no say.

    Args:
        pdf: the file.
        lists: only certificates below these are asked about.
        at: now.
        seconds: how long to wait in all.

    Not to be called where an event loop is running.
    """
    return asyncio.run(_ask(pdf, Trust.of([pem for pems in lists.values() for pem in pems]), at, seconds))


async def _ask(pdf: bytes, trust: Trust, at: datetime, seconds: float) -> Heard:
    async with AIOHttpFetcherBackend(per_request_timeout=seconds) as asking:
        fetchers = Answers().over(replace(asking, cert_fetcher=_NoCertificates()), at)
        with suppress(TimeoutError):
            await asyncio.wait_for(_ask_about(pdf, trust, at, fetchers), seconds)
        ocsps = {each.dump() for each in fetchers.ocsp_fetcher.fetched_responses()}
        crls = {each.dump() for each in fetchers.crl_fetcher.fetched_crls()}
    return Heard(tuple(sorted(ocsps)), tuple(sorted(crls)))


async def _ask_about(pdf: bytes, trust: Trust, at: datetime, fetchers: Fetchers) -> None:
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    for each in reader.embedded_signatures:
        with suppress(Exception):  # whatever is the matter with one signature is said when it is judged
            context = ValidationContext(
                trust_roots=list(trust.roots),
                other_certs=list(trust.between),
                moment=each.self_reported_timestamp or at,  # only certificates that are valid are asked about
                allow_fetching=True,
                fetchers=fetchers,
                revocation_mode="require",
                retroactive_revinfo=True,
                weak_hash_algos=["md2", "md5"],
            )
            await collect_validation_info(each, context)


def judge(
    pdf: bytes, lists: Lists, seen_at: datetime, asked_at: datetime, heard: Heard, sha1_until: datetime
) -> tuple[IncomingSignature, ...]:
    """Return the verdict on each signature of a file that came signed, the oldest first.

    Args:
        pdf: the file.
        lists: whom is trusted.
        seen_at: when the file came: by then it was signed.
        asked_at: when authorities were asked.
        heard: what they have answered.
        sha1_until: until when a time-stamp must have seen a signature that rests on SHA-1.

    Raises:
        ProblemError: as for `verify_pdf`.
    """
    trust = replace(Trust.of([pem for pems in lists.values() for pem in pems]), heard=heard)
    strict = judge_pdf(pdf, trust, seen_at)
    if any(WEAK in each.reasons for each in strict):
        lenient = {each.field: each for each in judge_pdf(pdf, replace(trust, takes_sha1=True), seen_at)}
        strict = tuple(_in_time(each, lenient[each.field], sha1_until) for each in strict)
    roots = _roots(lists)
    return tuple(
        IncomingSignature(verdict=_confirmed(each, asked_at), trusted_by=roots.get(each.root_sha256 or ""))
        for each in strict
    )


def judge_file(path: Path, lists: Lists, seen_at: datetime, *, sha1_until: datetime) -> tuple[IncomingSignature, ...]:
    """Return the verdicts on a file before anybody was asked; for a worker."""
    return judge(path.read_bytes(), lists, seen_at, seen_at, Heard(), sha1_until)


def ask_and_judge(
    path: Path, lists: Lists, seen_at: datetime, now: datetime, *, seconds: float, sha1_until: datetime
) -> tuple[Heard, tuple[IncomingSignature, ...]]:
    """Return what authorities say of a file, and the verdicts that this leads to; for a worker."""
    pdf = path.read_bytes()
    heard = ask(pdf, lists, now, seconds)
    return heard, judge(pdf, lists, seen_at, now, heard, sha1_until)


def _in_time(strict: SignatureVerdict, lenient: SignatureVerdict, sha1_until: datetime) -> SignatureVerdict:
    """Return the verdict that SHA-1 is good enough for, where a time-stamp is old enough."""
    if WEAK not in strict.reasons:
        return strict
    if lenient.proven_at is not None and lenient.proven_at <= sha1_until:
        return lenient
    reasons = tuple(_SHA1.format(sha1_until) if each == WEAK else each for each in strict.reasons)
    return strict.model_copy(update={"reasons": reasons})


def _confirmed(verdict: SignatureVerdict, asked_at: datetime) -> SignatureVerdict:
    """Return the verdict, which is not `VALID` as long as nobody has said that the certificates were good."""
    if verdict.verdict != "VALID":
        return verdict
    if not verdict.revocation_known:
        return verdict.model_copy(update={"verdict": "INDETERMINATE", "reasons": (_UNKNOWN,), "level": None})
    is_long_term = verdict.level in {"B-LT", "B-LTA"}  # the file carries older answers of its own
    if not is_long_term and verdict.certificate_until is not None and verdict.certificate_until < asked_at:
        return verdict.model_copy(update={"verdict": "INDETERMINATE", "reasons": (_FORGOTTEN,), "level": None})
    return verdict


def _roots(lists: Lists) -> dict[str, TrustList]:
    """Return which list each certificate that is trusted is in, by the hash of the certificate."""
    found: dict[str, TrustList] = {}
    for name, pems in lists.items():
        for certificate in Trust.of(pems).roots:
            found.setdefault(sha256_hex(certificate.dump()), name)
    return found
