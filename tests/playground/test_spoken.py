"""What scenes say, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bot.playground.scenes import DEMO
from bot.playground.spoken import both, said
from bot.playground.story import story

SCENES = (*story().scenes, DEMO)
FOLDER = Path(__file__).resolve().parents[2] / "bot" / "playground"


def test_every_scene_and_every_act_speaks_both_languages() -> None:
    for scene in SCENES:
        for words in (scene.title, scene.blurb, *(act.caption for act in scene.acts)):
            spoken = both(words)
            assert not [one for one in spoken.values() if re.search(r"\{\w+\}", one)]
            assert bool(spoken["en"]) == bool(spoken["fr"])
        assert both(scene.title)["en"] != both(scene.title)["fr"]


def test_all_words_are_used_and_have_the_same_places() -> None:
    table = tomllib.loads((FOLDER / "spoken.toml").read_text(encoding="utf-8"))
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    for key, words in table.items():
        assert f'"{key}"' in code, f"nobody says {key}"
        places = [sorted(re.findall(r"\{(\w+)\}", words[language])) for language in ("en", "fr")]
        assert places[0] == places[1], key
        assert not re.search(r" [:;!?»]|« ", words["fr"]), f"{key}: a no-break space is missing"


def test_words_are_filled_in_each_language() -> None:
    spoken = both(said("days", number="3"))
    assert spoken == {"en": "3 days later", "fr": "3 jours plus tard"}
