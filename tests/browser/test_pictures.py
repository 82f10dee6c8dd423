"""A picture of every view for the README and the guides: `make screenshots`; skipped in the usual run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, ViewportSize, expect

from bot.playground.identity import CARTES, CLAIRE, LENA, MARC, NOOR
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen
from tests.browser.test_story import BOARD, NAME, start_programme
from tests.browser.walk import Walk

Shoot = Callable[..., None]
FORMS = {
    "call": "meeting",
    "supportability": "supportability",
    "review": "review",
    "live_access": "approval",
    "designate_employees": "employees",
    "duty_marketing": "duty",
}
PLAIN = ".modal-layer { background: Canvas !important } .msg-tools { display: none !important }"
TALL: ViewportSize = {"width": 1340, "height": 900}


@pytest.fixture
def shoot(pictures: Path | None) -> Shoot:
    """Take a picture of a part of a screen, or of all of it."""
    if pictures is None:
        pytest.skip("PICTURES names no folder")

    def take(screen: Screen, name: str, part: Locator | None = None) -> None:
        screen.page.evaluate("document.fonts.ready")
        if not screen.modal.count():
            screen.page.evaluate("document.activeElement.blur()")  # its message would show its tools
        screen.page.mouse.move(0, 0)
        screen.page.wait_for_timeout(250)
        (part or screen.page).screenshot(
            path=pictures / f"{name}.png", animations="disabled", scale="css", style=PLAIN
        )

    return take


def leave_form(screen: Screen) -> None:
    """Leave this form; one below it may show."""
    form = screen.modal.get_attribute("data-view-id")
    screen.at("modal-cancel").click()
    expect(screen.page.locator(f'[data-view-id="{form}"]')).to_have_count(0)


def test_pictures_of_the_way_to_the_first_board(shoot: Shoot, fresh: Playground, opened: Open) -> None:
    lena = opened()
    shoot(lena, "first-screen")
    lena.at("composer").press("Enter")
    lena.form("onboarding.start")
    lena.writes("name", NAME)
    shoot(lena, "start-form", lena.modal)
    lena.chooses(lena.field("region"), "Europe (EEA)")
    lena.ticks("products", "treasury")
    lena.submits()
    lena.refused_at("region")
    shoot(lena, "start-form-error", lena.modal)
    lena.chooses(lena.field("region"), "United States")
    lena.clicks("start.more")
    lena.form("onboarding.start_more")
    lena.writes("purpose", "Cards for the crews of small harbours")
    shoot(lena, "start-form-more", lena.modal)
    lena.chooses(lena.field("manager"), "Marc Dubois")
    lena.submits()
    lena.sees(BOARD)
    lena.types("/gantry help")
    shoot(lena, "help", lena.private("/onboarding"))
    noor = opened(NOOR)
    noor.opens_thread(BOARD)
    noor.clicks_step("step.take", "Check that Stripe supports")
    noor.sees("Noor Haddad", within=noor.thread)
    marc = opened(MARC)
    marc.types("/gantry roles")
    lena.types("/gantry outbox")
    shoot(lena, "refusal", lena.private("Olga"))


def of_the_pages(walk: Walk, shoot: Shoot) -> None:
    """All steps, why a date, and a step that is locked."""
    screen = walk.screen
    walk.open_page()
    shoot(screen, "all-steps", screen.modal)
    walk.show("first_card")
    shoot(screen, "locked", screen.modal)
    walk.back()


def of_the_forms(walk: Walk, shoot: Shoot) -> None:
    """The forms that steps on the way ask for."""
    screen = walk.screen
    for key, name in FORMS.items():
        walk.before(key)
        walk.show(key)
        if key == "supportability":  # five business days, with Thanksgiving or a weekend among those skipped
            screen.clicks("step.why")
            screen.form("step.why")
            shoot(screen, "why-this-date", screen.modal)
            screen.at("modal-back").click()
            screen.form("step.page")
        form = "answered" if name in ("supportability", "review", "approval") else name
        screen.clicks("step.answered" if form == "answered" else "step.done")
        screen.form(f"step.{form}")
        shoot(screen, f"form-{name}", screen.modal)
        leave_form(screen)
        walk.back()


def test_pictures_of_the_walk(shoot: Shoot, fresh: Playground, opened: Open, tmp_path: Path) -> None:
    lena = opened(viewport=TALL)
    walk = Walk(fresh, lena, tmp_path)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    lena.opens_thread(BOARD)
    lena.clicks_step("step.take", walk.title("supported_use_case"))
    lena.clicks_step("step.done", walk.title("supported_use_case"))
    lena.clicks_step("step.take", walk.title("intake_form"))
    message = lena.thread.locator('[data-testid="message"]').filter(
        has=lena.page.locator('[data-action-id^="step.done"]')
    )
    expect(message).to_contain_text(walk.title("intake_form"))
    shoot(lena, "step", message)
    for action in ("assign", "evidence", "block"):
        lena.clicks_step(f"step.{action}", walk.title("intake_form"))
        lena.form(f"step.{action}")
        shoot(lena, f"form-{action}", lena.modal)
        leave_form(lena)
    lena.clicks_step("step.done", walk.title("intake_form"))
    walk.finished("supported_use_case", "intake_form")
    lena.sees(walk.title("first_contact"), within=lena.thread)
    lena.clicks_step("step.take", walk.title("test_build"))
    expect(lena.button("step.done", within=lena.thread)).to_be_visible()
    expect(lena.message(BOARD, within=lena.page.locator(".chat"))).to_contain_text("Waiting for Stripe")
    lena.thread.locator(".list").evaluate("list => list.scrollTop = list.scrollHeight")
    shoot(lena, "board", lena.page.locator(".panes"))
    lena.clicks_step("step.answered", walk.title("first_contact"))
    lena.form("step.answered")
    shoot(lena, "form-answered", lena.modal)
    leave_form(lena)

    of_the_pages(walk, shoot)
    of_the_forms(walk, shoot)
    walk.until("launch")
    lena.leaves()
    lena.thread.get_by_role("button", name="Close").click()
    board = lena.message(BOARD, within=lena.page.locator(".chat"))
    expect(board).to_contain_text("Launched", timeout=60_000)
    shoot(lena, "launched", board)
    lena.clicks("program.people")
    lena.form("program.people")
    shoot(lena, "form-people", lena.modal)


def test_pictures_in_french(shoot: Shoot, fresh: Playground, opened: Open) -> None:
    claire = opened(CLAIRE, CARTES, locale="fr-FR")
    claire.types("/onboarding start")
    claire.form("onboarding.start")
    claire.writes("name", "Cartes du port")
    shoot(claire, "fr-start-form", claire.modal)
    start_programme(claire, "Cartes du port", language="fr")
    claire.opens_thread("Cartes du port · P-1")
    claire.clicks_step("step.take", "Vérifier")
    expect(claire.button("step.done", within=claire.thread)).to_be_visible()
    shoot(claire, "fr-board")
    claire.types("/gantry aide")
    shoot(claire, "fr-help", claire.private("/onboarding"))


def test_pictures_of_other_screens(shoot: Shoot, fresh: Playground, opened: Open) -> None:
    fresh.play("start")
    dark = opened(LENA, color_scheme="dark")
    dark.opens_thread(BOARD)
    shoot(dark, "dark")
    dark.message(BOARD, within=dark.page.locator(".chat")).hover()
    dark.page.locator('.chat [data-testid="message"]:hover [data-testid="message-menu"]').click()
    dark.page.locator('[data-testid="phone-reader"]').click()
    shoot(dark, "phone-and-reader", dark.page.locator(".panel"))
    dark.at("traffic-button").click()
    expect(dark.at("traffic")).to_contain_text("chat.postMessage")
    shoot(dark, "traffic", dark.page.locator(".panel"))
    both = opened(query=f"?as={LENA}&split=1&as2={MARC}")
    shoot(both, "side-by-side")
    phone = opened(viewport=NARROW)
    shoot(phone, "phone-board")
    phone.opens_thread(BOARD)
    shoot(phone, "phone-thread")
    phone.thread.get_by_role("button", name="Back").click()
    phone.types("/onboarding start")
    phone.form("onboarding.start")
    shoot(phone, "phone-form")


def test_pictures_of_home(shoot: Shoot, fresh: Playground, opened: Open, tmp_path: Path) -> None:
    lena = opened(LENA, viewport=TALL)
    walk = Walk(fresh, lena, tmp_path)
    for name in (NAME, "Quay Wallet"):
        lena.types("/onboarding start")
        start_programme(lena, name, manager="Marc Dubois")
        lena.sees(f"{name} · P-")
    lena.opens_thread(BOARD)
    for key in ("supported_use_case", "intake_form"):
        lena.clicks_step("step.take", walk.title(key))
        lena.clicks_step("step.done", walk.title(key))
        walk.finished(key)
    lena.thread.get_by_role("button", name="Close").click()
    lena.at("home").click()
    expect(lena.at("home-view")).to_contain_text("Waiting for Stripe")
    shoot(lena, "home", lena.page.locator(".chat"))
    fresh.clock(days=9)
    marc = opened(MARC, viewport=TALL, locale="fr-FR")
    marc.at("home").click()
    expect(marc.at("home-view")).to_contain_text("jours de retard")
    shoot(marc, "fr-home", marc.page.locator(".chat"))


def test_pictures_of_reminders(shoot: Shoot, fresh: Playground, opened: Open) -> None:
    lena = opened(LENA)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    board = lena.sees(BOARD)
    lena.clicks("reminder.next", within=board)
    lena.form("reminder.next")
    shoot(lena, "what-comes-next", lena.modal)
    lena.leaves()
    fresh.clock(days=8)
    lena.at("dm-gantry").click()
    lena.sees("overdue", seconds=30)
    fresh.clock(days=1)
    lena.page.wait_for_timeout(12_000)  # the list of an ordinary morning comes after that of the jump
    listed = lena.sees("overdue")
    shoot(lena, "morning-list", listed)
    lena.chooses(listed.locator(".picker").first, "Until a date…")
    lena.form("reminder.snooze")
    shoot(lena, "snooze", lena.modal)
    lena.leaves()
    marc = opened(MARC)
    marc.at("dm-gantry").click()
    shoot(marc, "fr-morning-list", marc.sees("En retard dans vos programmes", seconds=30))
