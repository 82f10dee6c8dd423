"""Plays scenes: at once, or paced for people who watch, pausable, until somebody takes over."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.playground.acts import Act, Scene, say
from bot.playground.errors import PlayError, SceneError
from bot.playground.identity import CARDS, CLAIRE, LENA, MARC
from bot.playground.spoken import Said, Words, both, said

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.playground.identity import Json
    from bot.playground.stage import Stage

PACE: Final = 1.5
_RETRY: Final = 0.05

DEMO: Final = Scene(
    name="hello",
    title=said("scene.hello"),
    minutes=1,
    blurb=said("scene.hello_blurb"),
    acts=(
        say(LENA, CARDS, "Good morning!", caption=said("greets")),
        say(MARC, CARDS, "Bonjour Lena. Coffee first, then the list.", caption=said("marc_answers")),
        say(CLAIRE, CARDS, "À tout de suite :wave:", caption=said("claire_joins")),
    ),
)


@dataclass
class Playing:
    """The state of the scene that plays or played last."""

    scene: Scene
    state: str = "running"
    step: int = 0
    caption: Words = ""
    person: str | None = None

    def shape(self) -> Json:
        """The scene for the page."""
        return {
            "name": self.scene.name,
            "state": self.state,
            "step": self.step,
            "steps": len(self.scene.acts),
            "caption": both(self.caption),
            "person": self.person,
        }


class Scenes:
    """Plays one scene at a time."""

    def __init__(self, stage: Stage, scenes: Sequence[Scene] = (DEMO,), pace: float = PACE) -> None:
        self.stage = stage
        self.scenes = {scene.name: scene for scene in scenes}
        self.pace = pace
        self.playing: Playing | None = None
        self._task: asyncio.Task[None] | None = None
        self._going = asyncio.Event()
        self._going.set()

    def listing(self) -> list[Json]:
        """The scenes for the side bar."""
        return [
            {
                "name": scene.name,
                "title": both(scene.title),
                "minutes": scene.minutes,
                "blurb": both(scene.blurb),
            }
            for scene in self.scenes.values()
        ]

    def start(self, name: str, mode: str = "jump") -> None:
        """Starts a scene; one that plays is stopped.

        Raises:
            PlayError: there is no such scene or mode.
        """
        if name not in self.scenes:
            raise PlayError(f"There is no scene “{name}”. Scenes: {', '.join(self.scenes)}.")
        if mode not in ("jump", "watch"):
            raise PlayError("A scene is played in the mode jump or watch.")
        self.stop()
        self._going.set()
        self.playing = Playing(self.scenes[name])
        self._tell()
        self._task = asyncio.ensure_future(self._play(self.playing, self.pace if mode == "watch" else 0))

    def pause(self) -> None:
        """Stands still before the next act."""
        if self.playing and self.playing.state == "running":
            self._going.clear()
            self.playing.state = "paused"
            self._tell()

    def resume(self) -> None:
        """Goes on."""
        if self.playing and self.playing.state == "paused":
            self.playing.state = "running"
            self._going.set()
            self._tell()

    def stop(self) -> None:
        """Somebody takes over: what was done stays done."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        if self.playing and self.playing.state in ("running", "paused"):
            self.playing.state = "idle"
            self._tell()

    async def finished(self) -> Playing:
        """Waits until the scene is over.

        Raises:
            PlayError: no scene was started.
        """
        if self._task is None or self.playing is None:
            raise PlayError("No scene plays.")
        await asyncio.wait([self._task])
        return self.playing

    def shape(self) -> Json | None:
        """The scene for the page; None before the first."""
        return self.playing.shape() if self.playing else None

    async def _play(self, playing: Playing, pace: float) -> None:
        for number, act in enumerate(playing.scene.acts, start=1):
            await self._going.wait()
            playing.step, playing.person = number, act.person or playing.person
            playing.caption = act.caption or playing.caption
            self._tell()
            try:
                if pace and act.paced:
                    if act.show is not None:
                        await perform(self.stage, act.show, act.seconds)
                    await asyncio.sleep(pace)
                    await self._going.wait()
                await perform(self.stage, act.try_once, act.seconds)
            except PlayError as failure:
                playing.state = "failed"
                playing.caption = _failure(number, playing.scene, act, failure)
                self._tell()
                return
        playing.state = "done"
        self._tell()

    def _tell(self) -> None:
        self.stage.slack.hub.tell({"type": "scene", "scene": self.shape()})


def _failure(number: int, scene: Scene, act: Act, failure: PlayError) -> Said:
    return said("failed", number=f"{number}", title=scene.title, caption=act.caption, reason=str(failure))


async def perform(stage: Stage, work: Callable[[Stage], Awaitable[None]], seconds: float) -> None:
    """Does one thing, trying again until it can be done.

    Raises:
        PlayError: it could not within its seconds; the last reason.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            await work(stage)
        except SceneError:
            raise
        except PlayError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(_RETRY)
        else:
            return
