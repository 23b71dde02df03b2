// Makes one measurement with V8 and prints it: the counterpart of `wz-bench measure`. V8's compiler is chosen by the
// options that node is started with.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

// Long enough for the clocks, short enough for many repetitions.
const BATCH_MS = 40;
const BATCHES = 5;

const MODULE = 'wasi_snapshot_preview1';

function stopwatch() {
    const cpu = process.cpuUsage();
    const wall = performance.now();
    return () => {
        const spent = process.cpuUsage(cpu);
        return { wall: performance.now() - wall, cpu: (spent.user + spent.system) / 1e3 };
    };
}

function traps(imports) {
    const object = {};
    for (const { module, name, kind } of imports) {
        if (kind !== 'function') throw new Unsupported(`imports ${module} ${name}, not a function`);
        object[module] ??= {};
        object[module][name] = () => {
            throw new Error('an import that traps');
        };
    }
    return object;
}

class Unsupported extends Error {}

function close(fd) {
    try {
        closeSync(fd);
    } catch (error) {
        // A program may close its standard output itself.
        if (error.code !== 'EBADF') throw error;
    }
}

function compile(bytes) {
    try {
        return new WebAssembly.Module(bytes);
    } catch (error) {
        throw new Unsupported(error.message);
    }
}

function run({ wasm, args, folders }) {
    const began = performance.now();
    const bytes = readFileSync(wasm);
    const compiling = stopwatch();
    const module = compile(bytes);
    const compiled = compiling();
    const file = join(tmpdir(), `wz-bench-${process.pid}.output`);
    const stdout = openSync(file, 'w+');
    const stderr = openSync('/dev/null', 'w');
    const preopens = Object.fromEntries(folders);
    const wasi = new WASI({ version: 'preview1', args, preopens, stdout, stderr, returnOnExit: true });
    const imports = traps(WebAssembly.Module.imports(module));
    Object.assign((imports[MODULE] ??= {}), wasi.wasiImport);
    let first;
    imports[MODULE].fd_write = (fd, ...rest) => {
        if (fd === 1) first ??= performance.now();
        return wasi.wasiImport.fd_write(fd, ...rest);
    };
    const instance = new WebAssembly.Instance(module, imports);
    const running = stopwatch();
    const exitCode = wasi.start(instance);
    const ran = running();
    const total = performance.now() - began;
    close(stdout);
    const output = readFileSync(file);
    rmSync(file);
    const figures = {
        compile_wall_ms: compiled.wall,
        compile_cpu_ms: compiled.cpu,
        run_wall_ms: ran.wall,
        run_cpu_ms: ran.cpu,
        total_wall_ms: total,
    };
    if (first !== undefined) figures.first_output_wall_ms = first - began;
    return {
        figures,
        output_sha256: createHash('sha256').update(output).digest('hex'),
        output_head: output.subarray(0, 100).toString(),
        exit_code: exitCode ?? 0,
    };
}

// CPU milliseconds of one of `times` equal turns: of several batches, each long enough, the fastest.
function perTurn(turns) {
    let times = 1;
    for (;;) {
        const batch = stopwatch();
        turns(times);
        if (batch().wall >= BATCH_MS) break;
        times *= 2;
    }
    let best = Infinity;
    for (let i = 0; i < BATCHES; i++) {
        const batch = stopwatch();
        turns(times);
        best = Math.min(best, batch().cpu);
    }
    return best / times;
}

const jobs = {
    run,

    compile({ wasm }) {
        const bytes = readFileSync(wasm);
        const compiling = stopwatch();
        const module = compile(bytes);
        const { wall, cpu } = compiling();
        // The module is used so that nothing puts its compilation off.
        if (WebAssembly.Module.exports(module).length === 0) throw new Error('no exports');
        return { figures: { compile_wall_ms: wall, compile_cpu_ms: cpu } };
    },

    load({ wasm }) {
        if (process.execArgv.includes('--liftoff')) {
            throw new Unsupported('V8 stores the code of its optimising compiler only');
        }
        const bytes = readFileSync(wasm);
        // Natives of V8, made from text because other parsers take them for mistakes.
        const store = new Function('module', 'return %SerializeWasmModule(module)');
        const restore = new Function('stored', 'bytes', 'return %DeserializeWasmModule(stored, bytes)');
        const stored = store(compile(bytes));
        if (stored === undefined) throw new Unsupported('V8 does not store its code');
        const wire = new Uint8Array(bytes);
        let best = { wall: Infinity, cpu: Infinity };
        for (let i = 0; i < BATCHES; i++) {
            const loading = stopwatch();
            const module = restore(stored, wire);
            const { wall, cpu } = loading();
            if (!(module instanceof WebAssembly.Module)) throw new Unsupported('V8 does not load what it stored');
            best = { wall: Math.min(best.wall, wall), cpu: Math.min(best.cpu, cpu) };
        }
        return {
            figures: { load_wall_ms: best.wall, load_cpu_ms: best.cpu, artefact_bytes: stored.byteLength },
        };
    },

    instantiate({ wasm }) {
        const module = compile(readFileSync(wasm));
        const imports = traps(WebAssembly.Module.imports(module));
        let last;
        const milliseconds = perTurn((times) => {
            for (let i = 0; i < times; i++) last = new WebAssembly.Instance(module, imports);
        });
        if (last === undefined) throw new Error('no instance');
        return { figures: { instantiate_cpu_us: milliseconds * 1e3 } };
    },

    calls({ caller, callee }) {
        const other = new WebAssembly.Instance(compile(readFileSync(callee)));
        const { exports } = new WebAssembly.Instance(compile(readFileSync(caller)), {
            host: { nop: () => {}, add: (a, b) => (a + b) | 0 },
            callee: other.exports,
        });
        const { add, nop } = exports;
        let sum = 0;
        const figures = {
            call_typed_0_ns: perTurn((times) => {
                for (let i = 0; i < times; i++) nop();
            }),
            call_typed_2_ns: perTurn((times) => {
                for (let i = 0; i < times; i++) sum = add(sum, 1);
            }),
        };
        for (const kind of ['host_0', 'host_2', 'direct', 'indirect', 'cross_module', 'loop']) {
            figures[`call_${kind}_ns`] = perTurn((times) => exports[`call_${kind}`](times));
        }
        for (const name of Object.keys(figures)) figures[name] *= 1e6;
        if (!Number.isInteger(sum)) throw new Error('no sum');
        return { figures };
    },
};

function peakRss() {
    try {
        return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    } catch {
        return undefined;
    }
}

let outcome;
try {
    const job = JSON.parse(process.argv[2]);
    outcome = { outcome: 'measured', ...jobs[job.kind](job) };
    const peak = peakRss();
    if (peak !== undefined) outcome.figures.peak_rss_kib = peak;
} catch (error) {
    const kind = error instanceof Unsupported ? 'unsupported' : 'failed';
    outcome = { outcome: kind, reason: String(error.message ?? error) };
}
console.log(JSON.stringify(outcome));
