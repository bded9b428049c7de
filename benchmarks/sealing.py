"""`make bench-sealing`: what signing costs beside bare pyHanko, level by level, with keys in files and in a token.

Both do the same to the same copy, in turn, in one process: two visible signatures (PAdES, SHA-256), then a time-stamp
and what proves the certificates. What counts is processor time of this process, and the ratio: the authorities, which
run in another process, and other work on the machine are left out. Bare pyHanko is used as its manual says.
"""

import argparse
import asyncio
import io
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.signers import Signer as BareSigner
from pyhanko.sign.signers.pdf_signer import TimestampDSSContentSettings
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation.dss import collect_validation_info
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext

from benchmarks.run import table
from pipeline.keys import Signer
from pipeline.keys.token import token_signer
from pipeline.seal.answers import Answers
from pipeline.seal.copy import UnsignedCopy
from pipeline.seal.raising import Authorities, raise_copy, renew_copy
from pipeline.seal.sign import sign_copy
from schemas.settings import TokenSettings
from tests.pipeline.seal.scans import copied, reading, saved, sheet
from tests.pki import Pki, running_pki
from tests.pki.softhsm import PIN, token_with

_COLUMNS = ("key", "level", "CPU ms a copy", "bare pyHanko", "× bare", "copies a CPU second", "bytes added", "bare")
_KEYS = ("rsa", "good")
"""RSA-2048, and a P-256 key."""


class Work(NamedTuple):
    """One way to bring a copy to its next level: what we do, and the same with bare pyHanko."""

    level: str
    ours: Callable[[bytes], bytes]
    bare: Callable[[bytes], bytes]


class Told(NamedTuple):
    """What the other process says about its PKI."""

    tsa: str
    root: bytes
    files: Mapping[str, bytes]
    tokens: Mapping[str, TokenSettings]
    conf: str


def main() -> None:
    """Measure, and print Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--copies", type=int, default=15, help="copies at each level; the median counts")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch, authorities_apart(Path(scratch)) as told:
        picture, words = sheet()  # type: ignore[no-untyped-call]
        copy = copied(saved(picture, Path(scratch, "scan.jpg"), quality=70), reading(words))  # type: ignore[no-untyped-call]
        kinds = [(label, kind) for label in _KEYS for kind in ("file", "token")]
        rows = [row for label, kind in kinds for row in _rows(told, label, kind, copy, chosen.copies)]
        print(table(_COLUMNS, rows))


@contextmanager
def authorities_apart(folder: Path) -> Iterator[Told]:
    """Run the test PKI in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, folder), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def _serve(line: Connection, folder: Path) -> None:
    (folder / "pki").mkdir()
    with running_pki(folder / "pki") as pki:
        line.send(_told(pki, folder))
        line.recv()


def _told(pki: Pki, folder: Path) -> Told:
    files = {label: pki.pkcs12(label) for label in _KEYS}
    tokens = token_with(pki, folder, *_KEYS)
    return Told(pki.tsa, pki.root, files, tokens, str(folder / "softhsm2.conf"))


def _rows(told: Told, label: str, kind: str, copy: UnsignedCopy, copies: int) -> Iterator[list[str]]:
    """Yield a row for each level: the copy is brought there by us and by bare pyHanko, in turn."""
    ours, bare = signers_of(told, label, kind)
    key = f"{'RSA-2048' if label == 'rsa' else 'P-256'}, {'a file' if kind == 'file' else 'SoftHSM'}"
    before = _Pair(copy.pdf, copy.pdf)
    for work in _works(told, ours, bare, copy):
        costs, after = [], before
        for _ in range(copies):
            mine, theirs = _timed(work.ours, before.ours), _timed(work.bare, before.bare)
            costs.append((mine[0], theirs[0]))
            after = _Pair(mine[1], theirs[1])
        mine_ms, theirs_ms = (1000 * median(each) for each in zip(*costs, strict=True))
        ratio = median(mine / theirs for mine, theirs in costs)
        added = (len(after.ours) - len(before.ours), len(after.bare) - len(before.bare))
        yield [
            key,
            work.level,
            f"{mine_ms:.0f}",
            f"{theirs_ms:.0f}",
            f"{ratio:.2f}",
            f"{1000 / mine_ms:.0f}",
            *(f"{each / 1000:.1f} kB" for each in added),
        ]
        if work.level != "B-T":  # what is at B-LT was not at B-T before
            before = after


class _Pair(NamedTuple):
    ours: bytes
    bare: bytes


