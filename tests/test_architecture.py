"""The rules of the house that can be read from the code. Each message says what to do."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the top down. A line may import the lines below it; not above, and not its neighbours.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("bot.__main__",),
    ("bot.cli",),
    ("bot.playground",),
    ("bot.app", "bot.doctor"),
    ("bot.manifest",),
    ("bot.authorization_http",),
    ("bot.web", "bot.authorization", "bot.metrics", "bot.scheduler", "bot.worker", "commands"),
    ("bot.listeners",),
    ("bot.effects",),
    ("bot.services",),
    ("bot.outbox", "bot.views"),
    ("bot.slack_api", "bot.stripe_api"),
    ("storage",),
    ("bot.settings", "bot.text", "bot.clock", "bot.plans"),
    ("bot.setting_rules", "bot.authorization_body"),
    ("bot.domain",),
)

# A package of others that only these modules may import.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "stripe": ("bot.stripe_api",),
    "apscheduler": ("bot.scheduler",),
    "slack_bolt": ("bot.app", "bot.listeners"),
    "slack_sdk": ("bot.slack_api", "bot.app", "bot.listeners.socket", "bot.playground"),
    "sqlmodel": ("storage",),
    "sqlalchemy": ("storage",),
    "alembic": ("storage",),
    "matplotlib": ("bot.effects.chart",),
    "PIL": ("bot.effects.paper",),
    "pypdf": ("bot.effects.paper",),
    "msgspec": ("bot.authorization_body",),
    "typer": ("bot.__main__",),
    "pydantic_settings": ("bot.settings",),
}

# Wall time is for leases, back-off, rates, signatures and latency, never for what people argue about.
MAY_CALL_WALL = (
    "bot.clock",
    "bot.app",
    "bot.doctor",
    "bot.web",
    "bot.authorization",
    "bot.scheduler",
    "bot.worker",
    "bot.listeners",
    "bot.effects",
    "bot.slack_api",
    "bot.stripe_api",
    "bot.playground",
)
MAY_READ_THE_MACHINES_CLOCK = ("bot.clock", "bot.playground")
MAY_READ_THE_ENVIRONMENT = ("bot.settings", "bot.playground", "storage.revise")
TAKES_NO_SESSION = ("bot.slack_api", "bot.stripe_api", "bot.effects")
OPENS_NO_TRANSACTION = ("bot.services", "bot.outbox", "bot.views", "bot.domain", "storage.queries")
COMMITS = ("storage.engine",)
MOST_LINES = 500


@cache
def _modules() -> dict[str, Path]:
    """Every module of ours by name; migrations are scripts that alembic runs, not modules."""
    found = {}
    for top in ("bot", "commands", "storage"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_modules()[module].read_text(encoding="utf-8"))


@cache
def _nodes(module: str) -> tuple[ast.AST, ...]:
    """Every node of a module: all these tests look at them again."""
    return tuple(ast.walk(_tree(module)))


def _is_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def _place(module: str) -> tuple[int, str] | None:
    """The line of the table that a module is on, and its name there."""
    here = [(n, name) for n, line in enumerate(LAYERS) for name in line if _is_in(module, (name,))]
    return max(here, key=lambda found: len(found[1])) if here else None


@cache
def _imports(module: str) -> list[tuple[int, str]]:
    """What a module imports, with the line number; also inside functions and for types only."""
    found = []
    is_package = _modules()[module].name == "__init__.py"
    for node in _nodes(module):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[
                    : None if is_package and node.level == 1 else -(node.level - is_package)
                ]
                base = ".".join([*parents, *([base] if base else [])])
            # `from bot import clock` imports a module, `from bot.clock import Clock` a name in one.
            found += [
                (node.lineno, f"{base}.{alias.name}" if f"{base}.{alias.name}" in _modules() else base)
                for alias in node.names
            ]
    return found


def _where(module: str, line: int) -> str:
    return f"{_modules()[module].relative_to(ROOT)}:{line}"


def _calls(module: str) -> list[tuple[int, str, str]]:
    """Every call of an attribute: line, what stands before the dot, the attribute."""
    return [
        (node.lineno, ast.unparse(node.func.value), node.func.attr)
        for node in _nodes(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def _report(problems: list[str]) -> None:
    assert not problems, "\n" + "\n".join(sorted(problems))


def test_every_module_has_its_line_in_the_table_of_layers() -> None:
    _report(
        [
            f"{_modules()[module].relative_to(ROOT)}: is on no line. Add it to LAYERS in tests/test_architecture.py."
            for module in _modules()
            if module != "bot" and _place(module) is None
        ]
    )


def test_imports_point_downwards() -> None:
    problems = []
    for module in _modules():
        here = _place(module)
        for line, target in _imports(module):
            there = _place(target)
            if here is None or there is None or here[1] == there[1]:
                continue
            if there[0] < here[0]:
                problems.append(
                    f"{_where(module, line)}: {module} imports {target}, which stands above it. "
                    "Move the shared part down, or hand the function in as an argument."
                )
            elif there[0] == here[0]:
                problems.append(
                    f"{_where(module, line)}: {module} imports its neighbour {target}. "
                    "Move the shared part down, or let bot.app connect the two."
                )
    _report(problems)


def test_each_outside_package_stays_in_its_module() -> None:
    _report(
        [
            f"{_where(module, line)}: {module} imports {target}. Only {', '.join(ONLY_IN[top])} may: "
            "call a function there, or add one."
            for module in _modules()
            for line, target in _imports(module)
            if (top := target.partition(".")[0]) in ONLY_IN and not _is_in(module, ONLY_IN[top])
        ]
    )


def test_the_domain_imports_only_the_standard_library_and_holidays() -> None:
    allowed = sys.stdlib_module_names | {"holidays"}
    _report(
        [
            f"{_where(module, line)}: imports {target}. The domain is pure: hand the values in as arguments."
            for module in _modules()
            if _is_in(module, ("bot.domain",))
            for line, target in _imports(module)
            if target.partition(".")[0] not in allowed and not _is_in(target, ("bot.domain",))
        ]
    )


def test_only_the_engine_commits() -> None:
    _report(
        [
            f"{_where(module, line)}: calls {before}.commit(). Work inside storage.engine's transaction(), which commits."
            for module in _modules()
            if not _is_in(module, COMMITS)
            for line, before, name in _calls(module)
            if name == "commit"
        ]
    )


def test_transactions_open_at_the_edge() -> None:
    _report(
        [
            f"{_where(module, line)}: opens {before}.{name}(). Take a Session; the caller at the edge opens it."
            for module in _modules()
            if _is_in(module, OPENS_NO_TRANSACTION)
            for line, before, name in _calls(module)
            if name in ("transaction", "reading")
        ]
    )


def test_what_leaves_the_machine_takes_no_session() -> None:
    _report(
        [
            f"{_where(module, node.lineno)}: {node.name}() takes a Session. Read first, then hand over values."
            for module in _modules()
            if _is_in(module, TAKES_NO_SESSION)
            for node in _nodes(module)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
            for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if argument.annotation is not None and "Session" in ast.unparse(argument.annotation)
        ]
    )


def test_wall_time_is_read_only_where_the_machine_is_timed() -> None:
    _report(
        [
            f"{_where(module, line)}: calls {before}.wall(). Use now() for what people read or argue about; "
            "for leases, rates, signatures or latency add the module to MAY_CALL_WALL."
            for module in _modules()
            if not _is_in(module, MAY_CALL_WALL)
            for line, before, name in _calls(module)
            if name == "wall"
        ]
    )


def test_the_machines_clock_is_read_in_one_place() -> None:
    names = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }
    _report(
        [
            f"{_where(module, line)}: calls {before}.{name}(). Take a Clock, or the time, as an argument."
            for module in _modules()
            if not _is_in(module, MAY_READ_THE_MACHINES_CLOCK)
            for line, before, name in _calls(module)
            if (before.rpartition(".")[2], name) in names
        ]
    )


def test_the_environment_is_read_in_one_place() -> None:
    _report(
        [
            f"{_where(module, node.lineno)}: reads the environment. Add a field to bot.settings.Settings."
            for module in _modules()
            if not _is_in(module, MAY_READ_THE_ENVIRONMENT)
            for node in _nodes(module)
            if (isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv"))
            or (
                isinstance(node, ast.ImportFrom)
                and node.module == "os"
                and {a.name for a in node.names} & {"environ", "getenv"}
            )
        ]
    )


def test_no_file_is_too_long() -> None:
    files = [
        path
        for top in ("bot", "commands", "storage", "tests", "scripts")
        for kind in ("*.py", "*.js", "*.css")
        for path in (ROOT / top).rglob(kind)
    ]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    _report(
        [
            f"{path.relative_to(ROOT)}: {lines} lines. Split it by noun; about 300 is usual, {MOST_LINES} the most."
            for path, lines in lengths.items()
            if lines > MOST_LINES
        ]
    )


IMPORT_EVERYTHING = """
import importlib, os, sys, threading
root, modules = sys.argv[1], sys.argv[2:]
seen = []
watched = {"socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.putenv"}

