#!/usr/bin/env python3
"""Writes the page of verdicts: table.py OURS.json TORCHS.json VERSION > docs/verdicts.md"""

import json
import sys

HEAD = """# Sixty gradients

Thirty claims about gradients are wrong and thirty are right but hard to verify. Here is what
`check_gradient` says of them, and beside it `torch.autograd.gradcheck` (second order: `gradgradcheck`) of
PyTorch {version}, both with their defaults. `scripts/verdicts` runs both and writes this page; the cases
are in `tests/verdicts/`, and the suite runs ours.

| | wrong claims that pass | right claims that fail | inconclusive |
|---|---|---|---|
| xtape | {ours_pass} | {ours_fail} | {ours_open} |
| gradcheck | {torch_pass} | {torch_fail} | it knows two verdicts |

What is inconclusive passes or fails when the printed advice is followed. Bold: mistaken.

A check may be given other tolerances, and gradcheck is not made for single precision (it warns of that) nor for kinks: who
knows the size of a gradient beforehand can choose a step and tolerances with which it says more. The point
of the table is what one sees without that.
"""


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def same(a, b):
    return abs(a - b) <= 1e-4 * max(abs(a), abs(b), 1e-300) or abs(a - b) < 1e-9 * abs(a + b)


def cell(verdict, right):
    mistaken = verdict not in ("INCONCLUSIVE", "PASS" if right else "FAIL")
    return f"**{verdict}**" if mistaken else verdict


def main():
    ours, torch = read(sys.argv[1]), {one["name"]: one for one in read(sys.argv[2])}
    rows = []
    count = dict.fromkeys(("ours_pass", "ours_fail", "ours_open", "torch_pass", "torch_fail"), 0)
    for one in ours:
        other = torch.pop(one["name"])
        for what in ("value", "gradient"):
            if not same(one[what], other[what]):
                sys.exit(f"{one['name']}: the two lists differ: {what} {one[what]}, {other[what]}")
        right = one["right"]
        for who, verdict in (("ours", one["verdict"]), ("torch", other["verdict"])):
            if verdict == "INCONCLUSIVE":
                count[f"{who}_open"] += 1
            elif verdict != ("PASS" if right else "FAIL"):
                count[f"{who}_{'fail' if right else 'pass'}"] += 1
        said = cell(one["verdict"], right)
        if one["verdict"] == "INCONCLUSIVE":
            said += f", then {one['after_advice']}"
        rows.append((right, f"| {one['kind']} | `{one['name'].replace('|', chr(92) + '|')}` | {said} | {cell(other['verdict'], right)} |"))
    if torch:
        sys.exit(f"not in cases.cpp: {', '.join(torch)}")
    print(HEAD.format(version=sys.argv[3], **count))
    for title, wanted in (("Wrong", False), ("Right, and hard", True)):
        print(f"## {title}\n\n| kind | claim | xtape | gradcheck |\n|---|---|---|---|")
        print("\n".join(row for right, row in rows if right == wanted) + "\n")


if __name__ == "__main__":
    main()
