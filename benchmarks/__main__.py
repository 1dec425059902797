"""``python -m benchmarks [--json] [--only NAME]``: run the cases and print their ratios."""

from __future__ import annotations

import os

# ruff: noqa: E402 - one thread for BLAS has to be asked for before NumPy is imported anywhere
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import importlib
import importlib.metadata
import json
import pkgutil
import platform
import sys
from typing import Any

import benchmarks
from benchmarks import Case


def cases() -> list[Case]:
    """The cases of every module of the package, by module name."""
    found: list[Case] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__)):
        if module != "__main__":
            found += getattr(importlib.import_module(f"benchmarks.{module}"), "CASES", [])
    return found


def machine() -> dict[str, Any]:
    """What the figures depend on, without names."""
    packages = ("numpy", "scipy", "sympy")
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", action="append", metavar="NAME", help="one case (repeatable)")
    options = parser.parse_args()
    chosen = cases()
    if options.only:
        known = {case.name for case in chosen}
        unknown = sorted(set(options.only) - known)
        if unknown:
            parser.error(f"no case {unknown[0]!r}; known: {', '.join(sorted(known))}")
        chosen = [case for case in chosen if case.name in options.only]
    rows = []
    for case in chosen:
        print(f"{case.name}: {case.description} ...", file=sys.stderr, flush=True)
        measured = dict(case.run())
        ratio = measured.pop("ratio")
        seconds = measured.pop("seconds", {})
        holds = bool(ratio >= case.bound)
        rows.append(
            {
                "name": case.name,
                "description": case.description,
                "ratio": ratio,
                "bound": case.bound,
                "holds": holds,
                "seconds": seconds,
                **measured,
            }
        )
        print(f"    {ratio:.4g} (bound {case.bound:g})", file=sys.stderr, flush=True)
    if options.json:
        json.dump(
            {"schema": "hebbsym/benchmarks/1", **machine(), "cases": rows}, sys.stdout, indent=2
        )
        print()
    else:
        for row in rows:
            mark = "holds" if row["holds"] else "FAILS"
            print(f"{row['name']:32} {row['ratio']:10.4g}  bound {row['bound']:<8g} {mark}")
    return 0 if all(row["holds"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
