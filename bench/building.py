"""Builds what is measured: as scripts/run builds the program, in a folder of its own."""

import os
import subprocess
import sys

import results

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "build/bench")
SHOWN_LINES = 30


def quietly(command, log_path):
    """Runs a command whose output is only worth reading when it fails."""
    with open(log_path, "w", encoding="utf-8") as log:
        if subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False).returncode == 0:
            return
    with open(log_path, encoding="utf-8", errors="replace") as log:
        sys.stderr.writelines(log.readlines()[-SHOWN_LINES:])
    raise results.Failure(f"{command[0]} failed, see above and {os.path.relpath(log_path)}")


def build(targets, package_sets=()):
    """Installs packages, configures and builds; the folder of the build."""
    if subprocess.run([os.path.join(ROOT, "scripts/install_packages"), *package_sets], check=False).returncode != 0:
        raise results.Failure("packages are missing")
    os.makedirs(FOLDER, exist_ok=True)
    print("Building build/bench (minutes the first time, then seconds)", file=sys.stderr)
    quietly(["cmake", "-S", ".", "-B", FOLDER, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DWEIR_BUILD_TESTS=OFF"],
            os.path.join(FOLDER, "configure.log"))
    quietly(["cmake", "--build", FOLDER, "--parallel", str(os.cpu_count() or 1), "--target", *targets],
            os.path.join(FOLDER, "build.log"))
    return FOLDER
