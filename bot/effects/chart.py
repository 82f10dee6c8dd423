"""Drawing charts: facts in, PNG out. No database, no clock, no Slack; the same facts give the same bytes.

Lengths are pixels of a phone that is 390 wide; the image has `SCALE` times as many. Matplotlib is imported at
the first drawing only: it takes half a second and 60 MB, which no other process needs. It is used without its
global state (`pyplot`), by one thread at a time.
"""

import io
import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, Final

from bot import text
from bot.views import complaint_report as complaints
from bot.views import digest, dispute_list
from bot.views import forecast as words

WIDTH: Final = 390
SCALE: Final = 2
MARGIN: Final = 16
FULL: Final = WIDTH - 2 * MARGIN
LANE: Final = 10
SMALLEST: Final = 11
"""Pixels of the smallest letters on a phone."""

MOST_PROGRAMS: Final = 20
MOST_CATEGORIES: Final = 6

PAPER: Final = "#fbfaf7"
INK: Final = "#1c2430"
QUIET: Final = "#55606e"
TRACK: Final = "#e6e7ea"
BAND: Final = "#b5d3e8"
# Okabe and Ito's colours, which people with any colour vision tell apart; words say the same.
OURS: Final = "#0072b2"
STRIPES: Final = "#e69f00"
GOOD: Final = "#00694d"
BAD: Final = "#a83e00"
COLOURS: Final = {"early": GOOD, "tight": BAD, "late": BAD, "impossible": BAD, "launched": GOOD}

Facts = Mapping[str, Any]
_ONE: Final = threading.Lock()  # matplotlib's fonts are shared by the whole process


def draw(kind: str, language: str, facts: Facts) -> bytes:
    """Return the PNG of a kind of picture (program · digest · policy · disputes · complaints), in a language.

    Raises:
        KeyError: there is no such kind.
    """
    drawing = {
        "program": _program,
        "digest": _digest,
        "policy": _policy,
        "disputes": _disputes,
        "complaints": _complaints,
    }[kind]
    with _ONE:
        sheet = drawing(language, facts)
        try:
            return sheet.png()
        finally:
            sheet.close()


class _Sheet:
    """A sheet of paper whose lengths are pixels from the top left; `at` is where the next line goes."""

    def __init__(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._figure = Figure(facecolor=PAPER, dpi=72)
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.axis("off")
        self.at = float(MARGIN)

    def say(
        self,
        x: float,
        y: float,
        said: str,
        size: int = 12,
        *,
        colour: str = INK,
        bold: bool = False,
        align: str = "left",
        most: float = FULL,
    ) -> None:
        """Write one line with its top at y, cut where it would be wider than `most`."""
        shown = _fitted(said, size, most, bold=bold)
        self._axes.text(
            x,
            y + size,  # letters stand on this line
            shown,
            fontsize=size * SCALE,
            color=colour,
            fontproperties=_font(bold=bold, size=size * SCALE),
            ha=align,
            va="baseline",
            parse_math=False,
            zorder=5,
        )

    def bar(
        self, x: float, y: float, width: float, height: float, colour: str, *, striped: bool = False
    ) -> None:
        """Draw a bar with its top left at x and y; stripes tell it apart without colour."""
        from matplotlib.patches import Rectangle

        self._axes.add_patch(
            Rectangle(
                (x, y),
                width,
                height,
                facecolor=colour,
                edgecolor=PAPER if striped else "none",
                hatch="////" if striped else None,
                linewidth=0,
                zorder=3,
            )
        )

    def line(self, x: float, y: float, end: float, *, wide: float = 1.5) -> None:
        """Draw a line downwards from y to end."""
        self._axes.plot([x, x], [y, end], color=INK, linewidth=wide * SCALE, zorder=4)

    def cut(self) -> None:
        """Make the sheet as high as what is on it."""
        height = self.at + MARGIN
        self._figure.set_size_inches(WIDTH * SCALE / 72, height * SCALE / 72)  # 72 dots: a point is a pixel
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)

    def png(self) -> bytes:
        """Return the sheet, as high as what is on it, as PNG; equal sheets are equal bytes."""
        import matplotlib as mpl

        self.cut()
        found = io.BytesIO()
        with mpl.rc_context({"hatch.linewidth": 1.5 * SCALE}):
            self._figure.savefig(found, format="png", dpi=72, metadata={"Software": None}, facecolor=PAPER)
        return found.getvalue()

    def close(self) -> None:
        """Let go of the pixels: a sheet is full of cycles, and would keep them until a later collection."""
        self._figure.clear()
        vars(self._canvas)["renderer"] = None


def _program(language: str, facts: Facts) -> _Sheet:
    sheet = _Sheet()
    _title(sheet, facts["name"], f"({facts['ref']})")
    _headline(sheet, language, facts)
    _progress(sheet, language, facts)
    if facts["standing"] != "launched":
        _way(sheet, language, facts, words.worth_showing(facts["likely_chain"]))
    return sheet


