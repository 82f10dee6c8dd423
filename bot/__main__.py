"""The command line `gantry`. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.cli.policy import Policies
    from bot.settings import Settings

_WRONG_SETTINGS = 2

app = typer.Typer(
    name="gantry",
    help="The Slack bot that takes a Stripe card programme from the intake form to launch.",
    epilog="Settings come from the environment and from .env; 'gantry env-example' lists them.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bench = typer.Typer(help="Measure Gantry on this machine.", no_args_is_help=True)
app.add_typer(bench, name="bench")
policy = typer.Typer(help="Say which card authorizations are approved.", no_args_is_help=True)
app.add_typer(policy, name="policy")
events = typer.Typer(help="Look at Stripe's events, and have one handled again.", no_args_is_help=True)
app.add_typer(events, name="events")

report = typer.Typer(help="Make and write reports.", no_args_is_help=True)
app.add_typer(report, name="report")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option's value over by position
    if wanted:
        from importlib.metadata import version

        typer.echo(f"gantry {version('gantry')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that come before the command."""


def _settings() -> Settings:
    from bot.settings import load

    return load()


@contextmanager
def _importing() -> Iterator[None]:
    """Import much at once. Python would look for garbage meanwhile, find none, and take a third longer."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@app.command()
def play(
    *,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Answer on this port; else on the next free one from 4242."),
    ] = None,
    scene: Annotated[str | None, typer.Option(help="Open this scene.")] = None,
) -> None:
    """Play the whole story in the browser: a local Slack with the bot, without any account."""
    with _importing():
        from bot.playground.server import play as start

    raise typer.Exit(start(port, scene))


@app.command()
def run() -> None:
    """Run everything in one process: the web server and the worker."""
    settings = _settings()
    with _importing():
        from bot.app import run as start

    start(settings)


@app.command()
def web() -> None:
    """Run the web server alone: what Slack and Stripe call."""
    settings = _settings()
    with _importing():
        from bot.app import web as start

    start(settings)


@app.command()
def worker() -> None:
    """Run the worker alone: what sends, downloads, handles events and watches the clock."""
    settings = _settings()
    with _importing():
        from bot.app import work as start

    start(settings)


@app.command()
def migrate() -> None:
    """Bring the database to the current tables; safe to repeat."""
    settings = _settings()
    from bot.settings import without_password
    from storage import migrate as bring_to_head

    bring_to_head(settings.database_url)
    typer.echo(f"The database is up to date: {without_password(settings.database_url)}")


@app.command()
def doctor() -> None:
    """Check the settings, Slack, the roles, the channels, the database and the clock; print each repair."""
    from bot.doctor import main as examine
    from bot.manifest import render

    raise typer.Exit(examine(render(None), typer.echo))


@app.command()
def manifest(
    *,
    url: Annotated[
        str | None,
        typer.Option(help="The public address, https://…, for HTTP; without it the app uses Socket Mode."),
    ] = None,
) -> None:
    """Print the Slack app manifest, to paste when the app is created."""
    from bot.manifest import render

    typer.echo(render(url), nl=False)


@app.command()
def env_example() -> None:
    """Print a .env file with every setting, its default and what it is for."""
    from bot.cli.reference import env_example as example

    typer.echo(example(), nl=False)


@bench.command("slack")
def bench_slack(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Measure how fast clicks are acknowledged while 32 people click and 50 slow jobs run."""
    from bot.playground.bench import slack

    raise typer.Exit(slack(as_json=as_json))


@bench.command("reminders")
def bench_reminders(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Measure a tick with 500 deadlines due beside 1,000,000 that are not, against 10,000."""
    from bot.playground.bench_reminders import reminders

    raise typer.Exit(reminders(as_json=as_json))


@bench.command("lost-card")
def bench_lost_card(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Measure from the click to a declined card while 32 people click and cards are used."""
    from bot.playground.bench_lost import lost_card

    raise typer.Exit(lost_card(as_json=as_json))


@bench.command("complaints")
def bench_complaints(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    complaints: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many complaints the month has.")
    ] = 1_000_000,
) -> None:
    """Measure the monthly report of 1,000,000 complaints, its memory, and how fast lists are answered."""
    from bot.playground.bench_complaints import complaints as measure

    raise typer.Exit(measure(as_json=as_json, rows=complaints))


