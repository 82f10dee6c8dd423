"""The documentation says what is true: generated files are fresh, names exist, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bot.__main__ import app
from bot.cli.reference import env_example, lines, settings_page
from bot.domain.signal import SIGNALS
from bot.settings import names

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMED = [path.relative_to(ROOT).as_posix() for path in PAGES]
GENERATE = "Run: make generate"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_example_settings_are_fresh() -> None:
    assert read(".env.example") == env_example(), GENERATE


def test_the_reference_of_settings_is_fresh() -> None:
    assert read("docs/reference/settings.md") == settings_page(), GENERATE


@pytest.mark.skipif(
    not (ROOT / "bot" / "manifest.py").exists(), reason="the manifest comes with the first verb"
)
def test_the_manifest_is_fresh() -> None:
    from bot.manifest import render

    assert read("manifest.json") == render(None), GENERATE


def test_every_setting_has_help_that_ends_like_a_sentence() -> None:
    assert [line.name for line in lines() if not line.help.endswith(".")] == []


def test_every_command_is_in_the_reference() -> None:
    page = read("docs/reference/command-line.md")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    missing = [name for name in commands if f"| `gantry {name}` |" not in page]
    missing += [
        f"gantry {name} {word}"
        for name, group in commands.items()
        for word in getattr(group, "commands", ())
        if f"gantry {name} {word}" not in page
    ]
    missing += [
        f"{name} {option}"
        for name, command in commands.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help" and option not in page
    ]
    assert not missing, f"docs/reference/command-line.md lacks {missing}"


@pytest.mark.parametrize("page", NAMED)
def test_every_setting_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"\b(?:SLACK|STRIPE|GANTRY)_[A-Z_]+[A-Z]\b", read(page)))
    assert named <= set(names()), f"{page} names settings that do not exist"


@pytest.mark.parametrize("page", NAMED)
def test_every_target_and_command_that_is_named_exists(page: str) -> None:
    text = read(page)
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"`gantry ([a-z-]+)", text)) - {"--version"} <= commands


@pytest.mark.parametrize("page", NAMED)
def test_every_link_leads_to_a_file(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(page))
    lost = [link for link in links if "://" not in link and not (folder / link).exists()]
    assert not lost, f"{page} links to {lost}"


def test_every_page_is_reached_from_the_index() -> None:
    index = read("docs/README.md") + read("docs/decisions/README.md")
    lost = [
        page
        for page in NAMED
        if page.startswith("docs/")
        and not page.endswith("README.md")
        and page.rpartition("/")[2] not in index
    ]
    assert not lost, f"docs/README.md does not link {lost}"


def test_every_target_is_told_by_make_help() -> None:
    makefile = read("Makefile")
    targets = re.findall(r"^([a-z-]+):(.*)$", makefile, flags=re.MULTILINE)
    assert [name for name, rest in targets if "## " not in rest] == []


def test_the_readme_gives_the_two_commands() -> None:
    lines_of_readme = read("README.md").splitlines()
    assert "make play" in lines_of_readme
    assert "make test" in lines_of_readme


def test_every_signal_of_stripe_is_in_the_table_with_its_step_and_what_gantry_does() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| `(\w+)`(?:, item `(\w+)`)?.* \| (\w+) \|$",
        read("docs/reference/signals.md"),
        re.MULTILINE,
    )
    assert rows == [(name, one.step, one.item, one.act) for name, one in SIGNALS.items()]
