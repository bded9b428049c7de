"""`sohoa demo`: the main job on the bundled sample scans, end to end, and what to look at next."""

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

from flows.house import House
from schemas.problem import Exit
from schemas.record import Record
from schemas.report import Ingestion
from schemas.settings import Settings
from sohoa import console
from sohoa.ingesting import ingest_files
from sohoa.looking import export_record
from sohoa.verifying import verify_target

SCANS = Path(__file__).with_name("scans")
"""Made-up papers of made-up people, damaged like real scans; how they are made is in the project's `samples` folder."""

_PURPOSE = "1.001193"
_DOSSIER = "H40.12-260331-0007"


def run_demo(settings: Settings) -> Exit:
    """Take the bundled scans in, verify what came of them, and say where to look; return 0 when all of it is sound."""
    console.say(f"Taking in the scans of {SCANS} …\n")
    scans = sorted(path for path in SCANS.iterdir() if path.suffix != ".json")
    outcomes = list(ingest_files(scans, settings, dossier_code=_DOSSIER, procedure_code=_PURPOSE))
    for outcome in outcomes:
        console.print_ingestion(outcome)
    console.say("\nVerifying every record: copy, signatures, hashes …")
    ids = [outcome.record_id for outcome in outcomes if outcome.record_id is not None]
    worst = max((verify_target(settings, record_id).exit_code for record_id in ids), default=Exit.INTEGRITY)
    console.say("All are intact." if worst is Exit.DONE else "Something is wrong: see `sohoa verify RECORD_ID`.")
    _show_what_to_do_next(settings, outcomes)
    return worst


def _show_what_to_do_next(settings: Settings, outcomes: list[Ingestion]) -> None:
    warehouse = House.open(settings).warehouse
    records = [warehouse.record(outcome.record_id).value for outcome in outcomes if outcome.record_id is not None]
    shown = next((record for record in records if _owner(record)), records[0])
    folder = settings.home / "demo" / shown.record_id
    files = list(export_record(settings, shown.record_id, folder))
    command = "sohoa" if shutil.which("sohoa") else os.path.relpath(sys.argv[0])
    sohoa = command if settings.home == Settings().home else f"SOHOA_HOME={settings.home} {command}"
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    lines = [
        f"\n{len(outcomes)} documents in {len({outcome.file for outcome in outcomes})} files: {told}.",
        "What is stored can be reused at once; what is in review, when a person has looked at its doubtful fields.",
        "\nLook at one of them:",
        f"  the signed copy        {files[0]}",
        f"  what it says           {sohoa} record show {shown.record_id}",
        f"  is it sound?           {sohoa} verify {shown.record_id}",
        f"  and without Sohoa:     pdfsig {files[0]}; (cd {folder} && sha256sum --check SHA256SUMS)",
        f"  how well was it read?  {sohoa} bench accuracy   (what stands on these papers is known)",
        f"  your own scans         {sohoa} ingest FILE...",
    ]
    if owner := _owner(shown):
        look = f"{sohoa} lookup {owner} --purpose {_PURPOSE} --dossier {_DOSSIER}"
        lines.insert(4, f"  does this person have it already?\n                         {look}")
    console.say("\n".join(lines))


def _owner(record: Record) -> str | None:
    """Return the (made-up) identifier of an owner by which the record is found."""
    return next((owner.identifier.digits for owner in record.owners if owner.identifier is not None), None)