def _timed(work: Callable[[bytes], bytes], pdf: bytes) -> tuple[float, bytes]:
    start = time.process_time()
    made = work(pdf)
    return time.process_time() - start, made


def signers_of(told: Told, label: str, kind: str) -> tuple[Signer, BareSigner]:
    """Return the same key for us and for bare pyHanko, opened once."""
    if kind == "file":
        path = Path(told.conf).with_name(f"{label}.p12")
        path.write_bytes(told.files[label])
        return Signer.from_pkcs12(told.files[label], None, origin=label), SimpleSigner.load_pkcs12(str(path))  # type: ignore[no-untyped-call]
    os.environ["SOFTHSM2_CONF"] = told.conf
    token = told.tokens[label]
    chain = token.certificates.read_bytes()
    ours = token_signer(str(token.module), token.token, token.key, pin=PIN, certificates=chain, origin=label)
    # Without a PIN: who has logged in once is logged in with all sessions of a process (PKCS #11 v3.0, 5.6).
    session = open_pkcs11_session(str(token.module), token_criteria=TokenCriteria(label=token.token))
    certificate, *others = load_certs_from_pemder_data(chain)
    is_raw = label != "rsa"  # SoftHSM does not hash for ECDSA
    return ours, PKCS11Signer(
        session, signing_cert=certificate, ca_chain=others, key_label=token.key, use_raw_mechanism=is_raw
    )


def _works(told: Told, ours: Signer, bare: BareSigner, copy: UnsignedCopy) -> Iterator[Work]:
    authorities, answers, roots = Authorities(told.tsa, 60), Answers(), [told.root]
    now = datetime.now(UTC)
    yield Work(
        "B-B, both signatures",
        lambda pdf: pdf + sign_copy(copy, ours, ours, scanned_at=now, signed_at=now),
        lambda pdf: bare_signed(bare, copy, pdf),
    )
    yield Work(
        "B-T",
        lambda pdf: pdf + raise_copy(pdf, "B-T", authorities, roots, now, answers),
        lambda pdf: bare_stamped(told, pdf),
    )
    yield Work(
        "B-LT",
        lambda pdf: pdf + raise_copy(pdf, "B-LT", authorities, roots, now, answers),
        lambda pdf: asyncio.run(_bare_long_term(told, pdf)),
    )
    yield Work(
        "B-LTA, from B-LT",
        lambda pdf: pdf + renew_copy(pdf, authorities, roots, now, answers),
        lambda pdf: _bare_renewed(told, pdf),
    )


def bare_signed(signer: BareSigner, copy: UnsignedCopy, pdf: bytes) -> bytes:
    """Return a copy with two visible signatures, as the manual of pyHanko makes them."""
    for field, stamp in (("Scanner", copy.stamps.scanner), ("Agency", copy.stamps.agency)):
        meta = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        area = stamp.area
        box = (round(area.left), round(area.bottom), round(area.right), round(area.top))
        spec = SigFieldSpec(field, on_page=0, box=box)
        style = TextStampStyle(stamp_text="%(signer)s\n%(ts)s")
        signing = PdfSigner(meta, signer, stamp_style=style, new_field_spec=spec)
        pdf = signing.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
    return pdf


@cache
def _stamper(url: str) -> PdfTimeStamper:
    return PdfTimeStamper(HTTPTimeStamper(url))  # kept: it asks once how large a time-stamp is


def bare_stamped(told: Told, pdf: bytes) -> bytes:
    """Return a copy with a time-stamp of its own."""
    made: bytes = _stamper(told.tsa).timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), "sha256").getvalue()
    return made


def _context(told: Told) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(load_certs_from_pemder_data(told.root)), allow_fetching=True, revocation_mode="require"
    )


async def _bare_long_term(told: Told, pdf: bytes) -> bytes:
    context, written = _context(told), io.BytesIO(pdf)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        paths = [path for each in signatures for path in await collect_validation_info(each, context)]
        await _stamper(told.tsa).async_timestamp_pdf(
            IncrementalPdfFileWriter(written),
            "sha256",
            context,
            validation_paths=paths,
            dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
            in_place=True,
        )
    finally:
        await context.aclose()  # type: ignore[no-untyped-call]
    return written.getvalue()


def _bare_renewed(told: Told, pdf: bytes) -> bytes:
    written = io.BytesIO(pdf)
    _stamper(told.tsa).update_archival_timestamp_chain(PdfFileReader(written), _context(told))
    return written.getvalue()


if __name__ == "__main__":
    main()
