#!/usr/bin/env python3
"""Runs programs, which have to succeed, and compares what they print, one after the other, with a file,
unless that is empty:

compare.py FILE PROGRAM...
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path


NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?")


def same(expected: str, printed: str) -> bool:
    """Numbers may differ by a thousandth: processors round differently."""
    if NUMBER.split(expected) != NUMBER.split(printed):
        return False
    pairs = zip(map(float, NUMBER.findall(expected)), map(float, NUMBER.findall(printed)))
    return all(abs(a - b) <= 1e-3 * abs(a) for a, b in pairs)


def main() -> int:
    expected = Path(sys.argv[1]).read_text(encoding="utf-8")
    printed = ""
    for program in sys.argv[2:]:
        run = subprocess.run(
            [program],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            cwd=Path(sys.argv[1]).parent,
        )
        if run.returncode != 0:
            print(f"{program}: exit status {run.returncode}\n{run.stdout}")
            return 1
        printed += run.stdout
    if not expected or same(expected, printed):
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(
            expected.splitlines(True), printed.splitlines(True), "the page", "printed"
        )
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
