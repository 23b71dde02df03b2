#!/usr/bin/env python3
"""Makes expected/* from cases.json, or checks it, with other runtimes than wz.

    pip install wasmtime==50.0.1
    python make_expected.py            write expected/* with Wasmtime
    python make_expected.py --check    compare instead of writing
    python make_expected.py --node     check with Node.js (node must be in PATH)

Names of cases may follow to run only these. With --time each case's time is
printed too.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

NODE_PROGRAM = """
const { WASI } = require('node:wasi');
const fs = require('node:fs');
const job = JSON.parse(process.argv[1]);
const open = (path, mode) => fs.openSync(path, mode);
const wasi = new WASI({
  version: 'preview1', args: job.args, env: job.env, returnOnExit: true,
  stdin: open(job.stdin, 'r'), stdout: open(job.stdout, 'w'),
  stderr: open(job.stderr, 'w'),
});
const module_ = new WebAssembly.Module(fs.readFileSync(job.module));
const instance = new WebAssembly.Instance(module_, wasi.getImportObject());
process.stdout.write(String(wasi.start(instance)));
"""


def run_wasmtime(job):
    import wasmtime

    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = job["args"]
    wasi.env = list(job["env"].items())
    wasi.stdin_file = job["stdin"]
    wasi.stdout_file = job["stdout"]
    wasi.stderr_file = job["stderr"]
    store.set_wasi(wasi)
    module = wasmtime.Module.from_file(engine, job["module"])
    instance = linker.instantiate(store, module)
    start = time.perf_counter()
    try:
        instance.exports(store)["_start"](store)
        code = 0
    except wasmtime.ExitTrap as exit_trap:
        code = exit_trap.code
    return code, time.perf_counter() - start


def run_node(job):
    command = ["node", "--no-warnings", "-e", NODE_PROGRAM, json.dumps(job)]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout), time.perf_counter() - start


def run_case(case, run):
    """The bytes of both streams, the exit code and the time."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        empty = folder / "empty"
        empty.write_bytes(b"")
        job = {
            "module": str(HERE / (case["program"] + ".wasm")),
            "args": [case["program"] + ".wasm", *case["args"]],
            "env": case["env"],
            "stdin": str(HERE / case["stdin"]) if case["stdin"] else str(empty),
            "stdout": str(folder / "stdout"),
            "stderr": str(folder / "stderr"),
        }
        code, seconds = run(job)
        stdout = (folder / "stdout").read_bytes()
        stderr = (folder / "stderr").read_bytes()
        return stdout, stderr, code, seconds


def check(case, stdout, stderr, code):
    """What differs from what is expected."""
    wrong = []
    if code != case["exit"]:
        wrong.append(f"exit code {code} instead of {case['exit']}")
    for name, got in (("stdout", stdout), ("stderr", stderr)):
        expected = (HERE / case[name]).read_bytes() if case[name] else b""
        if got != expected:
            wrong.append(f"{name} differs: {got[:200]!r}")
    return wrong


def write(case, stdout, stderr, code):
    if stderr and not case["stderr"]:
        return [f"it wrote to stderr: {stderr[:200]!r}"]
    (HERE / case["stdout"]).write_bytes(stdout)
    if case["stderr"]:
        (HERE / case["stderr"]).write_bytes(stderr)
    if code != case["exit"]:
        return [f"exit code {code} instead of {case['exit']}"]
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--node", action="store_true")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    cases = json.loads((HERE / "cases.json").read_text())
    unknown = set(options.names) - {case["name"] for case in cases}
    if unknown:
        parser.error("no such case: " + ", ".join(sorted(unknown)))
    (HERE / "expected").mkdir(exist_ok=True)

    failed = ran = 0
    for case in cases:
        if options.names and case["name"] not in options.names:
            continue
        runner = run_node if options.node else run_wasmtime
        stdout, stderr, code, seconds = run_case(case, runner)
        judge = check if options.check or options.node else write
        wrong = judge(case, stdout, stderr, code)
        ran += 1
        failed += bool(wrong)
        for message in wrong:
            print(f"{case['name']}: {message}")
        if options.time:
            print(f"{case['name']}: {seconds:.3f} s")
    print(f"{ran - failed} of {ran} cases are as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
