"""What is known against the packages that are installed, and under which licences they are: `make audit`.

`python deploy/audit.py PIP-AUDIT [--service osv|pypi|URL]`. Each version that the lock files name is asked about, by
pip-audit, at an advisory service; nothing else is told to it. Ends with 0 when all are known and nothing is known
against any, with 1 when there are vulnerabilities, and with 2 when nothing could be found out about some or all of
them: that is no clean bill of health, and is not told like one.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent
LOCKS = (FOLDER / "server.lock", FOLDER / "station.lock")
"""What is installed where Sohoa runs."""


class Audit(NamedTuple):
    """What came of asking."""

    sound: tuple[str, ...]
    """Packages against which nothing is known."""
    vulnerable: tuple[str, ...]
    """Lines about those against which something is."""
    unknown: tuple[str, ...]
    """Packages of which the service says nothing."""

    @property
    def exit_code(self) -> int:
        """What is worse goes first."""
        return 1 if self.vulnerable else 2 if self.unknown or not self.sound else 0


def pins(*locks: Path) -> dict[str, str]:
    """Return the version of each package that the lock files name."""
    named = (re.finditer(r"^([\w.-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE) for lock in locks)
    return {found[1]: found[2] for each in named for found in each}


def judge(report: Mapping[str, Any]) -> Audit:
    """Return what a report of pip-audit (`--format json`) says; who was passed over is not known to be sound."""
    sound, vulnerable, unknown = [], [], []
    for each in report["dependencies"]:
        if "skip_reason" in each:
            unknown.append(each["name"])
        elif each["vulns"]:
            vulnerable += [_told(each, known) for known in each["vulns"]]
        else:
            sound.append(each["name"])
    return Audit(tuple(sound), tuple(vulnerable), tuple(unknown))


def _told(package: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    fixed = ", ".join(known["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {known['id']}, mended in {fixed}"


def ask(pip_audit: str, service: str) -> Audit:
    """Return what the advisory service says of all packages; of none, if it cannot be reached."""
    known = ("-s", service) if service in {"osv", "pypi"} else ("-s", "osv", "--osv-url", service)
    locks = [word for lock in LOCKS for word in ("-r", str(lock))]
    command = [pip_audit, "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    run = subprocess.run([*command, *known, *locks], capture_output=True, text=True, check=False)
    try:
        return judge(json.loads(run.stdout))
    except ValueError:  # it tells of failures in words, and at length
        last = run.stderr.strip().splitlines()[-1:]
        print(*last, sep="\n", file=sys.stderr)
        return Audit((), (), tuple(pins(*LOCKS)))


def licence(package: str) -> str:
    """Return the licence that a package that is installed here says it is under; nothing if it says none."""
    said = metadata(package)
    named = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if each.startswith("License :: ")]
    [expression, text] = (next(iter(said.get_all(name, [])), "") for name in ("License-Expression", "License"))
    return expression or " / ".join(each for each in named if each != "OSI Approved") or text.partition("\n")[0]


def licences() -> Iterator[tuple[str, str]]:
    """Yield each licence and the packages under it; `not installed here` has those that cannot be asked."""
    under = defaultdict(list)
    for package in sorted(pins(*LOCKS)):
        try:
            under[licence(package) or "none that it names"].append(package)
        except PackageNotFoundError:
            under["not installed here"].append(package)
    for name in sorted(under):
        yield name, ", ".join(under[name])


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pip_audit", metavar="PIP-AUDIT", help="the program")
    parser.add_argument("--service", default="osv", help="osv, pypi, or the address of a mirror of OSV's query")
    asked = parser.parse_args(arguments)
    print("Licences:", *(f"  {name}: {packages}" for name, packages in licences()), sep="\n")
    found = ask(asked.pip_audit, asked.service)
    print(*found.vulnerable, sep="\n", end="\n" if found.vulnerable else "")
    counts = f"{len(found.sound)} with nothing known against them, {len(found.vulnerable)} vulnerabilities"
    print(f"{len(pins(*LOCKS))} packages asked about at {asked.service}: {counts}, {len(found.unknown)} not found out.")
    if found.unknown:
        print("NOT AUDITED: the advisory service was not reached, or does not know them. Ask again where it is.")
    return found.exit_code


if __name__ == "__main__":
    sys.exit(main())
