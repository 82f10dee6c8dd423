"""Charts: a PNG of the right size, the same bytes each time, words that fit and do not cover each other."""

from __future__ import annotations

import itertools
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.effects import chart
from tests.support.dispute_scenes import figures
from tests.support.forecast_scenes import STANDINGS, digest, program, programs
from tests.support.policy_scenes import replayed
from tests.support.scenery import NASTY

CASES: list[tuple[str, str, dict[str, Any]]] = [
    *(("program", about, facts) for about, facts in programs()),
    ("program", "a long name", program("late", 20, "Boréal Paiements internationaux et cartes " * 3)),
    ("program", "money signs", program("early", 3, "Pay $5 now, $10_{later}")),
    *(("digest", f"{count} programmes", digest(count, "Acme")) for count in (1, 8, 40)),
    ("policy", "many", replayed()),
    ("policy", "nothing", replayed(0)),
    ("digest", "nasty names", digest(8, NASTY * 3)),
    ("disputes", "every reason", {"figures": figures(), "today": "2026-11-25"}),
]
IDS = [f"{kind} {about}" for kind, about, _ in CASES]


def size(png: bytes) -> tuple[int, int]:
    """The width and height a PNG says it has."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[12:16] == b"IHDR"
    assert png[-8:-4] == b"IEND"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("kind", "_about", "facts"), CASES, ids=IDS)
def test_no_words_cover_others_or_leave_the_sheet(
    kind: str, _about: str, facts: dict[str, Any], language: str
) -> None:
    drawing = {
        "program": chart._program,
        "digest": chart._digest,
        "policy": chart._policy,
        "disputes": chart._disputes,
    }
    sheet = drawing[kind](language, facts)
    sheet.cut()
    width, height = chart.WIDTH * chart.SCALE, int((sheet.at + chart.MARGIN) * chart.SCALE)
    if (
        language == "en"
    ):  # colouring each dot and packing them takes longest, and is the same in each language
        assert size(sheet.png()) == (width, height)

    shown = sheet._axes.texts
    renderer = sheet._canvas.get_renderer()
    boxes = [(one.get_text(), one.get_window_extent(renderer)) for one in shown]
    outside = [said for said, box in boxes if box.x0 < 0 or box.x1 > width or box.y0 < 0 or box.y1 > height]
    assert outside == []
    covering = [
        (one, other)
        for (one, first), (other, second) in itertools.combinations(boxes, 2)
        if first.x0 < second.x1 and second.x0 < first.x1 and first.y0 < second.y1 and second.y0 < first.y1
    ]
    assert covering == []
    assert min(one.get_fontsize() for one in shown) >= 11 * chart.SCALE


@pytest.mark.parametrize("kind", ["program", "digest"])
def test_the_same_facts_give_the_same_bytes(kind: str) -> None:
    facts = program("tight") if kind == "program" else digest(8, "Acme")
    assert chart.draw(kind, "en", facts) == chart.draw(kind, "en", facts)
    assert chart.draw(kind, "en", facts) != chart.draw(kind, "fr", facts)


def test_a_digest_shows_twenty_programmes_at_most() -> None:
    one, twenty, forty = (size(chart.draw("digest", "en", digest(count, "Acme")))[1] for count in (1, 20, 40))
    assert one < twenty < forty < twenty + 60 * chart.SCALE


def test_every_standing_is_said_in_words_not_only_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    original = chart._Sheet.say

    def say(sheet: Any, x: float, y: float, words: str, *rest: Any, **more: Any) -> None:
        said.append(words)
        original(sheet, x, y, words, *rest, **more)

    monkeypatch.setattr(chart._Sheet, "say", say)
    wanted = {
        "early": "12 days to spare",
        "tight": "up to 3 days late",
        "late": "at least 1 day late",
        "impossible": "at least 1 day late",
        "launched": "Launched",
    }
    for standing in STANDINGS:
        said.clear()
        chart.draw("program", "en", program(standing))
        assert any(wanted[standing] in one for one in said), standing


def test_what_the_font_does_not_have_is_left_out() -> None:
    assert chart._writable("Émission 🙂 \u202f5\u00a0% \u202e") == "Émission 5 %"
    assert chart._fitted("Boréal Paiements", 12, 60, bold=False).endswith("…")


def test_nothing_but_drawing_imports_the_plotting_library(root: Path) -> None:
    """Starting any process, also `gantry --help`, stays quick and small."""
    code = "import sys, bot.__main__, bot.app, commands, bot.effects.chart; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
