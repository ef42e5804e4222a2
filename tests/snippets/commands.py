#!/usr/bin/env python3
"""Runs the commands that a page shows, and compares what they print: commands.py PAGE PROGRAMS

A block of text right after "<!-- commands -->" has lines "$ COMMAND", each with what it prints behind it. A line
"…" stands for lines that are left out. All commands of a page are run one after the other in one folder, by a
shell that finds the programs.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import same

BLOCK = re.compile(r"^<!-- commands -->\n+```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines are those that were printed, but for those that are left out."""
    if not shown:
        return not printed
    if shown[0].strip() == "…":
        return any(fits(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and same(shown[0], printed[0]) and fits(shown[1:], printed[1:])


def main() -> int:
    page, programs = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if not blocks:
        sys.exit(f"{page}: no commands are shown")
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    wrong = False
    with tempfile.TemporaryDirectory() as folder:
        for block in blocks:
            before, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
            if before.strip() or not parts:
                sys.exit(f"{page}: a block of commands begins with '$ ', not with\n{block}")
            for part in parts:
                command, _, shown = part.partition("\n")
                run = subprocess.run(
                    ["sh", "-c", command],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    check=False,
                    cwd=folder,
                    env=environment,
                )
                if run.returncode != 0 or not fits(shown.splitlines(), run.stdout.splitlines()):
                    wrong = True
                    print(f"$ {command}\n{run.stdout}exit status {run.returncode}; shown is\n{shown}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
