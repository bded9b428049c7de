"""Inspect PDF files: structure, size unpacked, pages, active content, signatures. Nothing in them is drawn."""

import math
import re
import zlib
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf.settings import set_qpdf_limits

from pipeline.admit.findings import (
    LEAST_SIDE,
    Findings,
    check_page_count,
    check_pixels,
    damaged,
    damaged_if_it_raises,
)
from schemas.problem import (
    FILE_ACTIVE_CONTENT,
    FILE_DAMAGED,
    FILE_ENCRYPTED,
    FILE_TOO_LARGE,
    NO_PAGES,
    PAGE_TOO_LARGE,
    PAGE_TOO_SMALL,
    ProblemError,
)
from schemas.settings import Limits

_POINTS_AN_INCH = 72
_DRAWN_DPI = 300
"""What a page that is no plain scan is drawn at, if that gives few enough pixels."""
_LEAST_DPI = 100
"""What a very large page may be drawn at; below that it is refused."""
_BYTES_A_PIXEL = 4
_CM_AN_INCH = 2.54
_PIECE = 65536
_PAGE_TREE_DEPTH = 500
_TAIL = 1024
"""How far before the end of a file its end mark may be (ISO 32000-1, annex H.3, note 18)."""

_PICTURE_FILTERS = frozenset(["/CCF", "/CCITTFaxDecode", "/DCT", "/DCTDecode", "/JBIG2Decode", "/JPXDecode"])
_FLATE = frozenset(["/Fl", "/FlateDecode"])
_AUTOMATIC_ACTIONS = frozenset(["", "/GoTo", "/GoToDp", "/Hide", "/Named", "/SetOCGState", "/Thread", "/Trans"])
"""What may happen when a document or a page is opened: nothing that leaves the document."""
_ACTIVE_ACTIONS = frozenset(
    ["/GoToE", "/GoToR", "/ImportData", "/JavaScript", "/Launch", "/Movie", "/Rendition", "/RichMediaExecute", "/Sound",
     "/SubmitForm"]
)  # fmt: skip
"""What may not happen at all, not even when somebody clicks (ISO 32000-1, table 198). Web links may."""
_ACTIVE_SUBTYPES = frozenset(["/3D", "/FileAttachment", "/Movie", "/RichMedia", "/Screen", "/Sound"])
_ACTIVE_KEYS = {"/EF": "an attachment", "/JS": "a script", "/XFA": "an XFA form"}
_MISPLACED = re.compile(r"expected (?:(?:\d+|n) (?:\d+|n) obj|endstream)|supposed object stream")
"""What qpdf warns of when an object is not where the table of objects says."""
_TELLING_NAMES = re.compile(
    rb"/(?:AA|ByteRange|EF|Image|JS|Next|OpenAction|XFA|%s)(?![^\s/<>()\[\]])"
    rb"|/Filter (?:\d|\[[^\]]*/Fl[^\]]*/Fl)"
    % b"|".join(name.removeprefix("/").encode() for name in sorted(_ACTIVE_ACTIONS | _ACTIVE_SUBTYPES))
)
"""What makes an object worth a closer look. Most have none of it, and a look costs much more than a search."""


def inspect_pdf(data: bytes, limits: Limits) -> Findings:
    """Return what is found in a PDF file.

    A file whose table of objects is wrong but whose end is there is taken as viewers take it: the objects are looked
    for, and all that are mentioned have to be found. A file that is locked is refused also when no password is needed
    to read it: neither a signed copy nor its reader can do without the right to change it.

    Raises:
        ProblemError: `file-damaged`, `file-encrypted`, `file-active-content`, `file-too-large` (unpacked), `no-pages`,
            `too-many-pages`, `page-too-large`, `page-too-small`.
    """
    _check_unpacked_size(data, _most_unpacked(limits))
    try:
        return _inspect(data, limits, repair=False)
    except ProblemError as error:
        if error.kind not in {FILE_DAMAGED, NO_PAGES}:
            raise
        if not data.rstrip(b"\0\t\n\f\r ")[-_TAIL:].count(b"%%EOF"):
            detail = "It breaks off before its end."
            raise damaged(detail) from error
    return _inspect(data, limits, repair=True)


def _inspect(data: bytes, limits: Limits, *, repair: bool) -> Findings:
    with _open(data, limits, repair=repair) as pdf:
        count = _check_pages(pdf, limits)
        signed = False
        for dictionary in _telling_dictionaries(pdf):
            with damaged_if_it_raises("An object in it makes no sense."):
                _check_activity(dictionary)
                if isinstance(dictionary, pikepdf.Stream):
                    _check_unpacked_twice(dictionary, limits)
                    _check_image(dictionary, pdf, limits)
                signed = signed or ("/ByteRange" in dictionary and "/Contents" in dictionary)
        if _has_holes(pdf, repair=repair):
            detail = "Parts of it are missing."
            raise damaged(detail)
    return Findings(page_count=count, signed=signed)