def _title(sheet: _Sheet, name: str, ref: str, size: int = 17) -> None:
    room = WIDTH - 2 * MARGIN - _wide(f" {ref}", size, bold=True)
    sheet.say(MARGIN, sheet.at, f"{_fitted(name, size, room, bold=True)} {ref}", size, bold=True)
    sheet.at += size + 10


def _headline(sheet: _Sheet, language: str, facts: Facts) -> None:
    """Say in two lines when it can launch, and how that stands against the target."""
    if facts["standing"] == "launched":
        said = _named(language, "chart.launched", words.short(language, facts, facts["launched_on"]))
    else:
        said = _named(language, "chart.likely", words.span(language, facts, facts["soon"], facts["late"]))
    sheet.say(MARGIN, sheet.at, said, 14)
    sheet.at += 22
    target = _named(language, "chart.target", words.short(language, facts, facts["target_on"]))
    if facts["standing"] == "launched":
        sheet.say(MARGIN, sheet.at, target, 13, colour=QUIET)
    else:
        said = f"{target} · {digest.standing(language, facts)}"
        sheet.say(MARGIN, sheet.at, said, 13, colour=_colour(facts), bold=True)
    sheet.at += 32


def _progress(sheet: _Sheet, language: str, facts: Facts) -> None:
    """Draw a bar for each part, and one for the time used until the target."""
    sheet.say(MARGIN, sheet.at, text.say(language, "chart.done"), 13, bold=True)
    done = text.say(language, "chart.of", done=facts["done"], total=facts["total"])
    sheet.say(WIDTH - MARGIN, sheet.at, done, 13, bold=True, align="right")
    sheet.at += 24
    for part in facts["parts"]:
        counted = text.say(language, "chart.of", done=part["done"], total=part["total"])
        _share(sheet, part["title"], counted, part["done"] / part["total"], OURS)
    if facts["standing"] != "launched":
        used = _used(facts)
        _share(sheet, text.say(language, "chart.time"), text.percent(language, used), used, QUIET)


def _share(sheet: _Sheet, name: str, said: str, part: float, colour: str) -> None:
    """Draw one bar with its name and its number above it."""
    room = FULL - _wide(said, 12, bold=False) - 10
    sheet.say(MARGIN, sheet.at, name, 12, colour=QUIET, most=room)
    sheet.say(WIDTH - MARGIN, sheet.at, said, 12, colour=QUIET, align="right")
    sheet.bar(MARGIN, sheet.at + 18, FULL, 8, TRACK)
    sheet.bar(MARGIN, sheet.at + 18, FULL * part, 8, colour)
    sheet.at += 36


def _way(sheet: _Sheet, language: str, facts: Facts, chain: Sequence[Facts]) -> None:
    """Draw the steps that decide, one under the other, on the days until the launch or the target."""
    today, target = date.fromisoformat(facts["today"]), date.fromisoformat(facts["target_on"])
    soon, late = (date.fromisoformat(facts[name]) for name in ("soon", "late"))
    last = max(late, target, today + timedelta(days=7))

    def place(on: date) -> float:
        return MARGIN + FULL * max((on - today).days, 0) / (last - today).days

    sheet.at += 8
    sheet.say(MARGIN, sheet.at, text.say(language, "chart.way"), 13, bold=True)
    sheet.at += 23
    _legend(sheet, language)
    for link in chain:
        begins, ends = date.fromisoformat(link["begins"]), date.fromisoformat(link["ends"])
        until = text.short_date(language, ends)
        sheet.say(MARGIN, sheet.at, link["title"], 12, most=FULL - _wide(until, 12, bold=False) - 10)
        sheet.say(WIDTH - MARGIN, sheet.at, until, 12, colour=QUIET, align="right")
        # What crosses all rows is drawn in the lane of each, so that no line runs through words.
        y = sheet.at + 18
        sheet.bar(MARGIN, y, FULL, LANE, TRACK)
        sheet.bar(place(soon), y, max(place(late) - place(soon), 3), LANE, BAND)
        theirs = link["actor"] == "stripe"
        wide = max(place(ends) - place(begins), 3)
        sheet.bar(
            min(place(begins), WIDTH - MARGIN - wide),
            y,
            wide,
            LANE,
            STRIPES if theirs else OURS,
            striped=theirs,
        )
        if target >= today:
            sheet.line(place(target), y - 2, y + LANE + 2)
        sheet.at += 38
    sheet.say(MARGIN, sheet.at, text.short_date(language, today), SMALLEST, colour=QUIET)
    ending = words.short(language, facts, last.isoformat())
    sheet.say(WIDTH - MARGIN, sheet.at, ending, SMALLEST, colour=QUIET, align="right")
    sheet.at += SMALLEST


