"""Which figures bench/run shows, what they are made of, and what they are set against.

Budgets are nanoseconds of one 3 GHz core per event of 300 bytes and ten million open sessions: what libraries reach
when used well, what tuning should reach, and the limit of the machine.
"""

import statistics

import results

NANOSECONDS = 1e9


def ns(name, measure="cpu_per_event"):
    """A benchmark's median in nanoseconds, as a function of the results."""
    def value(found):
        seconds = results.median(found, name, measure)
        return None if seconds is None else seconds * NANOSECONDS
    return value


def added(*parts):
    def value(found):
        values = [part(found) for part in parts]
        return None if None in values else sum(values)
    return value


def less(whole, part):
    def value(found):
        both = (whole(found), part(found))
        return None if None in both else both[0] - both[1]
    return value


def times(factor, part):
    def value(found):
        one = part(found)
        return None if one is None else factor * one
    return value


def over(top, bottom):
    return lambda found: results.ratio(top(found), bottom(found))


def plain(name, measure):
    return lambda found: results.median(found, name, measure)


PROBE = (60, 18, 10)
# Step, value in nanoseconds, budget (libraries, tuned, limit) or None.
STEPS = [
    ("socket: TCP less memory", less(ns("BM_FromTcp"), ns("BM_FromMemory")), (60, 45, 30)),
    ("socket: HTTP of 100 less memory", less(ns("BM_FromHttpBatches"), ns("BM_FromMemory")), (60, 45, 30)),
    ("line split, with one copy", ns("BM_LineSplit"), None),
    ("parse: structure, fields, time", ns("BM_Parse/plain"), (190, 99, 54)),
    ("parse, rough input", ns("BM_Parse/rough"), None),
    ("timestamp alone", ns("BM_Timestamp"), (25, 4, 2)),
    ("visitor hash alone", ns("BM_Hash"), (8, 4, 2)),
    ("symbol table, three labels", times(3, ns("BM_SymbolTable")), (30, 15, 8)),
    ("event made: hashes and lookups", less(ns("BM_ParseAndMake"), ns("BM_Parse/plain")), (38, 19, 10)),
    ("queue hop, both threads", ns("BM_QueueHop"), (25, 8, 4)),
    ("deduplicate", ns("BM_Deduplicate"), None),
    ("reorder", ns("BM_Reorder"), None),
    ("session probe, 10 k uniform", ns("BM_SessionProbe/uniform/10000"), None),
    ("session probe, 1 M uniform", ns("BM_SessionProbe/uniform/1000000"), None),
    ("session probe, 10 M uniform", ns("BM_SessionProbe/uniform/10000000"), PROBE),
    ("session probe, 10 k Zipf", ns("BM_SessionProbe/zipf/10000"), None),
    ("session probe, 1 M Zipf", ns("BM_SessionProbe/zipf/1000000"), None),
    ("session probe, 10 M Zipf", ns("BM_SessionProbe/zipf/10000000"), PROBE),
    ("sessions: probe, update, expiry", ns("BM_Sessionize"), (90, 30, 17)),
    ("panes, visitors, counters", ns("BM_PaneUpdate"), (85, 28, 14)),
]

FLOOR = ns("BM_BareSimdjson/plain")
ROUGH_FLOOR = ns("BM_BareSimdjson/rough")
# Pipeline, value in nanoseconds, and the floor it is divided by where both read the same kind of lines.
PIPELINES = [
    ("bare simdjson", FLOOR, FLOOR),
    ("bare simdjson, rough input", ROUGH_FLOOR, ROUGH_FLOOR),
    ("replay", ns("BM_Replay/plain"), FLOOR),
    ("replay, rough input", ns("BM_Replay/rough"), ROUGH_FLOOR),
    ("naive model", ns("BM_NaiveModel"), FLOOR),
    ("serve from memory", ns("BM_FromMemory"), None),
    ("replay from a file", ns("BM_FromFile"), None),
    ("serve over TCP", ns("BM_FromTcp"), None),
    ("serve over HTTP, 100 a request", ns("BM_FromHttpBatches"), None),
    ("serve over HTTP, 1 a request", ns("BM_FromHttpSingly"), None),
    ("replay with 10 k open sessions", ns("BM_LiveSessions/10000"), None),
    ("replay with 1 M open sessions", ns("BM_LiveSessions/1000000"), None),
    ("replay with 10 M open sessions", ns("BM_LiveSessions/10000000"), None),
]

# Work on reports, milliseconds.
REPORTS = [
    ("snapshot of a shard", times(1e-6, ns("BM_Snapshot"))),
    ("report of two shards", times(1e-6, ns("BM_Report"))),
    ("20,000 series as Prometheus text", plain("BM_RenderText", "ms_per_20k")),
    ("20,000 series as OpenMetrics", plain("BM_RenderOpenMetrics", "ms_per_20k")),
    ("20,000 series compressed", plain("BM_Compress", "ms_per_20k")),
    ("report as JSON, 20,000 series' worth", plain("BM_RenderReportJson", "ms_per_20k")),
]

