#!/usr/bin/env python3
"""Checks witnesses for the coefficient of a bound: python3 check_witness.py FILE...

A witness has the layout of a certificate, and all is checked as in check.py but that it
refutes. A line for each file, with left/right; exit codes as in check.py.
"""
import sys
from fractions import Fraction
import check

def witness(data):
    """Raises check.Refused unless the bytes are a witness; returns left/right."""
    file = check.parse(data)
    claim = file.get("claim") if type(file) is dict else None
    marks = check.CLAIMS[claim][1] if type(claim) is str and claim in check.CLAIMS else "-"
    check.need(not set("-MTA") & set(marks) and claim != "spike", "claim", "no bound of one step with constants of A3")
    try:
        check.check(data)
    except check.Refused as why:  # the last thing that check asks for
        check.need(str(why) == "the sides do not refute the claim", "", str(why))
    left, right = Fraction(file["lhs"]), Fraction(file["rhs"])
    check.need(left > 0 and right > 0, "", "no ratio above 0")
    return left / right

def main(names):
    if not names or names[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for name in names:
        try:
            with open(name, "rb") as f:
                ratio = witness(f.read(check.MAX_BYTES + 1))
            print(f"{name}: accept {float(ratio):.8g} = {ratio if len(str(ratio)) < 60 else '...'}")
        except (check.Refused, OSError) as error:
            print(f"{name}: refuse {error}" if isinstance(error, check.Refused) else error)
            status = max(status, 1 if isinstance(error, check.Refused) else 2)
    return status

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
