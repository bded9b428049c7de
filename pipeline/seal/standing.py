"""Whether certificates of people who sign are revoked, asked of the authorities behind them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, RevokedError, ValidationError
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

from pipeline.seal.answers import Answers
from pipeline.seal.trust import Trust
from schemas.signer import Revocation

_AT_ONCE = 4


def revocations(
    chains: Sequence[bytes], trust: Sequence[bytes], at: datetime, seconds: float, answers: Answers | None = None
) -> list[Revocation]:
    """Return what authorities say of certificates, in order.

    Args:
        chains: PEM; each with the certificate that is asked about first, then those between it and the root.
        trust: root certificates, PEM.
        at: now.
        seconds: how long to wait for one answer.
        answers: what was heard before.

    Not to be called where an event loop is running.
    """
    return asyncio.run(_revocations(chains, Trust.of(trust), at, seconds, answers or Answers()))


async def _revocations(
    chains: Sequence[bytes], trust: Trust, at: datetime, seconds: float, answers: Answers
) -> list[Revocation]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def asked(chain: bytes) -> Revocation:
        async with gate:
            return await _revocation(chain, trust, at, answers.over(fetchers, at))

    async with AIOHttpFetcherBackend(per_request_timeout=seconds) as fetchers:
        return list(await asyncio.gather(*map(asked, chains)))


async def _revocation(chain: bytes, trust: Trust, at: datetime, fetchers: Fetchers) -> Revocation:
    certificate, *others = load_certs_from_pemder_data(chain)
    context = ValidationContext(
        trust_roots=list(trust.roots),
        other_certs=list(trust.between),
        moment=min(at, certificate.not_valid_after),  # of one that has ended it is asked too
        allow_fetching=True,
        fetchers=fetchers,
        revocation_mode="require",
        retroactive_revinfo=True,
    )
    validator = CertificateValidator(certificate, intermediate_certs=others, validation_context=context)
    try:
        await validator.async_validate_usage(key_usage=set())  # type: ignore[no-untyped-call]
    except RevokedError:
        return "revoked"
    except (PathError, ValidationError, ValueError):
        return "unknown"
    return "good"
