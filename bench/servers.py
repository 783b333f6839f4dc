"""Servers that are measured from outside: started on ports the system chooses, ended whatever happens."""

import contextlib
import os
import re
import subprocess
import time
import urllib.request

import results

START_SECONDS = 20
LOOK_SECONDS = 0.05
LISTENERS = """
sources:
  http: {listen: "127.0.0.1:0"}
admin: {listen: "127.0.0.1:0"}
"""
READY = re.compile(r"ready: .*?http://127\.0\.0\.1:(\d+)/v1/events.*?http://127\.0\.0\.1:(\d+)/metrics")


@contextlib.contextmanager
def running(command, log_path):
    """A process whose output goes to a file."""
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def post(port, body):
    """The status of the answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/events", data=body,
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
        return answer.status


def wait_for_status(port, wanted):
    """Waits until a POST is answered; the answer must be the wanted one."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            status = post(port, b'{"type":"page_view","visitor":"first","url":"/"}')
            break
        except OSError as error:
            if time.monotonic() > end:
                raise results.Failure(f"port {port} does not answer: {error}") from error
            time.sleep(LOOK_SECONDS)
    if status != wanted:
        raise results.Failure(f"port {port} answers {status}, not {wanted}")


def ready_line(log_path, process):
    """The ports a server says it listens on: events, admin."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with open(log_path, encoding="utf-8") as log:
            text = log.read()
        found = READY.search(text)
        if found:
            return int(found[1]), int(found[2])
        if process.poll() is not None:
            raise results.Failure(f"weir serve ended: {text}")
        time.sleep(LOOK_SECONDS)
    raise results.Failure("weir serve did not start")


@contextlib.contextmanager
def weir(program, folder, config, pinned_to=None):
    """A running `weir serve` with further lines of configuration; its ports: events, admin."""
    path = os.path.join(folder, "weir.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(LISTENERS + config)
    pinning = [] if pinned_to is None else ["taskset", "-c", str(pinned_to)]
    log_path = os.path.join(folder, "weir.log")
    with running([*pinning, program, "serve", "-c", path], log_path) as process:
        events_port, admin_port = ready_line(log_path, process)
        wait_for_status(events_port, 202)
        yield events_port, admin_port


def scrape(admin_port):
    with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/metrics", timeout=START_SECONDS) as answer:
        return answer.read().decode()


def received(admin_port):
    """Events taken in up to the last report."""
    values = re.findall(r"^weir_events_received_total\{[^}]*\} (\S+)$", scrape(admin_port), re.MULTILINE)
    return sum(float(value) for value in values)
