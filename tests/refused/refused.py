#!/usr/bin/env python3
"""Programs that a compiler has to refuse, with a message that can be read: refused.py CASES.cpp COMPILER...

A case begins with "// refused: MESSAGE" and ends before the next one; what stands before the first
belongs to all of them. The compiler has to report one error, and somewhere the message. Before that,
"// accepted" begins a case that has to compile: else any mistake in this file would pass.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path


class Compiler:
    """A compiler that has read what is common to all cases once, as a precompiled header."""

    def __init__(self, command: list[str], common: str, folder: Path) -> None:
        colours = "-fno-color-diagnostics" if "clang" in Path(command[0]).name else "-fdiagnostics-color=never"
        self.command = [*command, colours]
        self.folder = folder
        header = folder / "common.hpp"
        header.write_text("#pragma once\n" + common, encoding="utf-8")
        clang = "clang" in Path(command[0]).name
        made = folder / ("common.hpp.pch" if clang else "common.hpp.gch")
        self.common = ["-include-pch", str(made)] if clang else ["-include", str(header)]
        run = self.run("-x", "c++-header", str(header), "-o", str(made))
        if run.returncode != 0:
            sys.exit("the common part does not compile:\n" + run.stderr)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            check=False,
        )

    def errors(self, program: str) -> tuple[int, str]:
        source = self.folder / "case.cpp"
        source.write_text(program, encoding="utf-8")
        said = self.run(*self.common, "-fsyntax-only", str(source)).stderr
        return len(re.findall(r"error: ", said)), said


def main() -> int:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    common, *cases = re.split(r"^// (?=accepted$|refused: )", text, flags=re.MULTILINE)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(sys.argv[2:], common, Path(folder))
        for case in cases:
            title, body = case.split("\n", 1)
            count, said = compiler.errors(body)
            message = title.removeprefix("refused: ")
            ok = count == 0 if title == "accepted" else count == 1 and message in said
            print(f"{'ok' if ok else 'FAILED'}: {title}: {len(said.splitlines())} lines")
            if not ok:
                failed += 1
                print(body + said)
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed or len(cases) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
