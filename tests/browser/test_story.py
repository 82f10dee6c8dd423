"""From `/onboarding start` to launch as three people, through real clicks in the page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC, NOOR, SAM
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import Screen
from tests.browser.walk import PDF, Walk

NAME = "Harbour Pay"
BOARD = "Harbour Pay · P-1"


def start_programme(screen: Screen, name: str, *, manager: str = "", language: str = "") -> None:
    """Fill in both pages of the form that is open."""
    screen.form("onboarding.start")
    screen.writes("name", name)
    screen.ticks("products", "treasury")
    screen.clicks("start.more")
    screen.form("onboarding.start_more")
    screen.writes("purpose", "Cards for harbour crews")
    if manager:
        screen.chooses(screen.field("manager"), manager)
    if language:
        screen.ticks("language", language)
    screen.submits()
    expect(screen.modal).to_have_count(0)


class Story:
    """The programme, and the three people who walk it. Each method is a chapter."""

    def __init__(self, playground: Playground, opened: Open, folder: Path) -> None:
        self.lena, self.marc, self.sam = opened(LENA), opened(MARC), opened(SAM)
        self.walk = Walk(playground, self.lena, folder)
        self.folder = folder

    def starts(self) -> None:
        """Lena presses Enter on what is typed already, and is told what does not fit."""
        lena = self.lena
        composer = lena.at("composer")
        expect(composer).to_have_value("/onboarding start")
        composer.press("Enter")
        lena.form("onboarding.start")
        lena.writes("name", NAME)
        lena.chooses(lena.field("region"), "Europe (EEA)")
        lena.ticks("products", "treasury")
        lena.submits()
        expect(lena.refused_at("region")).to_contain_text("United States")
        lena.chooses(lena.field("region"), "United States")
        start_programme(lena, NAME, manager="Marc Dubois")
        for screen in (lena, self.marc, self.sam):
            screen.sees(BOARD)
            screen.opens_thread(BOARD)

    def first_step(self) -> None:
        """Lena takes the first step and finishes it; the others see both arrive."""
        lena, marc = self.lena, self.marc
        lena.clicks_step("step.take", self.walk.title("supported_use_case"))
        expect(lena.button("step.done", within=lena.thread)).to_be_visible()
        marc.sees(self.walk.title("supported_use_case"), within=marc.thread)
        lena.clicks_step("step.done", self.walk.title("supported_use_case"))
        marc.sees(self.walk.title("intake_form"), within=marc.thread)
        self.walk.finished("supported_use_case")

    def evidence(self) -> None:
        """Sam takes the next step and adds a file; it arrives, and says how large it is."""
        sam = self.sam
        sam.sees(self.walk.title("intake_form"), within=sam.thread)
        sam.clicks_step("step.take", self.walk.title("intake_form"))
        sam.clicks_step("step.evidence", self.walk.title("intake_form"))
        sam.form("step.evidence")
        form = self.folder / "intake.pdf"
        form.write_bytes(PDF)
        sam.attaches("files", form)
        sam.submits()
        expect(sam.modal).to_have_count(0)
        sam.sees("intake.pdf (1 KB)", within=sam.thread)

    def stranger(self, noor: Screen) -> None:
        """Noor may not finish a step; she alone is told, in her language, who may."""
        noor.opens_thread(BOARD)
        noor.clicks_step("step.done", self.walk.title("intake_form"))
        noor.private("Vous ne pouvez pas")
        noor.private("Lena Vogt")

    def obstacle(self) -> None:
        """It cannot go on: Sam says why and when to look again, then it can."""
        sam, marc = self.sam, self.marc
        sam.clicks_step("step.block", self.walk.title("intake_form"))
        sam.form("step.block")
        sam.writes("reason", "Legal wants to read it first.")
        sam.submits()
        expect(sam.modal).to_have_count(0)
        marc.sees("Legal wants to read it first.", within=marc.thread)
        sam.clicks_step("step.unblock", self.walk.title("intake_form"))
        sam.clicks_step("step.done", self.walk.title("intake_form"))
        self.walk.finished("intake_form")

    def stripe_answers(self) -> None:
        """Lena records in the thread what Stripe said, product by product."""
        lena = self.lena
        lena.clicks_step("step.answered", self.walk.title("first_contact"))
        lena.form("step.answered")
        lena.ticks("fit_issuing", "fits")
        lena.ticks("fit_treasury", "fits")
        lena.submits()
        expect(lena.modal).to_have_count(0)
        self.walk.finished("first_contact")
        self.marc.sees(self.walk.title("call_preparation"), within=self.marc.thread)

    def locked(self) -> None:
        """A step with real money cannot be done before live access, and says so."""
        self.walk.open_page()
        self.walk.show("first_card")
        expect(self.lena.modal).to_contain_text(self.walk.title("live_access"))
        expect(self.lena.button("step.done")).to_have_count(0)
        self.walk.back()

    def to_launch(self) -> None:
        """Lena finishes every other step from the page of all steps."""
        marc = self.marc
        self.walk.until("live_access")
        marc.sees(self.walk.title("first_card"), within=marc.thread)
        self.walk.until("launch")
        self.lena.leaves()
        expect(marc.message(BOARD)).to_contain_text("Launched", timeout=60_000)


def test_three_people_walk_a_programme_from_the_first_form_to_launch(
    fresh: Playground, opened: Open, tmp_path: Path
) -> None:
    story = Story(fresh, opened, tmp_path)
    story.starts()
    story.first_step()
    story.evidence()
    story.stranger(opened(NOOR))
    story.obstacle()
    fresh.clock(days=3)
    story.stripe_answers()
    story.locked()
    story.to_launch()
