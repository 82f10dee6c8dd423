"""Of all files given for a field Stripe gets one: a PDF or a JPEG that can be read."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from bot.effects import paper
from bot.effects.paper import PaperError


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 0).save(written, kind)
    return written.getvalue()


def pdf(pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_a_single_pdf_or_jpeg_stays_as_it_is() -> None:
    for content, kind in ((pdf(), "application/pdf"), (picture("JPEG"), "image/jpeg")):
        assert paper.make([("a", content)]) == (content, kind)


def test_a_png_becomes_a_jpeg_on_white() -> None:
    made, kind = paper.make([("a.png", picture(mode="RGBA"))])
    assert kind == "image/jpeg"
    with Image.open(io.BytesIO(made)) as found:
        assert (found.format, found.size, found.getpixel((5, 5))) == ("JPEG", (40, 20), (255, 255, 255))


def test_several_files_become_one_pdf_in_their_order() -> None:
    made, kind = paper.make([("1", picture(size=(300, 150))), ("2", pdf(2)), ("3", picture("JPEG"))])
    assert kind == "application/pdf"
    found = PdfReader(io.BytesIO(made))
    wide = [page.mediabox.width > page.mediabox.height for page in found.pages]
    assert wide == [True, False, False, True]


def test_a_large_picture_is_made_smaller() -> None:
    made, _ = paper.make([("a", picture(size=(7000, 100)))])
    with Image.open(io.BytesIO(made)) as found:
        assert found.width == paper.LONGEST_SIDE


def noisy() -> bytes:
    """A JPEG above 5 MB that nothing makes smaller."""
    return picture("JPEG") + b"\0" * paper.LARGEST


REFUSED = [
    ("type", [("a.txt", b"hello")]),
    ("broken", [("a.pdf", b"%PDF-1.7 and no more")]),
    ("broken", [("a.png", b"\x89PNG\r\n\x1a\n and no more")]),
    ("broken", [("good.pdf", pdf()), ("a.jpg", b"\xff\xd8\xff and no more")]),
    ("locked", [("a.pdf", pdf(password="secret"))]),
    ("too_large", [("a.jpg", noisy())]),
    ("too_large", [("a.png", picture(mode="1", size=(20_000, 4_000)))]),
]


@pytest.mark.parametrize(("code", "files"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_evidence_is_named(code: str, files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(PaperError) as error:
        paper.make(files)
    assert (error.value.code, error.value.name) == (code, files[-1][0])