# --- the file as a whole -----------------------------------------------------------------------------------------


def _most_unpacked(limits: Limits) -> int:
    """Return how many bytes a part of a file may unpack to: one page in four inks; qpdf counts with 32 bits."""
    return min(limits.page_pixels * _BYTES_A_PIXEL, 2**32 - 1)


def _unpacks_too_large(most: int) -> ProblemError:
    detail = f"A part of it unpacks to more than {most // 1024**2} MiB."
    return FILE_TOO_LARGE.error(detail)


def _check_unpacked_size(data: bytes, most: int) -> None:
    """Refuse a file with a stream that grows beyond *most* bytes, before any library unpacks it."""
    view = memoryview(data)
    for begin in re.finditer(rb"(?<!end)stream\r?\n", data):
        if _unpacks_beyond(view[begin.end() :], most):
            raise _unpacks_too_large(most)


def _unpacks_beyond(packed: memoryview, most: int) -> bool:
    """Return whether Deflate data at the start of *packed* grow beyond *most* bytes; other data never do."""
    engine, size = zlib.decompressobj(), 0
    for at in range(0, len(packed), _PIECE):
        piece: bytes | memoryview = packed[at : at + _PIECE]
        while piece and not engine.eof:
            try:
                size += len(engine.decompress(piece, _PIECE))
            except zlib.error:
                return False
            if size > most:
                return True
            piece = engine.unconsumed_tail
        if engine.eof:
            break
    return False


def _open(data: bytes, limits: Limits, *, repair: bool) -> pikepdf.Pdf:
    most = _most_unpacked(limits)
    set_qpdf_limits(flate_max_memory=most, png_max_memory=most, run_length_max_memory=most, tiff_max_memory=most)
    with damaged_if_it_raises("Its structure is broken."):
        try:
            pdf = pikepdf.open(BytesIO(data), attempt_recovery=repair)
        except (pikepdf.PdfError, pikepdf.PasswordError) as error:
            if isinstance(error, pikepdf.PasswordError) or "encrypt" in str(error).lower():
                raise _locked() from error
            raise
    if pdf.is_encrypted:
        raise _locked()
    return pdf


def _locked() -> ProblemError:
    detail = "It is encrypted."
    return FILE_ENCRYPTED.error(detail)


def _has_holes(pdf: pikepdf.Pdf, *, repair: bool) -> bool:
    """Return whether objects are not where they should be or, after a repair, are nowhere.

    The standard allows to mention an object that there is none of, but a file that had to be repaired has lost it.
    """
    complaints = " ".join(map(str, pdf.get_warnings()))
    if not repair:
        return _MISPLACED.search(complaints) is not None
    return "unable to recover stream data" in complaints or any(object_ is None for object_ in pdf.objects)


# --- its pages ---------------------------------------------------------------------------------------------------


def _check_pages(pdf: pikepdf.Pdf, limits: Limits) -> int:
    """Return how many pages there are, none of which is too large or too small."""
    with damaged_if_it_raises("Its list of pages makes no sense."):
        count = len(pdf.pages)
    check_page_count(count, limits)
    if count == 0:
        detail = "There is no page in it."
        raise NO_PAGES.error(detail)
    for number, page in enumerate(pdf.pages, start=1):
        _check_parents(page, number)
        with damaged_if_it_raises("The page does not say how large it is.", page=number):
            width, height = _inches(page)
        size = f"It is {width * _CM_AN_INCH:.1f} x {height * _CM_AN_INCH:.1f} cm large."
        if width * height * _LEAST_DPI**2 > limits.page_pixels:
            raise PAGE_TOO_LARGE.error(size, page=number)
        if min(width, height) * _DRAWN_DPI < LEAST_SIDE:
            raise PAGE_TOO_SMALL.error(size, page=number)
        with damaged_if_it_raises("What the page shows makes no sense.", page=number):
            _check_contents(page, number)
    return count


