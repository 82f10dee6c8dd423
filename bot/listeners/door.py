"""What a door is: who asks for what, who may, and what they get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.role import Asker, Right
from bot.listeners.field import Field
from storage import Session

View = dict[str, Any]


@dataclass(frozen=True)
class Defaults:
    """What the settings say where a form says nothing."""

    language: str = "en"
    country: str = "US"
    zone: str = "UTC"
    channels: Mapping[str, str] = field(default_factory=dict)
    """The channel for each purpose (`bot.domain.channel.PURPOSES`); what no setting names is left out."""
    platforms: tuple[str, ...] = ()
    """The platform accounts (`acct_…`) that the Stripe settings name."""


@dataclass(frozen=True)
class Request:
    """Somebody asks for something, through whatever door.

    `values` holds a form's fields by block id, already plain (text, lists, dates as ISO text, file objects);
    `private` what the form carried along; `value` what a button or a menu carries. `hidden`: it was clicked
    in an answer that only this person sees.
    """

    who: Asker
    door: str  # slash · mention · shortcut · button · form
    now: datetime
    key: str
    channel: str = ""
    thread_ts: str = ""
    text: str = ""
    value: str = ""
    trigger_id: str = ""
    response_url: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    view_id: str = ""
    view_hash: str = ""
    root_view_id: str = ""
    in_view: bool = False
    in_home: bool = False
    hidden: bool = False
    message: Mapping[str, Any] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    others: tuple["Verb", ...] = ()
    clock: Callable[[], datetime] | None = None

    def moment(self) -> datetime:
        """Return business time as it is by now; `now` is when the request arrived."""
        return self.clock() if self.clock is not None else self.now

    def place(self) -> dict[str, str]:
        """Return what a form carries along so that its answer is shown where it was asked for."""
        return {"channel": self.channel, "thread_ts": self.thread_ts}

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.who.language

    @property
    def sees_no_message(self) -> bool:
        """Tell whether somebody clicked where no message can be shown beside it: in Home, or on an answer."""
        return bool(self.trigger_id and (self.in_home or (self.in_view and self.private.get("answer"))))

    def lies_on_more(self, how: str) -> bool:
        """Tell whether the first page of the stack is another one than `how` brings up to date."""
        updated = self.private.get("page") if how == "page" else self.view_id
        return self.root_view_id not in {"", updated}


@dataclass(frozen=True)
class Reply:
    """What the person gets: a private answer, a form, or nothing but the effect.

    Forms and answers are rendered after the transaction, so they come as functions and as names with facts.
    `how` says what a form does to the one that asked: `open`, `push`, `update`, or `clear` closes all;
    `page` closes the form and brings the page below it up to date; `replace` puts a private answer in the
    place of the one that was clicked. `root` is the first page of the stack as
    it is now, where that is another one still.
    """

    say: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    form: Callable[[], View] | None = None
    how: str = ""
    root: Callable[[], View] | None = None


NOTHING = Reply()
CLOSE = Reply(how="clear")


def say(view: str, **facts: Any) -> Reply:  # noqa: ANN401 - JSON values
    """Answer privately with a view of `bot.views` and its facts."""
    return Reply(say=view, facts=facts)


def form(render: Callable[[], View], how: str = "") -> Reply:
    """Show a form, rendered after the transaction: on top of the one that asked, if there is one."""
    return Reply(form=render, how=how)


Run = Callable[[Session, Request], Reply]
Check = Callable[[Request], None]


def no_check(request: Request) -> None:
    """Accept a request as it is."""
    del request


@dataclass(frozen=True)
class Verb:
    """Something people ask for in words: `/onboarding start`, `@Gantry start`, `/gantry onboarding start`.

    `words` are what follows the command; `aliases` the same thing said otherwise, in both languages, after
    `/gantry` and in mentions. `help_key` names its line in the help. `writes` says whether it changes rows.
    `quiet` is one more way to say a verb, which the help leaves out. `takes_words`: from so many words on,
    what means no other verb of the command is for this one (0: never); fewer may be a misspelled verb.
    """

    name: str
    command: str
    words: str
    right: Right
    run: Run
    aliases: tuple[str, ...] = ()
    hint: str = ""
    writes: bool = False
    opens_form: bool = False
    quiet: bool = False
    takes_words: int = 0

    @property
    def help_key(self) -> str:
        """The key of its line in the help."""
        return f"verb.{self.name}"

    @property
    def said(self) -> str:
        """How a person types it."""
        return " ".join(part for part in (self.command, self.words) if part)


@dataclass(frozen=True)
class Button:
    """A button or a menu of a message or a form; `action` is the part of its action id before the colon.

    `asks_here`: Slack is asked before what kind of channel it was clicked in; its answer decides. `urgent`:
    it waits behind no other click, because money is lost meanwhile.
    """

    action: str
    right: Right
    run: Run
    writes: bool = True
    asks_here: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Form:
    """What happens when a form is sent.

    `fields` says what each field may hold; `run` finds just these, each of its type. Fields that follow from
    the plans come as a function, for importing reads no file. `check` looks at what was typed before anything
    is opened. `asks` names fields with people or channels about whom Slack is asked before: its answer
    decides. `closed` runs when somebody leaves the form without sending it, with whatever its fields held, if
    its view was made with `notify_on_close`. `urgent` as for a button.
    """

    callback_id: str
    right: Right
    run: Run
    fields: Mapping[str, Field] | Callable[[], Mapping[str, Field]]
    check: Check = no_check
    writes: bool = True
    asks: tuple[str, ...] = ()
    closed: Run | None = None
    urgent: bool = False

    def shape(self) -> Mapping[str, Field]:
        """Return what each field may hold."""
        return self.fields() if callable(self.fields) else self.fields


@dataclass(frozen=True)
class Shortcut:
    """An entry in Slack's menus; `kind` is message or global. It always opens a form.

    `writes`: it keeps what the form is too small for.
    """

    callback_id: str
    name: str
    description: str
    kind: str
    right: Right
    run: Run
    writes: bool = False


@dataclass(frozen=True)
class Options:
    """Suggestions while somebody types into a menu; answers option objects.

    `asks_stripe`: where none fits, Stripe is asked; `searching` says so when that takes longer than Slack
    waits, and `form` then shows in the form what was found.
    """

    action: str
    right: Right
    run: Callable[[Session, Request], list[dict[str, Any]]]
    asks_stripe: bool = False
    searching: Callable[[Request], dict[str, Any]] | None = None
    form: Callable[[Session, Request], View] | None = None


@dataclass(frozen=True)
class Doors:
    """Every door there is; help, manifest and the table of rights are made from it."""

    verbs: tuple[Verb, ...] = ()
    buttons: tuple[Button, ...] = ()
    forms: tuple[Form, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    options: tuple[Options, ...] = ()

    def __add__(self, other: "Doors") -> "Doors":
        """Return the doors of both."""
        return Doors(
            self.verbs + other.verbs,
            self.buttons + other.buttons,
            self.forms + other.forms,
            self.shortcuts + other.shortcuts,
            self.options + other.options,
        )

    def commands(self) -> tuple[str, ...]:
        """Return the slash commands, each once, in order."""
        return tuple(dict.fromkeys(verb.command for verb in self.verbs))

    def button(self, action_id: str) -> Button | None:
        """Return the button behind an action id."""
        name = action_id.partition(":")[0]
        return next((door for door in self.buttons if door.action == name), None)

    def urgent(self, payload: Mapping[str, Any]) -> bool:
        """Tell whether what Slack sent is a click or a form that everything else makes way for."""
        if payload.get("type") == "view_submission":
            form = self.form(str((payload.get("view") or {}).get("callback_id") or ""))
            return form is not None and form.urgent
        clicked = (self.button(str(one.get("action_id") or "")) for one in payload.get("actions") or ())
        return any(button is not None and button.urgent for button in clicked)

    def form(self, callback_id: str) -> Form | None:
        """Return what handles a form."""
        return next((door for door in self.forms if door.callback_id == callback_id), None)

    def shortcut(self, callback_id: str) -> Shortcut | None:
        """Return the shortcut behind a callback id."""
        return next((door for door in self.shortcuts if door.callback_id == callback_id), None)

    def option(self, action_id: str) -> Options | None:
        """Return what suggests for a menu."""
        name = action_id.partition(":")[0]
        return next((door for door in self.options if door.action == name), None)

    def verb(self, name: str) -> Verb | None:
        """Return a verb by its name."""
        return next((door for door in self.verbs if door.name == name), None)
