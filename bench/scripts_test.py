"""Tests of what the scripts of this folder make of numbers."""

import importlib.machinery
import importlib.util
import json
import os
import tempfile
import unittest

import figures
import peers_log
import results


def script(name):
    """A script as a module."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


compare = script("compare")
run = script("run")


class Compare(unittest.TestCase):
    def test_a_clear_difference_is_told_by_its_side(self):
        old, slower = [1.0, 1.01, 1.02, 0.99, 1.0], [1.2, 1.21, 1.19, 1.2, 1.22]
        self.assertEqual(compare.verdict(old, slower, 0.01, more_is_better=False), "WORSE")
        self.assertEqual(compare.verdict(slower, old, 0.01, more_is_better=False), "better")
        self.assertEqual(compare.verdict(old, slower, 0.01, more_is_better=True), "better")

    def test_what_overlaps_or_is_less_than_the_drift_is_noise(self):
        old, new = [1.0, 1.1, 0.9, 1.05, 0.95], [1.02, 1.12, 0.93, 1.0, 1.03]
        self.assertEqual(compare.verdict(old, new, 0, more_is_better=False), "within the noise")
        self.assertEqual(compare.verdict([1.0] * 5, [1.05] * 5, 0.06, more_is_better=False), "within the noise")
        self.assertEqual(compare.verdict([1.0] * 5, [1.05] * 5, 0.04, more_is_better=False), "WORSE")

    def test_few_repetitions_tell_nothing(self):
        self.assertEqual(compare.verdict([1.0] * 3, [2.0] * 3, 0, more_is_better=False), "too few repetitions to tell")
        self.assertEqual(compare.verdict([1.0] * 4, [2.0] * 4, 0, more_is_better=False), "WORSE")

    def test_the_rank_test_is_that_of_the_tables(self):
        # Of the 252 orders of five and five, 1, 1, 2, 3, 5, 7 ... have U = 0, 1, 2, ...: the exact distribution.
        self.assertEqual(compare.ways(5, 5)[:6], [1, 1, 2, 3, 5, 7])
        self.assertEqual(sum(compare.ways(5, 5)), 252)
        self.assertAlmostEqual(compare.chance([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 2 / 252)
        self.assertEqual(compare.chance([1, 1, 1], [1, 1, 1]), 1.0)


class Figures(unittest.TestCase):
    FOUND = {"version": results.VERSION, "commit": "x", "machine": {"processor": "p", "cores": 2, "load": 0.0},
             "settings": {"size": "full", "repetitions": 3}, "skipped": {"BM_SessionMemory/10000000": "no memory"},
             "benchmarks": {"BM_Replay/plain": {"cpu_per_event": [3e-7, 4e-7, 2e-7], "reader_part": [0.6, 0.5, 0.7]},
                            "BM_BareSimdjson/plain": {"cpu_per_event": [1e-7, 2e-7, 3e-7]}}}

    def test_ratios_are_those_of_medians(self):
        goals = {name: value(self.FOUND) for name, value, *_ in figures.GOALS}
        self.assertAlmostEqual(goals["replay / bare simdjson"], 1.5)
        self.assertAlmostEqual(goals["the same at best, by the busier thread"], 1 / 0.6)
        self.assertIsNone(goals["bytes per open session at 10 M"])

    def test_a_report_says_what_is_met_what_is_missing_and_why(self):
        text = figures.report(self.FOUND)
        self.assertRegex(text, r"replay / bare simdjson +1\.50 +at most +2\.50 +1\.50 +goal")
        self.assertRegex(text, r"bytes per open session at 10 M +- ")
        self.assertIn("skipped BM_SessionMemory/10000000: no memory", text)

    def test_verdicts_look_at_both_sides_of_a_border(self):
        self.assertEqual(figures.verdict(2.5, figures.LESS, 2.5, 1.5), "floor")
        self.assertEqual(figures.verdict(2.51, figures.LESS, 2.5, 1.5), "misses the floor")
        self.assertEqual(figures.verdict(1.9, figures.MORE, 1.6, 1.9), "goal")
        self.assertEqual(figures.verdict(1.59, figures.MORE, 1.6, 1.9), "misses the floor")

    def test_numbers_keep_their_digits(self):
        self.assertEqual([results.number(value) for value in (None, 0, 0.001234, 1.5, 99.96, 12345.6)],
                         ["-", "0", "0.00123", "1.50", "100.0", "12,346"])


class Run(unittest.TestCase):
    def test_repetitions_are_gathered_and_skipped_ones_named(self):
        found = {"benchmarks": {}, "skipped": {}}
        name = "BM_A/10/iterations:1/manual_time"
        run.take_up(found, [
            {"run_name": name, "run_type": "iteration", "cpu_per_event": 1e-7, "cpu_time": 3},
            {"run_name": name, "run_type": "iteration", "cpu_per_event": 2e-7, "cpu_time": 3},
            {"run_name": name, "run_type": "aggregate", "cpu_per_event": 9},
            {"run_name": "BM_B", "run_type": "iteration", "error_occurred": True, "error_message": "why"}])
        self.assertEqual(found["benchmarks"], {"BM_A/10": {"cpu_per_event": [1e-7, 2e-7]}})
        self.assertEqual(found["skipped"], {"BM_B": "why"})

    def test_files_that_hold_no_results_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for index, text in enumerate(["", "[]", json.dumps({"version": 99})]):
                path = os.path.join(folder, str(index))
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                with self.assertRaises(results.Failure):
                    results.load(path)
            with self.assertRaises(results.Failure):
                results.load(os.path.join(folder, "missing"))


class AccessLog(unittest.TestCase):
    def test_copies_of_a_log_go_on_in_time(self):
        with tempfile.TemporaryDirectory() as folder:
            source, copy = os.path.join(folder, "source"), os.path.join(folder, "copy")
            with open(source, "w", encoding="ascii") as file:
                file.write('1.1.1.1 - - [30/Apr/2015:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'
                           'no log line\n1.1.1.1 - - [01/May/2015:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n')
            self.assertEqual(peers_log.repeated(source, copy, 2), 6)
            with open(copy, encoding="ascii") as file:
                dates = [line[13:24] for line in file if line.startswith("1.")]
            self.assertEqual(dates, ["30/Apr/2015", "01/May/2015", "02/May/2015", "03/May/2015"])


if __name__ == "__main__":
    unittest.main()
