"""The pages that are made from what runs are fresh and complete."""

from __future__ import annotations

from pathlib import Path

import pytest

import commands
from bot.cli.pages import MEANING, PAGES, SAID
from bot.domain.role import LEAST_ROLE, Right
from bot.manifest import SCOPES
from bot.services.audit import TAGS


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_fresh(root: Path, name: str) -> None:
    page = (root / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert page == PAGES[name](), f"Run: python -m bot.cli.pages {name} > docs/reference/{name}.md"


def test_every_right_is_explained() -> None:
    assert list(MEANING) == list(Right) == list(LEAST_ROLE)


def test_every_tag_is_explained_and_reads_noun_act_result() -> None:
    assert set(SAID) == TAGS
    assert [tag for tag in TAGS if tag.count(":") != 2 or tag != tag.lower()] == []


def test_every_tag_is_used(root: Path) -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("bot", "commands")
        for path in (root / folder).rglob("*.py")
        if path.name not in {"pages.py", "audit.py"}
    )
    assert sorted(tag for tag in TAGS if tag not in code) == []


def test_every_verb_and_scope_is_on_its_page() -> None:
    rights, manifest = PAGES["rights"](), PAGES["manifest"]()
    assert [verb.said for verb in commands.DOORS.verbs if verb.said not in rights and not verb.quiet] == []
    assert [scope for scope in SCOPES if f"`{scope}`" not in manifest] == []