def by_busier_thread(found):
    """How much faster two cores can be at best, with the reader on one and the shard on the other."""
    part = results.median(found, "BM_Replay/plain", "reader_part")
    return None if part is None else 1 / max(part, 1 - part)


LESS, MORE = "at most", "at least"
# Figure, value, which side is good, floor, goal.
GOALS = [
    ("replay / bare simdjson", over(ns("BM_Replay/plain"), FLOOR), LESS, 2.5, 1.5),
    ("replay / bare simdjson, rough input", over(ns("BM_Replay/rough"), ROUGH_FLOOR), LESS, 3.0, 1.8),
    ("one core / two cores, wall", over(ns("BM_ReplayOnCores/1", "wall_per_event"),
                                        ns("BM_ReplayOnCores/2", "wall_per_event")), MORE, 1.6, 1.9),
    ("the same at best, by the busier thread", by_busier_thread, MORE, 1.6, 1.9),
    ("HTTP of 100: events/s of ingest + shard", plain("BM_FromHttpBatches", "events_per_second"), MORE, 1e6, 2e6),
    ("bytes per open session at 10 M", plain("BM_SessionMemory/10000000", "bytes_per_session"), LESS, 200, 120),
    ("ns at 10 M open sessions / at 10 k", over(ns("BM_LiveSessions/10000000"), ns("BM_LiveSessions/10000")), LESS,
     2.0, 1.4),
    ("journal's part of all processor time, TCP", plain("BM_JournalCost/tcp", "journal_part"), LESS, 0.2, 0.2),
    ("the same, HTTP of 100", plain("BM_JournalCost/http_of_100", "journal_part"), LESS, 0.2, 0.2),
    ("seconds to take 10 M journalled events in", times(1e7, plain("BM_Recovery", "wall_per_event")), LESS, 10, 10),
    ("ms intake stands still for a snapshot, 1 M sessions",
     times(1e3, plain("BM_SnapshotPause", "pause_per_snapshot")), LESS, 100, 100),
    ("allocations per event, warm", plain("BM_Allocations", "allocations_per_event"), LESS, 0, 0),
]


def verdict(value, side, floor, goal):
    if value is None:
        return ""
    meets = (lambda bound: value <= bound) if side == LESS else (lambda bound: value >= bound)
    return "goal" if meets(goal) else "floor" if meets(floor) else "misses the floor"


def spread_of_all(found):
    """How far repetitions usually lie apart."""
    spreads = [results.spread(measures["cpu_per_event"]) for measures in found["benchmarks"].values()
               if "cpu_per_event" in measures]
    known = [spread for spread in spreads if spread is not None]
    return f"{100 * statistics.median(known):.1f} %" if known else "unknown"


def report(found):
    """All tables as text."""
    show = results.number
    parts = ["CPU per event of each step alone, ns; budget: libraries / tuned / limit"]
    rows = []
    for name, value, budget in STEPS:
        measured = value(found)
        tuned = f"{measured / budget[1]:.1f}x" if budget and measured is not None else ""
        rows.append([name, show(measured)] + ([str(column) for column in budget] if budget else ["", "", ""]) + [tuned])
    parts.append(results.table(["step", "ns", "libraries", "tuned", "limit", "of tuned"], rows))
    parts.append("\nCPU per event of the whole pipeline, all threads, ns; and as a ratio to bare simdjson")
    rows = [[name, show(value(found)), show(results.ratio(value(found), floor(found))) if floor else ""]
            for name, value, floor in PIPELINES]
    parts.append(results.table(["pipeline", "ns", "ratio"], rows))
    parts.append("\nReports, ms")
    parts.append(results.table(["work", "ms"], [[name, show(value(found))] for name, value in REPORTS]))
    if found["settings"]["size"] == "full":
        heads = ["figure", "measured", "", "floor", "goal", "meets"]
        parts.append("\nFloors and goals")
    else:
        heads = ["figure", "measured", "", "floor", "goal", ""]
        parts.append(f"\nFloors and goals are for the full size; this run was {found['settings']['size']}")
    rows = []
    for name, value, side, floor, goal in GOALS:
        judged = verdict(value(found), side, floor, goal) if heads[-1] else ""
        rows.append([name, show(value(found)), side, show(floor), show(goal), judged])
    parts.append(results.table(heads, rows))
    for name, reason in sorted(found["skipped"].items()):
        parts.append(f"skipped {name}: {reason}")
    machine = found["machine"]
    parts.append(f"\n{machine['processor']}, {machine['cores']} cores, load {machine['load']} at the start; medians of "
                 f"{found['settings']['repetitions']} repetitions in mixed order")
    parts.append("Half the distance between the quartiles of the repetitions, in the median of all benchmarks: "
                 f"{spread_of_all(found)}")
    return "\n".join(parts)
