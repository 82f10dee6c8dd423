"""For developers: `python -m storage.revise "what changes"` writes the next migration."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from storage.migration import revise


def main(words: list[str]) -> int:
    """Write the migration; returns the exit code."""
    if not words:
        sys.stderr.write('Say what changes: python -m storage.revise "add complaints"\n')
        return 2
    with tempfile.TemporaryDirectory() as folder:
        written = revise(f"sqlite:///{folder}/revise.sqlite3", " ".join(words))
    if written is None:
        sys.stdout.write("The tables and the migrations agree; nothing was written.\n")
        return 0
    for polish in (["format"], ["check", "--fix"]):  # it must pass the same checks as what people write
        subprocess.run([sys.executable, "-m", "ruff", *polish, "--quiet", str(written)], check=False)
    sys.stdout.write(f"{written}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