def watch(event, args):
    if event in watched:
        seen.append(f"{event} {args[1:]!r}")
    elif event == "open" and isinstance(args[0], str):
        path, mode = args[0], args[1] or ""
        inside = os.path.abspath(path).startswith(root + os.sep) and "/.venv/" not in path and ".egg-info/" not in path and "__editable__" not in path
        if (inside and not path.endswith((".py", ".pyc")) and ".pyc." not in path) or set(mode) & set("wax+"):
            if ".pyc." not in path and not path.startswith("/dev/"):
                seen.append(f"open {path!r} {mode}")

class Watched(dict):
    def _note(self, name):
        frame = sys._getframe(2)
        if frame.f_code.co_filename == os.__file__:
            frame = frame.f_back
        name_of_file = frame.f_code.co_filename
        if name_of_file.startswith(root + os.sep) and ".venv" not in name_of_file:
            seen.append(f"environment {name!r} read by {name_of_file}")
    def __getitem__(self, name):
        self._note(name)
        return dict.__getitem__(self, name)
    def get(self, name, default=None):
        self._note(name)
        return dict.get(self, name, default)
    def __contains__(self, name):
        self._note(name)
        return dict.__contains__(self, name)

os.environ = Watched(os.environ)
sys.addaudithook(watch)
for module in modules:
    before = len(seen), threading.active_count()
    importlib.import_module(module)
    seen[before[0]:] = [f"{module}: {what}" for what in seen[before[0]:]]
    if threading.active_count() > before[1]:
        seen.append(f"{module}: started a thread")
print("\\n".join(seen))
"""


def test_importing_does_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_EVERYTHING, str(ROOT), *_modules()],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    effects = done.stdout.strip()
    assert not effects, f"Importing must have no effect; move this into a function:\n{effects}"


@pytest.mark.parametrize("name", [name for line in LAYERS for name in line])
def test_a_name_stands_once_in_the_table_of_layers(name: str) -> None:
    assert [one for line in LAYERS for one in line].count(name) == 1
