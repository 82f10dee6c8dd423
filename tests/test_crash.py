"""The short form of `make crash`: five kills, with the leases of the dead ended at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_five_kills_lose_nothing_and_double_nothing(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "tests" / "crash.py"), "--kills", "5", "--hurry", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["kills"], figures["lost"], figures["doubled"]) == (5, 0, 0)
    assert figures["effects"] > 0
