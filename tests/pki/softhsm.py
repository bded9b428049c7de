"""A token in software (SoftHSM2) that holds keys of the test PKI."""

import os
import subprocess
from pathlib import Path

from schemas.settings import TokenSettings
from tests.pki.authority import Pki

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN = "sohoa test"
PIN = "271828"


def token_with(pki: Pki, folder: Path, *labels: str) -> dict[str, TokenSettings]:
    """Make a token in *folder* that holds these keys, and return how each of them is used.

    The library reads SOFTHSM2_CONF when a process first loads it: one folder a process.
    """
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    _softhsm("--init-token", "--free", "--label", TOKEN, "--so-pin", "314159", "--pin", PIN)
    pin_file = folder / "pin"
    pin_file.write_text(PIN + "\n")
    return {label: _imported(pki, folder, number, label, pin_file) for number, label in enumerate(labels, start=1)}


def _imported(pki: Pki, folder: Path, number: int, label: str, pin_file: Path) -> TokenSettings:
    key, certificates = folder / f"{label}.key.pem", folder / f"{label}.chain.pem"
    key.write_bytes(pki.key(label))
    certificates.write_bytes(pki.chain(label))
    _softhsm("--import", key, "--token", TOKEN, "--label", label, "--id", f"{number:02x}", "--pin", PIN)
    return TokenSettings(module=MODULE, token=TOKEN, key=label, certificates=certificates, pin_file=pin_file)


def _softhsm(*words: str | Path) -> None:
    subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)
