"""The forecast in the browser: a private answer, the picture in the thread and alone, on a desktop and a phone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, expect

from bot.playground.identity import LENA
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW
from tests.browser.test_story import BOARD, NAME, start_programme


def drawn(within: Locator) -> Locator:
    """Wait for the picture, as somebody sees it who can see, and as somebody hears it who cannot."""
    picture = within.locator(".file.picture img").last
    expect(picture).to_be_visible(timeout=60_000)
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") == 780
    assert "Earliest launch" in (picture.get_attribute("alt") or "")
    return picture


def test_the_picture_of_a_forecast_is_seen_and_described(
    fresh: Playground, opened: Open, tmp_path: Path, pictures: Path | None
) -> None:
    lena = opened()
    lena.at("composer").press("Enter")
    start_programme(lena, NAME)
    lena.sees(BOARD)
    lena.types("/onboarding forecast")
    answer = lena.private("Earliest launch")
    lena.clicks("forecast.thread", within=answer)
    lena.private("is being drawn")
    lena.opens_thread(BOARD)
    drawn(lena.thread)
    expect(lena.message("asked for this forecast", within=lena.thread)).to_be_visible()
    where = pictures or tmp_path
    lena.page.screenshot(path=where / "forecast-thread.png")

    lena.clicks("program.steps", within=lena.root.locator(".chat"))  # type: ignore[arg-type]
    expect(lena.modal).to_be_visible()
    lena.clicks("forecast.page")
    expect(lena.modal).to_contain_text("Likely launch")
    lena.page.screenshot(path=tmp_path / "forecast-page.png")
    lena.clicks("forecast.me")
    expect(lena.modal).to_contain_text("arrives in your conversation")

    fresh.leave_forms()
    phone = opened(LENA, at="D0LENA", viewport=NARROW)
    drawn(phone.page.locator("body"))
    phone.page.screenshot(path=tmp_path / "forecast-phone.png")
