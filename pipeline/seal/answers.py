"""What authorities have answered: each question is asked once for as long as its answer is good, whoever needs it.

Certificates of one authority share their CRL (RFC 5280) and thousands of signatures share a certificate, so that a copy
would otherwise cost two to four questions (OCSP, RFC 6960) that were answered a second ago.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple, Self

from asn1crypto import cms, crl, ocsp, x509
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.fetchers import CRLFetcher, Fetchers, OCSPFetcher

_LONGEST = timedelta(hours=1)
"""An answer is not used longer, whatever it says of itself: a list that is good for a month may be replaced today."""


class Answer(NamedTuple):
    """What was answered, and until when nobody has to be asked again."""

    ders: tuple[bytes, ...]
    until: datetime

    @classmethod
    def of(cls, der: bytes, at: datetime, next_at: datetime | None = None) -> Self:
        """Return an answer that came at a time; *next_at* is when there will be a newer one, if it says so."""
        longest = at + _LONGEST
        return cls((der,), longest if next_at is None else min(longest, next_at))


@dataclass(slots=True)
class Answers:
    """Answers that are still good, for any number of threads and event loops: they are kept as bytes."""

    _kept: dict[bytes, Answer] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def good(self, question: bytes, at: datetime) -> tuple[bytes, ...] | None:
        """Return what was answered to a question, None if it has to be asked (again)."""
        with self._lock:
            answer = self._kept.get(question)
        return answer.ders if answer is not None and at < answer.until else None

    def keep(self, question: bytes, answer: Answer) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[question] = answer

    def over(self, fetchers: Fetchers, at: datetime) -> Fetchers:
        """Return what asks *fetchers* only for what is not answered here; *at* is now."""
        return Fetchers(
            _OcspOnce(fetchers.ocsp_fetcher, self, at), _CrlsOnce(fetchers.crl_fetcher, self, at), fetchers.cert_fetcher
        )


class _OcspOnce(OCSPFetcher):
    """Asks for the status of a certificate once."""

    def __init__(self, asked: OCSPFetcher, answers: Answers, at: datetime) -> None:
        self._asked, self._answers, self._at = asked, answers, at
        self._used: dict[bytes, ocsp.OCSPResponse] = {}

    async def fetch(
        self, cert: x509.Certificate | cms.AttributeCertificateV2, authority: Authority
    ) -> ocsp.OCSPResponse:
        """See pyHanko."""
        question = b"ocsp" + cert.dump()
        known = self._answers.good(question, self._at)
        if known is None:
            heard = await self._asked.fetch(cert, authority)
            answer = Answer.of(heard.dump(), self._at, _next_status(heard) or self._at)
            self._answers.keep(question, answer)
            known = answer.ders
        response = self._used[question] = ocsp.OCSPResponse.load(known[0])
        return response

    def fetched_responses(self) -> Iterable[ocsp.OCSPResponse]:
        """See pyHanko."""
        return tuple(self._used.values())

    def fetched_responses_for_cert(
        self, cert: x509.Certificate | cms.AttributeCertificateV2
    ) -> Iterable[ocsp.OCSPResponse]:
        """See pyHanko."""
        found = self._used.get(b"ocsp" + cert.dump())
        return () if found is None else (found,)


class _CrlsOnce(CRLFetcher):
    """Fetches the lists that a certificate names once, for all certificates that name the same."""

    def __init__(self, asked: CRLFetcher, answers: Answers, at: datetime) -> None:
        self._asked, self._answers, self._at = asked, answers, at
        self._used: dict[bytes, tuple[crl.CertificateList, ...]] = {}

    async def fetch(
        self,
        cert: x509.Certificate | cms.AttributeCertificateV2,
        *,
        use_deltas: bool | None = True,
    ) -> Iterable[crl.CertificateList]:
        """See pyHanko."""
        question = _lists_of(cert)
        known = self._answers.good(question, self._at)
        if known is None:
            heard = tuple(await self._asked.fetch(cert, use_deltas=use_deltas))
            known = tuple(each.dump() for each in heard)
            self._answers.keep(question, Answer(known, min([self._at + _LONGEST, *_next_lists(heard, self._at)])))
        lists = self._used[question] = tuple(crl.CertificateList.load(each) for each in known)
        return lists

    def fetched_crls(self) -> Iterable[crl.CertificateList]:
        """See pyHanko."""
        return tuple(each for lists in self._used.values() for each in lists)

    def fetched_crls_for_cert(
        self, cert: x509.Certificate | cms.AttributeCertificateV2
    ) -> Iterable[crl.CertificateList]:
        """See pyHanko."""
        return self._used[_lists_of(cert)]


def _lists_of(cert: x509.Certificate | cms.AttributeCertificateV2) -> bytes:
    """Return what makes up the question: the issuer and where its lists are."""
    places = cert.crl_distribution_points_value
    return b"crls" + bytes(cert.issuer.dump()) + (b"" if places is None else bytes(places.dump()))


def _next_status(response: ocsp.OCSPResponse) -> datetime | None:
    """Return when there will be a newer answer; None if there always is one (RFC 6960, 2.4)."""
    if response["response_status"].native != "successful":
        return None
    times = [each["next_update"].native for each in response.response_data["responses"]]
    return None if None in times else min(times, default=None)


def _next_lists(lists: Collection[crl.CertificateList], at: datetime) -> list[datetime]:
    return [each["tbs_cert_list"]["next_update"].native or at for each in lists]
