"""What the scripts of this folder share: results as JSON, medians, tables. Python's standard library only.

A results file holds, for each benchmark, one list of values per measure, in the order of the repetitions:
{"version": 1, "machine": {...}, "settings": {...}, "benchmarks": {"BM_Parse/plain": {"cpu_per_event": [2e-7, ...]}},
 "skipped": {"BM_SessionProbe/uniform/10000000": "not enough free memory"}}
"""

import json
import os
import statistics
import subprocess
import sys

VERSION = 1


class Failure(Exception):
    """Something that people can put right; the text says what."""


def main_of(program):
    """Runs a script's main function and turns what people can put right into one line."""
    try:
        sys.exit(program())
    except Failure as failure:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read {path}: {error}") from error
    if not isinstance(results, dict) or results.get("version") != VERSION:
        raise Failure(f"{path} holds no results of this version of bench/run")
    return results


def save(results, path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


def median(results, name, measure="cpu_per_event"):
    """The median of one measure; None when it is not there."""
    values = results["benchmarks"].get(name, {}).get(measure)
    return statistics.median(values) if values else None


def spread(values):
    """Half the distance between the quartiles, as a part of the median: the usual error of one repetition."""
    if len(values) < 2 or statistics.median(values) == 0:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / abs(statistics.median(values))


def ratio(top, bottom):
    return top / bottom if top is not None and bottom else None


def machine():
    """What a reader needs to know to judge figures."""
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        pass
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "load": round(os.getloadavg()[0], 2)}


def commit_of(root):
    found = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True,
                           check=False)
    return found.stdout.strip()


def number(value, digits=3):
    """So many significant digits, with thousands apart."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    places = max(0, digits - 1 - int(f"{abs(value):e}".split("e")[1]))
    return f"{value:,.{places}f}"


def table(heads, rows):
    """Columns as wide as they must be; the first to the left, the others to the right."""
    cells = [heads] + [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = []
    for index, row in enumerate(cells):
        first = row[0].ljust(widths[0])
        lines.append("  ".join([first] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]).rstrip())
        if index == 0:
            lines.append("  ".join("-" * width for width in widths if width > 0))
    return "\n".join(lines)
