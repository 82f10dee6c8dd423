"""The many steps in the middle of a programme, walked through the page of all steps as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from bot import plans
from bot.domain import onboarding
from bot.domain.plan import Answers, Step, steps_for
from tests.browser.playground import Playground
from tests.browser.screen import Screen

PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EVERYTHING: Final = Answers(
    region="us", products=frozenset({"issuing", "treasury"}), variant="embedded_finance"
)
DAYS: Final = {"call": 4, "supportability": 5, "configuration": 3, "review": 13, "live_access": 2}
"""Days that pass before somebody records the end of these steps."""


class Walk:
    """Who walks, and which steps are done."""

    def __init__(self, playground: Playground, screen: Screen, folder: Path) -> None:
        self.steps = steps_for(plans.load(EVERYTHING.variant), EVERYTHING)
        self.states = {step.id: "waiting" for step in self.steps}
        self.screen = screen
        self._playground = playground
        self._file = folder / "flow.pdf"
        self._file.write_bytes(PDF)

    def title(self, key: str) -> str:
        """What people call a step."""
        return next(step.title.en for step in self.steps if step.id == key)

    def finished(self, *keys: str) -> None:
        """Count steps as done that somebody finished elsewhere."""
        for key in keys:
            self.states[key] = "done"

    def open_page(self) -> None:
        """Open the page of all steps from the board."""
        self.screen.clicks("program.steps")
        self.screen.form("program.steps")

    def until(self, last: str) -> None:
        """Finish step after step, in the order of the plan, up to and with the last."""
        for step in self._ready():
            days = DAYS.get(step.id)
            if days:
                self._playground.clock(days=days)
            self.show(step.id)
            self._finish(step)
            self.states[step.id] = "done"
            if step.id == last:
                return

    def before(self, key: str) -> None:
        """Finish what comes before a step, until the step itself is open."""
        while key not in onboarding.opening(self.steps, self.states):
            self.until(next(self._ready()).id)

    def _ready(self) -> Iterator[Step]:
        while True:
            opening = onboarding.opening(self.steps, self.states)
            if not opening:
                return
            yield next(step for step in self.steps if step.id in opening)

    def show(self, key: str) -> None:
        """Open one step from the page of all steps."""
        self.screen.chooses(self.screen.modal.locator(".picker").first, self.title(key))
        expect(self.screen.form("step.page").locator(".b-section").first).to_contain_text(self.title(key))

    def back(self) -> None:
        """Go back to the page of all steps."""
        self.screen.at("modal-back").click()
        self.screen.form("program.steps")

    def _finish(self, step: Step) -> None:
        screen = self.screen
        for _ in (item for item in step.evidence if item.required):  # the form proposes the next one missing
            screen.clicks("step.evidence")
            screen.form("step.evidence")
            screen.attaches("files", self._file)
            screen.submits()
            screen.form("step.page")
        if step.actor == "stripe":
            screen.clicks("step.answered")
            screen.form("step.answered")
            self._answer(step)
            screen.submits()
        else:
            screen.clicks("step.done")
            if step.id == "submission":
                screen.form("submission.sent")
                screen.submits()
            elif step.outcome:
                self._tell(step.outcome)
                screen.submits()
            else:
                expect(screen.button("step.done")).to_have_count(0)  # the page shows that it is done
        screen.form("step.page")
        self.back()

    def _answer(self, step: Step) -> None:
        screen = self.screen
        if step.outcome == "fit":
            for product in EVERYTHING.products:
                screen.ticks(f"fit_{product}", "fits")
            return
        options = onboarding.choices(step.outcome or "answer")
        screen.ticks("choice", next(one.name for one in options if one.effect in ("done", "approved")))
        if step.outcome == "approval":
            screen.ticks("capabilities", "issuing_virtual", "treasury_accounts")

    def _tell(self, outcome: str) -> None:
        screen = self.screen
        screen.form(f"step.{outcome}")
        if outcome == "meeting":
            screen.writes("note", "They liked the spending controls.")
        elif outcome == "duty":
            screen.chooses(screen.field("owner"), "Sam Okoro")
            screen.chooses(screen.field("deputy"), "Lena Vogt")
        elif outcome == "employees":
            screen.chooses(screen.field("employees"), "Lena Vogt", "Sam Okoro")
