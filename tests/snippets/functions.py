#!/usr/bin/env python3
"""Compares the tables of a page with the functions that headers declare: functions.py PAGE HEADER...

A function is a name with "(", an operator has its number of arguments: "operator-/1".
"""

import re
import sys
from pathlib import Path

# "Variable sum(const Operand& x, ...": also over two lines, and "Mask operator!(const Mask& a)".
DECLARED = re.compile(r"^(?:Variable|Mask) (operator[^\s(]+|\w+)\(([^;{]*)\)[;\s{]", re.MULTILINE)
BY_MACRO = re.compile(r"^XTAPE_FUNCTION_([12])\((\S+)\)$", re.MULTILINE)


def function(name: str, arguments: int) -> str:
    return f"{name}/{arguments}" if name.startswith("operator") else name


def declared(header: str) -> set[str]:
    text = re.sub(r"namespace detail \{.*?\n\}  // namespace detail", "", header, flags=re.DOTALL)
    names = {function(name, int(arguments)) for arguments, name in BY_MACRO.findall(text)}
    return names | {
        function(name, arguments.count("Operand&") + arguments.count("Mask&"))
        for name, arguments in DECLARED.findall(text)
    }


def listed(page: str) -> set[str]:
    names = set()
    for cell in re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE):
        call = cell.replace("\\|", "|")
        if named := re.match(r"(\w+)\(", call):
            names.add(named[1])
        elif binary := re.fullmatch(r"\w+ (\S+) \w+", call):
            names.add(f"operator{binary[1]}/2")
        elif unary := re.fullmatch(r"(\W)\w+", call):
            names.add(f"operator{unary[1]}/1")
        else:
            sys.exit(f"{cell}: neither a call nor an operator")
    return names


def main() -> int:
    page = listed(Path(sys.argv[1]).read_text(encoding="utf-8"))
    headers: set[str] = set()
    for header in sys.argv[2:]:
        found = declared(Path(header).read_text(encoding="utf-8"))
        if not found:
            sys.exit(f"{header}: no function is declared here")
        headers |= found
    for name in sorted(headers - page):
        print(f"{name}: declared, but not in the tables of {sys.argv[1]}")
    for name in sorted(page - headers):
        print(f"{name}: in the tables of {sys.argv[1]}, but declared nowhere")
    return 0 if headers == page else 1


if __name__ == "__main__":
    sys.exit(main())