def _legend(sheet: _Sheet, language: str) -> None:
    """Say what the colours, the stripes and the line stand for, in as many rows as it takes."""
    x = float(MARGIN)
    for name, colour in (("us", OURS), ("stripe", STRIPES), ("range", BAND), ("target", INK)):
        said = text.say(language, f"chart.{name}")
        wide = 22 + _wide(said, 12, bold=False)
        if x + wide > WIDTH - MARGIN:
            x = float(MARGIN)
            sheet.at += 20
        if name == "target":
            sheet.line(x + 8, sheet.at, sheet.at + 14)
        else:
            sheet.bar(x, sheet.at + 2, 16, LANE, colour, striped=name == "stripe")
        sheet.say(x + 22, sheet.at, said, 12, colour=QUIET)
        x += wide + 16
    sheet.at += 26


def _digest(language: str, facts: Facts) -> _Sheet:
    programs = facts["programs"][:MOST_PROGRAMS]
    left = len(facts["programs"]) - len(programs)
    sheet = _Sheet()
    sheet.say(MARGIN, sheet.at, text.say(language, "digest.picture_title"), 17, bold=True)
    sheet.at += 25
    today = text.date(language, date.fromisoformat(facts["today"]))
    sheet.say(MARGIN, sheet.at, today, 12, colour=QUIET)
    sheet.at += 27
    counted = [text.say(language, "chart.of", done=one["done"], total=one["total"]) for one in programs]
    room = FULL - max(_wide(said, 12, bold=False) for said in counted) - 12
    for one, said in zip(programs, counted, strict=True):
        _row(sheet, language, one, said, room)
    if left:
        sheet.say(MARGIN, sheet.at, text.say(language, "chart.more", count=left), 12, colour=QUIET)
        sheet.at += 22
    sheet.say(MARGIN, sheet.at, text.say(language, "chart.marker"), SMALLEST, colour=QUIET)
    sheet.at += SMALLEST
    return sheet


def _policy(language: str, facts: Facts) -> _Sheet:
    """Draw for each rule what it would decline of all answers; what is in shadow is grey."""
    sheet = _Sheet()
    sheet.say(MARGIN, sheet.at, text.say(language, "policy.picture_title"), 17, bold=True)
    sheet.at += 25
    since = text.say(language, "policy.picture_since", count=facts["decisions"], days=facts["days"])
    sheet.say(MARGIN, sheet.at, since, 12, colour=QUIET)
    sheet.at += 27
    for one in facts["rules"]:
        name = f"{one['rule']} · {text.say(language, 'policy.is_' + one['state'])}"
        share = one["declines"] / max(facts["decisions"], 1)
        colour = OURS if one["state"] == "enforced" else QUIET
        _share(sheet, name, text.number(language, one["declines"]), share, colour)
    return sheet


def _disputes(language: str, facts: Facts) -> _Sheet:
    figures = facts["figures"][: dispute_list.MOST_FIGURES]
    sheet = _Sheet()
    sheet.say(MARGIN, sheet.at, text.say(language, "dispute_figures.picture"), 17, bold=True)
    sheet.at += 25
    sheet.say(MARGIN, sheet.at, text.date(language, date.fromisoformat(facts["today"])), 12, colour=QUIET)
    sheet.at += 27
    most: dict[str, int] = {}
    for one in figures:
        most[one["currency"]] = max(most.get(one["currency"], 0), one["stake"])
    for one in figures:
        stake = text.money(language, one["stake"], one["currency"])
        named = dispute_list.named(language, one)
        sheet.say(MARGIN, sheet.at, named, 13, bold=True, most=FULL - _wide(stake, 13, bold=True) - 12)
        sheet.say(WIDTH - MARGIN, sheet.at, stake, 13, bold=True, align="right")
        sheet.at += 19
        sheet.bar(MARGIN, sheet.at, FULL, LANE, TRACK)
        share = one["stake"] / most[one["currency"]] if most[one["currency"]] else 0
        if share:
            sheet.bar(MARGIN, sheet.at, max(2.0, FULL * share), LANE, OURS)
        sheet.at += LANE + 5
        decided = text.say(
            language,
            "dispute_figures.below",
            open=one["open"],
            won=one["won"],
            lost=one["lost"],
            expired=one["expired"],
            rate=dispute_list.rate(language, one),
        )
        sheet.say(MARGIN, sheet.at, decided, SMALLEST, colour=QUIET)
        sheet.at += 26
    sheet.say(MARGIN, sheet.at, text.say(language, "dispute_figures.legend"), SMALLEST, colour=QUIET)
    sheet.at += SMALLEST
    return sheet


