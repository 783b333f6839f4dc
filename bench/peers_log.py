"""Lines of an access log per second of processor time: Weir beside GoAccess and mtail, on the same file."""

import datetime
import json
import os
import random
import re
import subprocess

import results

LONGEST_SECONDS = 600
FORMAT = "%d/%b/%Y"
DATE = re.compile(rb"\[(\d\d/\w\w\w/\d{4}):")
# One counter by status, with the pattern that a line of this format takes.
MTAIL = r"""counter hits by status
/^\S+ \S+ \S+ \[[^\]]+\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d{3}) \S+ "[^"]*" "[^"]*"/ {
  hits[$status]++
}
"""
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.1 Mobile Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
]


def generated(path, lines):
    """A log of visitors who look at some pages each, for want of a real one."""
    rng = random.Random(1)
    start = datetime.datetime(2015, 5, 17, tzinfo=datetime.timezone.utc)
    with open(path, "w", encoding="ascii") as file:
        for index in range(lines):
            when = start + datetime.timedelta(seconds=index * 30)
            visitor = rng.randrange(index // 20 * 20 // 5, index // 5 + 10)
            page = rng.choice(["/", "/pricing", f"/product/{rng.randrange(40)}", f"/static/{rng.randrange(9)}.css"])
            file.write(f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255} - - "
                       f"[{when:%d/%b/%Y:%H:%M:%S} +0000] \"GET {page} HTTP/1.1\" 200 {rng.randrange(90000)} "
                       f"\"https://www.example.com/\" \"{AGENTS[visitor % len(AGENTS)]}\"\n")


def days_of(lines):
    return sorted({datetime.datetime.strptime(found[1].decode(), FORMAT)
                   for found in map(DATE.search, lines) if found})


def repeated(source, path, copies):
    """The log so many times, each copy some days after the one before, as time in logs does not go back."""
    with open(source, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    days = days_of(lines)
    if not days:
        raise results.Failure(f"{source} is no access log in combined format")
    span = days[-1] - days[0] + datetime.timedelta(days=1)
    with open(path, "wb") as file:
        for copy in range(copies):
            dates = {day.strftime(FORMAT).encode(): (day + copy * span).strftime(FORMAT).encode() for day in days}
            for line in lines:
                file.write(DATE.sub(lambda found: b"[" + dates[found[1]] + b":", line))
    return len(lines) * copies


def spent(command, folder):
    """Seconds of processor time a command takes, and what it prints."""
    out_path = os.path.join(folder, "out")
    error_path = os.path.join(folder, "err")
    with open(out_path, "w+", encoding="utf-8") as out, open(error_path, "w+", encoding="utf-8") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise results.Failure(f"{command[0]} failed: {err.read()[-2000:]}")
        return usage.ru_utime + usage.ru_stime, out.read()


def expect(name, found, wanted):
    if found != wanted:
        raise results.Failure(f"{name} read {found} lines of {wanted}")


def run_weir(program, log, lines, folder):
    command = [program, "replay", "--quiet", "--json", "--format", "combined", "--lateness", "60s", log]
    seconds, text = spent(command, folder)
    expect("weir", json.loads(text)["events"]["received"], lines)
    return lines / seconds


def run_goaccess(log, lines, folder):
    report = os.path.join(folder, "goaccess.json")
    command = ["goaccess", log, "--no-global-config", "--log-format=COMBINED", "--no-progress", "--no-parsing-spinner",
               "-o", report]
    seconds, _ = spent(command, folder)
    with open(report, encoding="utf-8") as file:
        expect("goaccess", json.load(file)["general"]["total_requests"], lines)
    return lines / seconds


def run_mtail(log, lines, folder):
    programs = os.path.join(folder, "programs")
    os.makedirs(programs, exist_ok=True)
    with open(os.path.join(programs, "hits.mtail"), "w", encoding="ascii") as file:
        file.write(MTAIL)
    command = ["mtail", "--one_shot", "--one_shot_format", "json", "--progs", programs, "--logs", log,
               "--log_dir", folder]
    seconds, text = spent(command, folder)
    counted = sum(int(value) for value in re.findall(r'"Value":\s*\{\s*"Value":\s*(\d+)', text))
    if not 0.99 * lines <= counted <= lines:
        raise results.Failure(f"mtail counted {counted} of {lines} lines")
    return lines / seconds


def compare(program, folder, rounds, source, copies):
    """Rows of the table: figure, Weir's values, the peer's, one of each round."""
    if not source:
        source = os.path.join(folder, "generated.log")
        generated(source, 10_000)
    log = os.path.join(folder, "access.log")
    lines = repeated(source, log, copies)
    ours, goaccess, mtail = [], [], []
    for _ in range(rounds):
        ours.append(run_weir(program, log, lines, folder))
        goaccess.append(run_goaccess(log, lines, folder))
        mtail.append(run_mtail(log, lines, folder))
    return [("access log lines per CPU s against GoAccess", ours, goaccess),
            ("access log lines per CPU s against mtail", ours, mtail)]
