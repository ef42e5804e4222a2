#!/usr/bin/env python3
"""The C++ of a page of the documentation, as programs: extract.py PAGE.md FOLDER

Every block marked cpp counts. One with a main function is a program of its own. The others make one
program together, in their order; what that needs beside them, and a reader does not, stands in
comments "<!-- cpp ... -->". A block right after "<!-- output -->" is what the programs print, one
after the other.

Writes NAME.cpp, NAME-1.cpp ... and NAME.out into the folder, touches what has not changed not at all,
and prints the programs' names, in the order in which they stand in the page.
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(
    r"^<!-- cpp\n(?P<hidden>.*?)^-->$"
    r"|^<!-- file (?P<file>\S+)\n(?P<content>.*?)^-->$"
    r"|^(?P<output><!-- output -->\n+)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main() -> None:
    page, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    markdown = page.read_text(encoding="utf-8")
    name = page.stem.lower()
    programs: dict[str, str] = {}
    output = ""
    for block in BLOCK.finditer(markdown):
        if block["file"]:
            write(folder / block["file"], block["content"])
            continue
        text = block["hidden"] or block["text"]
        if block["output"]:
            output += text
        if block["hidden"] is None and block["kind"] != "cpp":
            continue
        alone = block["hidden"] is None and re.search(r"^int main\(", text, re.MULTILINE)
        program = f"{name}-{len(programs) + 1}" if alone else name
        line = markdown.count("\n", 0, block.start("text" if block["hidden"] is None else "hidden"))
        programs[program] = (
            programs.get(program, "") + f'#line {line + 1} "{page.name}"\n' + text
        )
    for program, text in programs.items():
        write(folder / f"{program}.cpp", text)
    write(folder / f"{name}.out", output)
    print("\n".join(programs))


if __name__ == "__main__":
    main()
