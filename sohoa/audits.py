"""The verbs of the audit log: is it whole, who looked, and the proof of one act."""

from pathlib import Path

import click

from schemas.problem import Exit
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option


@click.group(cls=Verbs)
def audit() -> None:
    """Check the log of who looked at whose records, and ask it."""


@audit.command("verify", epilog="sohoa audit verify\nsohoa audit verify --head head.json")
@click.option("--head", type=PathWord(), help="A head that was kept elsewhere; the log must go on from it.")
@json_option
@click.pass_obj
def audit_verify(configuration: Configured, head: Path | None, *, as_json: bool) -> Exit:
    """Check that no act was removed, altered or moved, and that each head is signed.

    What was cut off at the end, or written anew as a whole, only shows beside a head that was kept elsewhere.
    """
    from sohoa.auditing import verify_log

    report = verify_log(configuration.settings, head)
    console.print_json(report) if as_json else console.print_verification(report)
    return report.exit_code


@audit.command("head", epilog="sohoa audit head --json > head.json")
@json_option
@click.pass_obj
def audit_head(configuration: Configured, *, as_json: bool) -> None:
    """Print the last signed head, to be kept where nobody who runs Sohoa can change it."""
    from sohoa.auditing import last_head

    head = last_head(configuration.settings)
    if head is None:
        console.note("Nothing was sealed yet.")
    elif as_json:
        console.print_json(head)
    else:
        console.say(f"{head.number}  {head.size} acts  {head.root}  {head.sealed_at:%Y-%m-%d %H:%M:%S %Z}")


@audit.command("seal", epilog="sohoa audit seal")
@json_option
@click.pass_obj
def audit_seal(configuration: Configured, *, as_json: bool) -> None:
    """Seal every act that is not sealed yet; the worker does so every minute."""
    from sohoa.auditing import seal_log

    sealed = seal_log(configuration.settings)
    console.print_json({"sealed": sealed}) if as_json else console.say(f"{sealed} acts were sealed.")


@audit.command("of", epilog="sohoa audit of 040201000123")
@click.argument("owner", metavar="OWNER_ID")
@json_option
@click.pass_obj
def audit_of(configuration: Configured, owner: str, *, as_json: bool) -> None:
    """Print everybody who looked at an owner's records, when and what for: what a citizen may ask."""
    from sohoa.auditing import acts_about

    for act in acts_about(configuration.settings, owner):
        if as_json:
            console.print_json(act)
        else:
            what_for = " ".join(filter(None, [act.purpose, act.dossier_code, act.legal_basis, act.basis_document]))
            console.say(f"{act.at:%Y-%m-%d %H:%M:%S %Z}  {act.act}  {act.who}  {what_for}  {act.entry_id}")


@audit.command("misses", epilog="sohoa audit misses\nsohoa audit misses --json | jq -s 'map(.owners) | add'")
@json_option
@click.pass_obj
def audit_misses(configuration: Configured, *, as_json: bool) -> None:
    """Print what lookups looked for in vain, by procedure and type of paper: what to bring in next."""
    from sohoa.auditing import misses

    rows = misses(configuration.settings)
    if as_json:
        for row in rows:
            console.print_json(row)
    else:
        cells = ((row.purpose, row.document_type, str(row.owners), str(row.lookups)) for row in rows)
        console.print_table("", ("procedure", "type of paper", "owners", "lookups"), cells)


@click.group(cls=Verbs)
def receipt() -> None:
    """Prove that an act stands in the audit log."""


@receipt.command("show", epilog="sohoa receipt show 5f0c… > receipt.json")
@click.argument("audit_id", metavar="AUDIT_ID")
@click.pass_obj
def receipt_show(configuration: Configured, audit_id: str) -> None:
    """Print the once-only receipt of a lookup, as JSON: who, what for, which records, and the proof."""
    from sohoa.auditing import receipt_of

    console.print_json(receipt_of(configuration.settings, audit_id))


@receipt.command("verify", epilog="sohoa receipt verify receipt.json")
@click.argument("file", metavar="FILE.json", type=PathWord())
@json_option
@click.pass_obj
def receipt_verify(configuration: Configured, file: Path, *, as_json: bool) -> Exit:
    """Check a once-only receipt, offline, against the trusted root certificates."""
    from sohoa.auditing import verify_receipt

    report = verify_receipt(configuration.settings, file)
    console.print_json(report) if as_json else console.print_verification(report)
    return report.exit_code