class _Backend(StrEnum):
    """The databases of a measurement."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@bench.command("authorizations")
def bench_authorizations(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
    backend: Annotated[_Backend, typer.Option(help="The database.")] = _Backend.SQLITE,
    rounds: Annotated[int, typer.Option(min=1, max=10, help="How many rounds.")] = 5,
    full: Annotated[
        bool, typer.Option("--full", help="Also on 10,000,000 decisions: 20 GB, half an hour.")
    ] = False,
) -> None:
    """Measure how many authorizations are answered, against a floor and the usual quick start."""
    from bot.playground.bench_authorizations import authorizations

    raise typer.Exit(
        authorizations(as_json=as_json, backend=backend.value, rounds=rounds, full=full, say=typer.echo)
    )


def _policies(act: Callable[[Policies], int]) -> None:
    settings = _settings()
    from bot.cli.policy import Policies

    found = Policies(settings, typer.echo)
    try:
        code = act(found)
    finally:
        found.close()
    raise typer.Exit(code)


_File = Annotated[Path, typer.Argument(help="The policy, as TOML.", show_default=False)]
_Rule = Annotated[str, typer.Argument(help="The rule, such as limit_day.", show_default=False)]
_Kind = Annotated[str, typer.Argument(help="merchant, category or country.", show_default=False)]
_Value = Annotated[
    str, typer.Argument(help="Network id, category or two capital letters.", show_default=False)
]


@policy.command("load")
def policy_load(file: _File) -> None:
    """Obey the policy in a file, from the next authorization on; a file with mistakes changes nothing."""
    _policies(lambda found: found.load(file))


@policy.command("show")
def policy_show() -> None:
    """Print the policy that is obeyed, the state of each rule, and the brakes."""
    _policies(lambda found: found.show())


@policy.command("replay")
def policy_replay(
    file: _File,
    *,
    since: Annotated[str, typer.Option(help="How far back: a number with h, d or w.")] = "30d",
) -> None:
    """Show what the policy in a file would have answered to past requests; nothing changes."""
    _policies(lambda found: found.replay(file, since))


@policy.command("enforce")
def policy_enforce(
    rule: _Rule,
    *,
    cards: Annotated[
        int | None,
        typer.Option(help="For launch_gate: how many live cards it stops, so that nobody is surprised."),
    ] = None,
) -> None:
    """Obey a rule from now on."""
    _policies(lambda found: found.state(rule, "enforced", cards))


@policy.command("shadow")
def policy_shadow(rule: _Rule) -> None:
    """Only record what a rule would do."""
    _policies(lambda found: found.state(rule, "shadow", None))


@policy.command("brake")
def policy_brake(
    kind: _Kind,
    value: _Value,
    *,
    hours: Annotated[int, typer.Option(min=1, max=24, help="For how long.")] = 1,
) -> None:
    """Decline a merchant, category or country for some hours, whatever the policy says."""
    _policies(lambda found: found.brake(kind, value, hours))


@policy.command("lift")
def policy_lift(kind: _Kind, value: _Value) -> None:
    """End a brake before its time."""
    _policies(lambda found: found.lift(kind, value))


@events.command("list")
def events_list(
    *,
    state: Annotated[str, typer.Option(help="Only those: pending, handled, ignored or dead.")] = "",
    kind: Annotated[
        str, typer.Option("--type", help="Only this type, or a group such as issuing_card.*")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
) -> None:
    """List the newest events, and count them by state."""
    settings = _settings()
    from bot.cli.events import listing

    raise typer.Exit(listing(settings, typer.echo, state=state, kind=kind, limit=limit))


@events.command("show")
def events_show(
    event: Annotated[str, typer.Argument(help="Its id, evt_…")],
    *,
    body: Annotated[
        bool, typer.Option("--body", help="Also what Stripe sent; it holds customers' data.")
    ] = False,
) -> None:
    """Show one event: what it is about, when it came, what became of it."""
    settings = _settings()
    from bot.cli.events import show

    raise typer.Exit(show(settings, typer.echo, event, body=body))


@events.command("replay")
def events_replay(
    event: Annotated[str, typer.Argument(help="Its id, evt_…")],
    *,
    account: Annotated[
        str, typer.Option(help="The connected account, acct_…, of an event that never arrived.")
    ] = "",
) -> None:
    """Handle one event again; one that never arrived is fetched from Stripe first."""
    settings = _settings()
    from bot.cli.events import replay

    raise typer.Exit(replay(settings, typer.echo, event, account=account))


@report.command("complaints")
def report_complaints(
    *,
    month: Annotated[str, typer.Option(help="The month, as 2026-10.")],
    program: Annotated[str, typer.Option(help="Only this programme, as P-1.")] = "",
    out: Annotated[Path, typer.Option(help="The folder for the files.")] = Path(),
) -> None:
    """Make the complaint reports of a month that is over, and write them as CSV and Excel files."""
    settings = _settings()
    from bot.cli.report import complaints

    raise typer.Exit(complaints(settings, typer.echo, _bar, month=month, program=program, out=out))


@contextmanager
def _bar(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """A progress bar; where the output is no terminal, only its label."""
    with typer.progressbar(length=length, label=label) as bar:
        yield bar.update


def main() -> None:
    """Run the command line; what a person can repair is said in one line, without a traceback."""
    try:
        app(prog_name="gantry")
    except Exception as error:
        lines = _repairs(error)
        if lines is None:
            raise
        for line in lines:
            typer.echo(line, err=True)
        sys.exit(_WRONG_SETTINGS)


def _repairs(error: Exception) -> tuple[str, ...] | None:
    """The lines to show instead of a traceback; None for what only a developer can repair."""
    from bot.clock import ClockError
    from bot.settings import SettingsError
    from storage.errors import StorageError

    if isinstance(error, SettingsError):
        return error.lines
    known: list[type[Exception]] = [ClockError, StorageError]
    if "bot.app" in sys.modules:  # only what runs the bot has imported it, and it is heavy
        from bot.app import NotConfiguredError

        known.append(NotConfiguredError)
    if isinstance(error, tuple(known)):
        return (str(error),)
    # By name, because only storage knows the driver; its first line never holds the password.
    if type(error).__name__ == "OperationalError":
        cause = f"{getattr(error, 'orig', None) or error}".splitlines()[0]
        return (f"DATABASE_URL: the database cannot be used: {cause} - start it, or correct the setting.",)
    return None


if __name__ == "__main__":
    main()
