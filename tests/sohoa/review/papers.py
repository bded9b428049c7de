"""Papers that wait for a person, made of the bundled scans: what stands where is known, what was read of it is up to the test."""

import json

import img2pdf

from schemas.field import Field
from schemas.page import Box, Page, Quality
from sohoa.demo import SCANS
from tests.storage.examples import record, sign

QUALITY = Quality(ink=1.0, sharpness=1.0, contrast=1.0)


def waiting(house, scan, read, **changes):
    """Store a record of a bundled one-page scan, and return it.

    Args:
        house: where to.
        scan: its name.
        read: what was read of the doubtful fields, by name; all others are sure. None: the truth.
        changes: what else the record says.
    """
    truth = json.loads((SCANS / f"{scan}.truth.json").read_text("utf-8"))
    read = read if read is not None else truth["fields"]
    pdf = img2pdf.convert(str(SCANS / truth["file"]))
    copy = house.warehouse.keep_copy(pdf, lambda unsigned: unsigned + b"\n")
    fields = {
        name: Field(
            value=read.get(name, value),
            confidence=0.5,
            page=truth["boxes"][name]["page"] if name in truth["boxes"] else None,
            box=Box(*truth["boxes"][name]["box"]) if name in truth["boxes"] else None,
            accepted=name not in read,
            raw_text=str(read.get(name, value)),
        )
        for name, value in truth["fields"].items()
    }
    page = Page(number=1, rotation=0, skew_degrees=0, dpi=200, width=1654, height=2339, blank=False, quality=QUALITY)
    known = {
        "document_type": truth["document_type"],
        "status": "review",
        "fields": fields,
        "pages": (page,),
        "copy_": copy,
        "review_reasons": tuple(f"unsure:{name}" for name in fields if name in read),
    }
    found = house.warehouse.keep_record(record(scan.encode(), **(known | changes)), sign)
    house.catalog.keep_record(found)
    return found