def _row(sheet: _Sheet, language: str, one: Facts, counted: str, bar: float) -> None:
    """Draw one programme: its name, how it stands, its steps done, and the time used as a line."""
    standing, ref = digest.standing(language, one), f"({one['ref']})"
    colour = QUIET if one["state"] == "paused" else _colour(one)
    sheet.say(WIDTH - MARGIN, sheet.at, standing, 12, colour=colour, bold=True, align="right")
    room = FULL - _wide(standing, 12, bold=True) - _wide(f" {ref}", 12, bold=False) - 10
    sheet.say(MARGIN, sheet.at, f"{_fitted(one['name'], 12, room, bold=False)} {ref}", 12)
    sheet.bar(MARGIN, sheet.at + 20, bar, LANE, TRACK)
    sheet.bar(MARGIN, sheet.at + 20, bar * one["done"] / max(one["total"], 1), LANE, OURS)
    sheet.line(MARGIN + bar * _used(one), sheet.at + 17, sheet.at + 33, wide=2)
    sheet.say(WIDTH - MARGIN, sheet.at + 18, counted, 12, colour=QUIET, align="right")
    sheet.at += 46


def _complaints(language: str, facts: Facts) -> _Sheet:
    """Draw the month: how many of each class, how long they took, what they were about."""
    figures, sheet = facts["figures"], _Sheet()
    sheet.say(MARGIN, sheet.at, complaints.title(language, facts), 17, bold=True)
    sheet.at += 27
    _title(sheet, facts["program"]["name"], f"({facts['program']['ref']})", 13)
    sheet.say(MARGIN, sheet.at, text.say(language, "report.total", count=figures["total"]), 14)
    sheet.at += 32
    groups = (
        ("chart.class", complaints.classes(language, figures), OURS),
        ("chart.times", complaints.times(language, figures), GOOD),
        ("chart.category", complaints.categories(language, figures, MOST_CATEGORIES), STRIPES),
    )
    for key, counted, colour in groups:
        most = max((number for _, number in counted), default=0)
        if not most:
            continue
        sheet.say(MARGIN, sheet.at, text.say(language, key), 13, bold=True)
        sheet.at += 24
        for name, number in counted:
            _share(sheet, name, text.number(language, number), number / most, colour)
        sheet.at += 8
    if figures["median"] is not None:
        said = text.say(language, "chart.median", median=figures["median"], slow=figures["slow"])
        sheet.say(MARGIN, sheet.at, said, 12, colour=QUIET)
        sheet.at += 14
    return sheet


def _used(facts: Facts) -> float:
    """Return the share of the time from the start to the target that has passed; 1 from the target on."""
    first, today, target = (date.fromisoformat(facts[name]) for name in ("started_on", "today", "target_on"))
    whole = (target - first).days
    return min((today - first).days / whole, 1) if whole > 0 else 1


def _colour(facts: Facts) -> str:
    return COLOURS[facts["standing"]]


def _named(language: str, key: str, value: str) -> str:
    return text.say(language, "chart.named", what=text.say(language, key), value=value)


@cache
def _font(*, bold: bool, size: float) -> Any:  # noqa: ANN401 - matplotlib's own type
    """Return the font that comes with matplotlib: the same on every machine."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=_file(bold=bold), size=size)


@cache
def _file(*, bold: bool) -> str:
    import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(mpl.get_data_path()) + f"/fonts/ttf/{name}"


@cache
def _face(*, bold: bool) -> Any:  # noqa: ANN401 - matplotlib's own type
    from matplotlib.ft2font import FT2Font

    return FT2Font(_file(bold=bold))


def _writable(said: str) -> str:
    """Return the letters that the font has; emoji and rare scripts would be empty boxes."""
    said = " ".join(said.split())  # no-break spaces too: their narrow kind is missing in the font
    face, bold = _face(bold=False), _face(bold=True)
    kept = "".join(
        one
        for one in said
        if one.isprintable() and face.get_char_index(ord(one)) and bold.get_char_index(ord(one))
    )
    return " ".join(kept.split())


@lru_cache(4096)  # the names of steps come again in picture after picture, and shaping letters is slow
def _wide(said: str, size: int, *, bold: bool) -> float:
    """Return how wide a line is."""
    face = _face(bold=bold)
    face.set_size(size * SCALE, 72)
    face.set_text(said)
    wide, _ = face.get_width_height()
    return float(wide) / 64 / SCALE


def _fitted(said: str, size: int, most: float, *, bold: bool) -> str:
    """Return a line that is no wider than `most`, ending in an ellipsis where it had to be cut."""
    said = _writable(said)
    if _wide(said, size, bold=bold) <= most:
        return said
    fits = bisect_right(range(len(said)), most, key=lambda kept: _wide(f"{said[:kept]}…", size, bold=bold))
    return f"{said[: max(fits - 1, 0)].rstrip()}…"
