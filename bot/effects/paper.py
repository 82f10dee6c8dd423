"""Making one file of the files given for a field of a dispute: Stripe takes one, a PDF or a JPEG.

Source: https://docs.stripe.com/issuing/purchases/disputes (PDF or JPEG, combined into one per field) and
https://docs.stripe.com/file-upload (5 MB for `dispute_evidence`). Evidence may travel by fax: pictures stay
large enough to be read there.
"""

import io
import logging
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from bot.services.evidence import sniff
from storage import leaving_the_machine

LARGEST: Final = 5 * 1024 * 1024
MOST_PIXELS: Final = 60_000_000
LONGEST_SIDE: Final = 3500
"""A page of A4 at 300 dots per inch."""
QUALITY: Final = 85
_A4: Final = 150.0  # dots per inch, at which a picture of the longest side still fits a large page
JPEG, PDF, PNG = "image/jpeg", "application/pdf", "image/png"

# What a file claims about itself is of no interest to people who read our log.
logging.getLogger("pypdf").setLevel(logging.ERROR)


class PaperError(Exception):
    """No paper can be made; `code` says why, `name` is the file at fault (empty: all together)."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.name = name


def make(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, str]:
    """Return one file made of these (name, bytes), and its type.

    A single PDF or JPEG stays as it is, a single PNG becomes a JPEG, several become a PDF in their order.

    Raises:
        PaperError: `type`, `broken`, `locked` (a PDF with a password), or `too_large` for Stripe.
    """
    leaving_the_machine("making evidence")  # it takes long: never inside a transaction
    kinds = [sniff(content) for _, content in files]
    for (name, _), kind in zip(files, kinds, strict=True):
        if not kind:
            raise PaperError("type", name)
    if len(files) == 1 and kinds[0] in {PDF, JPEG}:
        name, content = files[0]
        if kinds[0] == PDF:
            _pages(name, content)
        if kinds[0] == JPEG:
            with _picture(name, content):
                pass
        made, kind = content, kinds[0]
    elif len(files) == 1:
        with _picture(*files[0]) as picture:
            made, kind = _jpeg(picture), JPEG
    else:
        made, kind = _together(files, kinds), PDF
    if len(made) > LARGEST:
        raise PaperError("too_large", files[0][0] if len(files) == 1 else "")
    return made, kind


def _together(files: Sequence[tuple[str, bytes]], kinds: Sequence[str]) -> bytes:
    writer = PdfWriter()
    for (name, content), kind in zip(files, kinds, strict=True):
        if kind == PDF:
            found = _pages(name, content)
        else:
            with _picture(name, content) as picture:
                page = io.BytesIO()
                picture.save(page, "PDF", resolution=_A4, quality=QUALITY)
            found = PdfReader(page)
        try:
            writer.append(found)
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise PaperError("broken", name) from None
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _pages(name: str, content: bytes) -> PdfReader:
    """Return a PDF that can be read."""
    try:
        found = PdfReader(io.BytesIO(content))
        if found.is_encrypted:
            raise PaperError("locked", name)
        if not len(found.pages):
            raise PaperError("broken", name)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # A PDF is a small program: what a broken one raises is anything.
        raise PaperError("broken", name) from None
    return found


def _picture(name: str, content: bytes) -> Image.Image:
    """Return a picture upright, on white, no larger than a page."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as found:
            if found.width * found.height > MOST_PIXELS:
                raise PaperError("too_large", name)
            upright = ImageOps.exif_transpose(found)
            clear = upright.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PaperError("broken", name) from None
    paper = Image.new("RGB", clear.size, "white")
    paper.paste(clear, mask=clear.getchannel("A"))
    paper.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return paper


def _jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
