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


def errors(compiler: list[str], program: str) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "case.cpp"
        source.write_text(program, encoding="utf-8")
        run = subprocess.run(
            [*compiler, "-fsyntax-only", "-fno-color-diagnostics", str(source)]
            if "clang" in Path(compiler[0]).name
            else [*compiler, "-fsyntax-only", "-fdiagnostics-color=never", str(source)],
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            check=False,
        )
    return len(re.findall(r"error: ", run.stderr)), run.stderr


def main() -> int:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    common, *cases = re.split(r"^// (?=accepted$|refused: )", text, flags=re.MULTILINE)
    failed = 0
    for case in cases:
        title, body = case.split("\n", 1)
        count, said = errors(sys.argv[2:], common + body)
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
