"""One event per POST over kept connections: Weir beside nginx, which answers 204 and does nothing, under one wrk load.

The server has one core, wrk another.
"""

import contextlib
import json
import os
import socket
import subprocess
import time

import results
import servers

CONNECTIONS = 16
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 204; }}
  }}
}}
"""
# A thousand page views made before the clock starts, without a time of their own: that of receipt counts.
LOAD = """
local requests, last = {}, 0
function init()
  for i = 1, 1000 do
    local body = string.format('{"type":"page_view","visitor":"visitor-%d","site":"shop.example.com",' ..
      '"url":"https://shop.example.com/product/%d","referrer":"https://www.google.com/","device":"mobile"}', i, i % 40)
    requests[i] = wrk.format("POST", "/v1/events", {["Content-Type"] = "application/json"}, body)
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\n{"requests":%d,"us":%d,"failed":%d,"p99_us":%d}\\n', summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, latency:percentile(99)))
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def nginx(folder, core):
    port = free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(NGINX.format(folder=folder, port=port))
    command = ["taskset", "-c", str(core), "nginx", "-p", folder, "-c", path]
    with servers.running(command, os.path.join(folder, "nginx.log")):
        servers.wait_for_status(port, 204)
        yield port


def load(port, core, seconds, script):
    """Requests per second and the 99th percentile in microseconds."""
    command = ["taskset", "-c", str(core), "wrk", "--threads", "1", "--connections", str(CONNECTIONS),
               "--duration", f"{seconds}s", "--script", script, f"http://127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + servers.START_SECONDS, check=False)
    if done.returncode != 0:
        raise results.Failure(f"wrk failed: {done.stderr}")
    summary = json.loads(done.stdout.strip().splitlines()[-1])
    if summary["failed"] > 0 or summary["requests"] == 0:
        raise results.Failure(f"wrk had failed requests: {summary}")
    return summary


def compare(program, folder, rounds, seconds):
    """Rows of the table: figure, Weir's values, the peer's, one of each round."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise results.Failure("the server and wrk need a core each, and there is only one")
    script = os.path.join(folder, "load.lua")
    with open(script, "w", encoding="utf-8") as file:
        file.write(LOAD)
    ours, theirs = [], []
    with nginx(folder, cores[0]) as nginx_port, \
            servers.weir(program, folder, "", pinned_to=cores[0]) as (events_port, admin_port):
        load(events_port, cores[1], 1, script)
        load(nginx_port, cores[1], 1, script)
        for _ in range(rounds):
            before = servers.received(admin_port)
            summary = load(events_port, cores[1], seconds, script)
            time.sleep(1)  # until the next report
            if servers.received(admin_port) - before < summary["requests"]:
                raise results.Failure("weir received fewer events than it accepted requests")
            ours.append(summary["requests"] / summary["us"] * 1e6)
            summary = load(nginx_port, cores[1], seconds, script)
            theirs.append(summary["requests"] / summary["us"] * 1e6)
    return [("requests/s against nginx return 204", ours, theirs)]