def _check_parents(page: pikepdf.Page, number: int) -> None:
    """Refuse a page whose ancestors have no end: whoever looks for what it inherits would never come back."""
    node: pikepdf.Object | None = page.obj
    for _ in range(_PAGE_TREE_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            return
        node = node.get("/Parent")
    detail = "Its list of pages runs in a circle."
    raise damaged(detail, page=number)


def _inches(page: pikepdf.Page) -> tuple[float, float]:
    x0, y0, x1, y1 = map(float, page.cropbox)
    unit = float(page.obj.get("/UserUnit", 1)) / _POINTS_AN_INCH
    width, height = abs(x1 - x0) * unit, abs(y1 - y0) * unit
    if not (math.isfinite(width) and math.isfinite(height)):
        message = "the page has no end"
        raise ValueError(message)
    return width, height


def _check_contents(page: pikepdf.Page, number: int) -> None:
    """Refuse drawing instructions packed as a picture: there is no use for it but to blow up in a viewer."""
    contents = page.obj.get("/Contents")
    for stream in contents if isinstance(contents, pikepdf.Array) else [contents]:
        if isinstance(stream, pikepdf.Stream) and not _PICTURE_FILTERS.isdisjoint(_filters(stream)):
            detail = "Its drawing instructions are packed as a picture."
            raise damaged(detail, page=number)


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.get("/Filter")
    return [str(name) for name in (filters if isinstance(filters, pikepdf.Array) else [filters])]


# --- its objects -------------------------------------------------------------------------------------------------


def _telling_dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield each dictionary in the objects that have a telling name, also those that nothing refers to any more."""
    with damaged_if_it_raises("An object in it makes no sense."):
        for object_ in pdf.objects:
            waiting = [object_] if _TELLING_NAMES.search(_text(object_)) else []
            while waiting:
                here = waiting.pop()
                if isinstance(here, (pikepdf.Dictionary, pikepdf.Stream)):
                    yield here
                    waiting += [value for value in here.values() if _is_direct(value)]
                elif isinstance(here, pikepdf.Array):
                    waiting += [value for value in here if _is_direct(value)]


def _text(object_: pikepdf.Object) -> bytes:
    """Return an object as it is written in a file, in its normal form, without the data of a stream."""
    if isinstance(object_, pikepdf.Stream):
        return object_.stream_dict.unparse(resolved=True)
    return object_.unparse(resolved=True) if isinstance(object_, pikepdf.Object) else b""


def _is_direct(value: object) -> bool:
    return isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect


def _check_activity(dictionary: pikepdf.Object) -> None:
    """Refuse what runs, plays, opens or carries something (ISO 32000-1, 7.11.4, 12.6 and 13)."""
    found = _activity(dictionary)
    if found is not None:
        detail = f"It contains {found}."
        raise FILE_ACTIVE_CONTENT.error(detail)


def _activity(dictionary: pikepdf.Object) -> str | None:
    for key, what in _ACTIVE_KEYS.items():
        if key in dictionary:
            return what
    action, subtype = _name(dictionary, "/S"), _name(dictionary, "/Subtype")
    if action in _ACTIVE_ACTIONS:
        return f"an action ({action})"
    if subtype in _ACTIVE_SUBTYPES:
        return f"media or files ({subtype})"
    if any(_name(step, "/S") not in _AUTOMATIC_ACTIONS for step in _automatic(dictionary)):
        return "an action that starts by itself"
    return None


def _automatic(dictionary: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield the actions that follow an event or another action, without a click."""
    triggers = dictionary.get("/AA")
    events = list(triggers.values()) if isinstance(triggers, pikepdf.Dictionary) else []
    for value in (dictionary.get("/OpenAction"), dictionary.get("/Next"), *events):
        steps = value if isinstance(value, pikepdf.Array) else [value]
        yield from (step for step in steps if isinstance(step, pikepdf.Dictionary))


def _name(dictionary: pikepdf.Object, key: str) -> str:
    value = dictionary.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _check_unpacked_twice(stream: pikepdf.Stream, limits: Limits) -> None:
    """Refuse a stream that was packed twice and grows too large with the second step, within qpdf's own limit."""
    if sum(name in _FLATE for name in _filters(stream)) > 1:
        try:
            stream.get_stream_buffer(pikepdf.StreamDecodeLevel.generalized)
        except pikepdf.PdfError as error:
            if "memory limit" in str(error):
                raise _unpacks_too_large(_most_unpacked(limits)) from error


def _check_image(stream: pikepdf.Stream, pdf: pikepdf.Pdf, limits: Limits) -> None:
    """Refuse a picture that says that it has more pixels than may be decoded, or that does not say how many."""
    if _name(stream, "/Subtype") == "/Image":
        try:
            check_pixels(int(stream.Width), int(stream.Height), limits)
        except ProblemError as error:
            raise error.at(page=_page_with(stream, pdf)) from None


def _page_with(image: pikepdf.Stream, pdf: pikepdf.Pdf) -> int | None:
    pages = enumerate(pdf.pages, start=1)
    return next(
        (number for number, page in pages if image.objgen in [found.objgen for found in page.images.values()]), None
    )
