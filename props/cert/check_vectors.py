#!/usr/bin/env python3
"""Runs check.py on files of test vectors: python3 check_vectors.py FILE...

A line for each vector with another verdict, or other canonical bytes, than it states, and
one for each file. Exit code 0 when there is none, 1 when there is one or a file has no
vectors, 2 when a file cannot be read.
"""

import base64
import json
import sys

import check

FIELDS = "version claim eq form reading at series chain x w delta eps zeta constants run lhs rhs text n".split()
INNER = "op in out n a i given total terms from ln2 p d 1 2 3 4 5 6 C C2 Lf L1 L2 why gamma steps L lstar mu".split()


def canonical(file):
    """The canonical bytes of FORMAT.md, section 1."""

    def arranged(value, keys=INNER):
        if type(value) is list:
            return [arranged(v) for v in value]
        if type(value) is not dict:
            return value
        return {key: arranged(value[key], sorted(check.CONSTANTS) if key == "why" else INNER)
                for key in sorted(value, key=keys.index) if not (key == "given" and value[key] == [])}

    lines = []
    for key in FIELDS:
        if key in file and file[key] != {}:
            lines.append(f'  "{key}": ' + json.dumps(arranged(file[key]), separators=(",", ":")))
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def verdict(data):
    try:
        return "valid, canonical" if canonical(check.check(data)) == data else "valid"
    except check.Refused as refusal:
        return f"invalid: {refusal}"


def run(name, vectors):
    count = wrong = 0
    for group in vectors["testGroups"]:
        for test in group["tests"]:
            data = base64.b64decode(test["base64"]) if "base64" in test else test["certificate"].encode()
            want = test["result"] + (", canonical" if test.get("canonical") else "")
            found = verdict(data)
            count += 1
            if found != want and not (want == "invalid" and found.startswith("invalid: ")):
                wrong += 1
                print(f"{name}: vector {test['tcId']}, {test['comment']}: {found}; it states {want}")
    print(f"{name}: {count} vectors, {wrong} with another verdict")
    return 1 if wrong or not count else 0


def main(names):
    if not names or names[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for name in names:
        try:
            with open(name, encoding="utf-8") as f:
                vectors = json.load(f)
        except (OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 2
            continue
        status = max(status, run(name, vectors))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
