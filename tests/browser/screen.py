"""What one person does at the screen: finds things by what they say, clicks, types, and waits until it shows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}


class Screen:
    """A page, or one of the two panes of a page.

    Args:
        page: the browser's page.
        pane: the part that belongs to this person; the whole page when it has only one.
    """

    def __init__(self, page: Page, pane: Locator | None = None) -> None:
        self.page = page
        self.root: Page | Locator = pane if pane is not None else page

    def at(self, test_id: str) -> Locator:
        """The thing that the page calls by this name."""
        return self.root.locator(f'[data-testid="{test_id}"]')

    @property
    def modal(self) -> Locator:
        return self.at("modal")

    @property
    def thread(self) -> Locator:
        return self.at("thread")

    # Talking

    def types(self, text: str, *, box: str = "composer") -> None:
        """Type into the box and press Enter."""
        field = self.at(box)
        field.fill(text)
        field.press("Escape")  # closes the list of completions
        field.press("Enter")

    def message(self, text: str, *, within: Locator | None = None) -> Locator:
        """The newest message that holds these words."""
        found = (within or self.root).locator('[data-testid="message"]').filter(has_text=text)
        return found.last

    def sees(self, text: str, *, within: Locator | None = None, seconds: float = 15) -> Locator:
        """Wait until a message with these words is there."""
        found = self.message(text, within=within)
        expect(found).to_be_visible(timeout=seconds * 1000)
        return found

    def private(self, text: str, seconds: float = 15) -> Locator:
        """Wait for an answer that only this person sees."""
        found = self.root.locator('[data-testid="message"][data-ephemeral="true"]').filter(has_text=text).last
        expect(found).to_be_visible(timeout=seconds * 1000)
        return found

    def opens_thread(self, text: str) -> None:
        """Open the thread under the message with these words."""
        footer = self.page.locator('[data-testid="thread-footer"]')
        found = self.root.locator('.chat [data-testid="message"]').filter(has_text=text).filter(has=footer)
        found.last.locator(footer).click()
        expect(self.thread).to_be_visible()

    # Blocks

    def button(self, action: str, *, within: Locator | None = None) -> Locator:
        """The newest button with this action; in the form when one is open."""
        place = within or (self.modal if self.modal.count() else self.root)
        named = f'button[data-action-id="{action}"], button[data-action-id^="{action}:"]'
        return place.locator(named).last

    def clicks_step(self, action: str, title: str) -> None:
        """Click a button of a step in the thread; its spoken label names the step."""
        spoken = f'[aria-label*="{title[:30]}"]'
        self.thread.locator(f'button[data-action-id^="{action}:"]{spoken}').last.click()

    def clicks(self, action: str, *, within: Locator | None = None) -> None:
        self.button(action, within=within).click()

    def field(self, block: str) -> Locator:
        """The field of a form."""
        return self.modal.locator(f'[data-input-block="{block}"]')

    def writes(self, block: str, text: str) -> None:
        self.field(block).locator("input, textarea").first.fill(text)

    def ticks(self, block: str, *values: str) -> None:
        """Choose radio buttons or tick boxes by their value."""
        for value in values:
            self.field(block).locator(f'input[value="{value}"]').check()

    def chooses(self, place: Locator, *labels: str) -> None:
        """Choose from a list by the words people see."""
        box = place.locator("input.picker-input")
        for label in labels:
            box.click()
            box.fill(label)
            self.page.locator('.options [role="option"]').get_by_text(label, exact=True).click()
        if len(labels) > 1:  # a list of several stays open; the choice in a list of one may open another page
            box.press("Tab")

    def attaches(self, block: str, *files: Path) -> None:
        """Upload files in a form, and wait until they arrived."""
        self.field(block).locator('input[type="file"]').set_input_files(files)
        expect(self.field(block).locator(".file")).to_have_count(len(files))

    def submits(self) -> None:
        self.at("modal-submit").click()

    def sends(self, title: str) -> None:
        """Submit, and wait until this form is gone or another one shows."""
        self.submits()
        expect(self.modal.get_by_role("heading", name=title, exact=True)).to_have_count(0, timeout=15_000)

    def form(self, callback: str) -> Locator:
        """Wait for this form."""
        found = self.root.locator(f'[data-testid="modal"][data-callback-id="{callback}"]')
        expect(found).to_be_visible(timeout=15_000)
        return found

    def leaves(self) -> None:
        """Close every page of the form."""
        self.at("modal-close").click()
        expect(self.modal).to_have_count(0)

    def refused_at(self, block: str) -> Locator:
        """The sentence at a field."""
        found = self.field(block).locator(".field-error")
        expect(found).not_to_be_empty(timeout=15_000)
        return found

    def fits(self) -> bool:
        """Whether the page needs no horizontal scrolling."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        )
