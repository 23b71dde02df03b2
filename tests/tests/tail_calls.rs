//! Chains of tail calls between instances: they use no stack, whatever is passed, and who began one finds everything as it
//! was.

#![forbid(unsafe_code)]

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use wz_api::{
    Caller, Context, Error, ErrorKind, ExternRef, HostModule, Module, ModuleConfig, Runtime, Suspend,
    TrapCode, Value,
};
use wz_tests::Mode;
use wz_tests::guard::guarded;
use wz_tests::guest::{call, instantiate};

/// How the last function of a chain calls the first; the others all call the next one through a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Import,
    Table,
}

/// A chain of tail calls: each of its functions is of an instance of its own and calls the next one, the last one the first.
#[derive(Clone, Copy, Debug)]
struct Chain {
    /// How many parameters each has: an i64, but for each fourth, an f64.
    params: &'static [usize],
    /// How many results all of them have.
    results: usize,
    way: Way,
}

/// The parameter with this index is an f64.
fn is_float(index: usize) -> bool {
    index % 4 == 3
}

impl Chain {
    /// What all instances share: the table, how many calls are left, at how many the memories grow, what the functions add
    /// up, and how the chain ends.
    const SHARED: &'static str = r#"(module
        (table (export "table") 8 funcref)
        (global (export "left") (mut i64) (i64.const 0))
        (global (export "half") (mut i64) (i64.const 0))
        (global (export "sum") (mut i64) (i64.const 0))
        (global (export "end") (mut i32) (i32.const 0)))"#;

    /// The instance with this index.
    fn source(&self, index: usize) -> String {
        let last = index + 1 == self.params.len();
        let next = (index + 1) % self.params.len();
        let (own, to) = (self.params[index], self.params[next]);
        let types =
            |n: usize| -> String { (0..n).map(|i| if is_float(i) { "f64 " } else { "i64 " }).collect() };
        let results = "i64 ".repeat(self.results);
        // Arguments are the number of calls that are left and their index.
        let args = |n: usize| -> String {
            let arg = |i: usize| match is_float(i) {
                true => {
                    format!("(f64.add (f64.convert_i64_s (global.get $left)) (f64.const {}))", i as f64 * 0.5)
                }
                false => format!("(i64.add (global.get $left) (i64.const {i}))"),
            };
            (0..n).map(arg).collect()
        };
        let mut sum = "(i64.load (i32.const 8))".to_owned();
        for i in 0..own {
            let part = match is_float(i) {
                true => format!("(i64.trunc_f64_s (f64.mul (local.get {i}) (f64.const 2)))"),
                false => format!("(i64.mul (local.get {i}) (i64.const {}))", i + 1),
            };
            sum = format!("(i64.add {sum} {part})");
        }
        let values: String =
            (0..self.results).map(|j| format!("(i64.add (global.get $sum) (i64.const {j}))")).collect();
        let mut source = format!(
            r#"(module
            (type $own (func (param {}) (result {results})))
            (type $next (func (param {}) (result {results})))
            (import "shared" "table" (table 8 funcref))
            (import "shared" "left" (global $left (mut i64)))
            (import "shared" "half" (global $half (mut i64)))
            (import "shared" "sum" (global $sum (mut i64)))
            (import "shared" "end" (global $end (mut i32)))
            (import "host" "end" (func $host))
            "#,
            types(own),
            types(to),
        );
        let tail = match self.way {
            Way::Import if last => {
                source.push_str(r#"(import "c0" "step" (func $first (type $next)))"#);
                format!("(return_call $first {})", args(to))
            }
            _ => format!("(return_call_indirect (type $next) {} (i32.const {next}))", args(to)),
        };
        let (kept, taken): (String, String) = (
            // Alive across the calls, in registers that a function preserves and elsewhere.
            (0..6).map(|i| format!("(local $k{i} i64)")).collect(),
            (0..self.results).rev().map(|i| format!("(local.set $r{i})")).collect(),
        );
        let declared: String = (0..self.results).map(|i| format!("(local $r{i} i64)")).collect();
        let mut fold = "(i64.mul (i64.load (i32.const 8)) (i64.const 3))".to_owned();
        for i in 0..self.results {
            fold = format!("(i64.add {fold} (i64.mul (local.get $r{i}) (i64.const {})))", i + 1);
        }
        for i in 0..6 {
            fold = format!("(i64.sub {fold} (local.get $k{i}))");
        }
        let runs = [("run", "(call $step"), ("run_indirect", "(call_indirect (type $own)")];
        let _ = write!(
            source,
            r#"
            (memory (export "memory") 1 3)
            (data (i32.const 8) "\{mark:02x}")
            (elem (i32.const {index}) $step)
            (func $grow
                (drop (memory.grow (i32.const 1)))
                (i64.store (i32.const 65544) (i64.const {mark}0)))
            (func $last (type $own)
                (if (i32.eq (global.get $end) (i32.const 1)) (then unreachable))
                (if (i32.eq (global.get $end) (i32.const 2)) (then (call $host)))
                {values})
            (func $step (export "step") (type $own)
                (global.set $sum (i64.add (global.get $sum) {sum}))
                (if (i32.and (i64.le_s (global.get $left) (global.get $half)) (i32.eq (memory.size) (i32.const 1)))
                    (then (call $grow)))
                (if (i64.eqz (global.get $left)) (then (return_call $last {same})))
                (global.set $left (i64.sub (global.get $left) (i64.const 1)))
                {tail})
            (func (export "begin") (param $left i64) (param $end i32)
                (global.set $left (local.get $left))
                (global.set $half (i64.div_s (local.get $left) (i64.const 2)))
                (global.set $end (local.get $end))
                (global.set $sum (i64.const 0)))
            "#,
            mark = index + 1,
            same = (0..own).map(|i| format!("(local.get {i})")).collect::<String>(),
        );
        for (name, call) in runs {
            let index =
                if call.contains("indirect") { format!("(i32.const {index})") } else { String::new() };
            let sets: String = (0..6)
                .map(|i| format!("(local.set $k{i} (i64.add (global.get $left) (i64.const {i})))"))
                .collect();
            let _ = write!(
                source,
                r#"(func ${name} (export "{name}") (result i64) {kept} {declared}
                {sets}
                {call} {args} {index})
                {taken}
                ;; The first access after the call, and one to what has grown meanwhile.
                (i64.add {fold} (i64.mul (i64.load (i32.const 65544)) (i64.const 5))))"#,
                args = args(own),
            );
        }
        source.push(')');
        source
    }

    /// The instances, linked in a runtime with a host function "end".
    fn link(&self, rt: &mut Runtime) -> Vec<Module> {
        let shared = instantiate(rt, Chain::SHARED).expect("the shared module links");
        rt.register("shared", shared).expect("the name is free");
        (0..self.params.len())
            .map(|index| {
                let source = self.source(index);
                let code = rt.compile(&source).unwrap_or_else(|error| panic!("{error}: {source}"));
                rt.instantiate(&code, ModuleConfig::new().with_name(format!("c{index}"))).expect("it links")
            })
            .collect()
    }

    /// The sum after so many calls.
    fn sum(&self, steps: i64) -> i64 {
        let mut sum = 0_i64;
        for left in (0..=steps).rev() {
            let index = (steps - left) as usize % self.params.len();
            sum += index as i64 + 1;
            for i in 0..self.params[index] {
                let weight =
                    if is_float(i) { 2 * left + i as i64 } else { (i as i64 + 1) * (left + i as i64) };
                sum = sum.wrapping_add(weight);
            }
        }
        sum
    }

    /// What the first instance's "run" returns.
    fn run(&self, steps: i64) -> i64 {
        let (sum, kept) = (self.sum(steps), 6 * steps + 15);
        let fold =
            |fold: i64, j: usize| fold.wrapping_add((sum.wrapping_add(j as i64)).wrapping_mul(j as i64 + 1));
        (0..self.results).fold(3, fold).wrapping_sub(kept).wrapping_add(50)
    }

    /// The arguments of the first function.
    fn args(&self, steps: i64) -> Vec<Value> {
        let arg = |i: usize| match is_float(i) {
            true => Value::from(steps as f64 + i as f64 * 0.5),
            false => Value::from(steps + i as i64),
        };
        (0..self.params[0]).map(arg).collect()
    }

    /// The results of the function that ends it.
    fn returned(&self, steps: i64) -> Vec<Value> {
        let sum = self.sum(steps);
        (0..self.results).map(|j| Value::from(sum.wrapping_add(j as i64))).collect()
    }
}

/// Chains of each way, with and without arguments and results beyond the registers.
fn chains() -> impl Iterator<Item = Chain> + Clone {
    const PARAMS: [&[usize]; 7] =
        [&[0, 0], &[3, 3], &[20, 20], &[0, 20], &[20, 3], &[9, 20, 0], &[2, 11, 30]];
    [Way::Import, Way::Table].into_iter().flat_map(|way| {
        [0, 1, 12]
            .into_iter()
            .flat_map(move |results| PARAMS.into_iter().map(move |params| Chain { params, results, way }))
    })
}

/// What a chain that ends with [`END_HOST`] calls.
fn host(end: impl Fn(Caller<'_, ()>) -> Result<(), Error> + Send + Sync + 'static) -> HostModule {
    HostModule::new("host").func("end", end)
}

/// How a chain ends, see [`Chain::SHARED`].
const END: i32 = 0;
const END_TRAP: i32 = 1;
const END_HOST: i32 = 2;

fn begin(rt: &mut Runtime, module: Module, steps: i64, end: i32) {
    call(rt, module, "begin", &[Value::from(steps), Value::from(end)]).expect("begin returns");
}

/// Runs the chain several times in one runtime, begun in each way, and checks what it comes to.
fn run(mode: Mode, chain: Chain, longest: i64) {
    let config = mode.config().with_guest_stack_bytes(256 << 10);
    let mut rt = Runtime::new(config).expect("a runtime can be had");
    rt.instantiate_host(&host(|_| Ok(()))).expect("the host module links");
    let modules = chain.link(&mut rt);
    // The first one grows the memories.
    for (name, steps) in
        [("run", longest), ("run_indirect", 1000), ("run", 0), ("run", 1), ("run_indirect", 2)]
    {
        begin(&mut rt, modules[0], steps, END);
        let results = call(&mut rt, modules[0], name, &[]);
        let results = results.unwrap_or_else(|error| panic!("{mode} {chain:?} {name}: {error}"));
        assert_eq!(results, [Value::from(chain.run(steps))], "{mode} {chain:?} {name} {steps}");
    }
    for steps in [1000, 0, 1, 2, 3] {
        begin(&mut rt, modules[0], steps, END);
        let results = call(&mut rt, modules[0], "step", &chain.args(steps)).expect("returns");
        assert_eq!(results, chain.returned(steps), "{mode} {chain:?} {steps}, from the host");
    }
}

#[test]
fn chains_use_no_stack_and_keep_all_values() {
    // Each call of them would take 16 bytes or more.
    const CALLS: i64 = 30_000;
    for mode in Mode::all() {
        guarded(move || chains().for_each(|chain| run(mode, chain, CALLS)));
    }
}

#[test]
fn a_million_calls() {
    for mode in Mode::memories() {
        for way in [Way::Import, Way::Table] {
            for (params, results) in [(&[0, 0][..], 1), (&[20, 3], 12)] {
                guarded(move || run(mode, Chain { params, results, way }, 1_000_000));
            }
        }
    }
}

/// The frames of a trap, and how many are left out.
fn frames(error: &Error) -> Vec<String> {
    let trap = error.as_trap().unwrap_or_else(|| panic!("{error}"));
    assert_eq!((trap.code, trap.backtrace.omitted), (TrapCode::Unreachable, 0));
    let frame = |frame: &wz_api::Frame| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}.{} {:?}", part(&frame.module), part(&frame.name), frame.offset)
    };
    trap.backtrace.frames.iter().map(frame).collect()
}

#[test]
fn traces_step_over_chains() {
    for chain in chains() {
        guarded(move || {
            let mut expected = None;
            for mode in Mode::all() {
                let mut rt = mode.runtime();
                rt.instantiate_host(&host(|_| Ok(()))).expect("the host module links");
                let modules = chain.link(&mut rt);
                for steps in [0, 1, 5] {
                    let mut traces = Vec::new();
                    for name in ["run", "run_indirect", "step"] {
                        begin(&mut rt, modules[0], steps, END_TRAP);
                        let args = if name == "step" { chain.args(steps) } else { Vec::new() };
                        let error = call(&mut rt, modules[0], name, &args).expect_err("it traps");
                        let trace = frames(&error);
                        // The last function, and the one that began the chain, if there is one.
                        let last = steps as usize % chain.params.len();
                        assert!(
                            trace[0].starts_with(&format!("c{last}.last ")),
                            "{mode} {chain:?}: {trace:?}"
                        );
                        match &trace[1..] {
                            [] => assert_eq!(name, "step", "{mode} {chain:?}: {trace:?}"),
                            [first] => {
                                assert!(first.starts_with(&format!("c0.{name} ")), "{mode}: {trace:?}")
                            }
                            _ => panic!("{mode} {chain:?}: {trace:?}"),
                        }
                        traces.push(trace);
                    }
                    // Chains of the same length are compared on all engines.
                    if steps == 5 {
                        assert_eq!(
                            *expected.get_or_insert_with(|| traces.clone()),
                            traces,
                            "{mode} {chain:?}"
                        );
                    }
                }
                // The runtime is as it was.
                begin(&mut rt, modules[0], 7, END);
                let results = call(&mut rt, modules[0], "run", &[]).expect("returns");
                assert_eq!(results, [Value::from(chain.run(7))], "{mode} {chain:?}");
            }
        });
    }
}

#[test]
fn hosts_are_called_at_the_end_of_chains() {
    for mode in Mode::all() {
        for chain in chains() {
            guarded(move || {
                let mut rt = mode.runtime();
                // It calls the guests again, and grows a memory that the caller has its base of.
                let host = host(|mut caller| {
                    let first =
                        Context::module(&caller, "c0").ok_or_else(|| Error::usage("no such module"))?;
                    call(&mut caller, first, "begin", &[Value::from(3_i64), Value::from(END)])?;
                    call(&mut caller, first, "run", &[])?;
                    caller.collect_garbage();
                    first.memory(&caller, "memory")?.grow(&mut caller, 1)?;
                    Ok(())
                });
                rt.instantiate_host(&host).expect("the host module links");
                let modules = chain.link(&mut rt);
                begin(&mut rt, modules[0], 11, END_HOST);
                let results = call(&mut rt, modules[0], "run", &[]);
                // What it returns is what the inner chain, which adds to the sum from 0, left behind.
                let inner = chain.sum(3);
                let kept = 6 * 11 + 15;
                let fold = |fold: i64, j: usize| fold + (inner + j as i64) * (j as i64 + 1);
                let expected = (0..chain.results).fold(3, fold) - kept + 50;
                let results = results.unwrap_or_else(|error| panic!("{mode} {chain:?}: {error}"));
                assert_eq!(results, [Value::from(expected)], "{mode} {chain:?}");
            });
        }
    }
}

/// One that ends a chain after one call: by a call of the host, or a tail call of it.
const ENDS: &str = r#"(module
    (type $many (func (param i64) (result i64 i64 i64 i64 i64 i64 i64 i64)))
    (import "host" "end" (func $end))
    (func (export "few") (param i64) (result i64) (call $end) (i64.add (local.get 0) (i64.const 1)))
    (func (export "none") (return_call $end))
    (func (export "nine") (param i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
        (call $end)
        (i64.sub (i64.mul (local.get 6) (local.get 7)) (local.get 8)))
    (table $kept 1 externref)
    (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
    (func (export "many") (type $many)
        (call $end)
        (local.get 0) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
        (i64.const 8)))"#;

/// One that begins it: nothing else refers to it.
const BEGINS: &str = r#"(module
    (type $many (func (param i64) (result i64 i64 i64 i64 i64 i64 i64 i64)))
    (import "ends" "few" (func $few (param i64) (result i64)))
    (import "ends" "none" (func $none))
    (import "ends" "many" (func $many (type $many)))
    (import "ends" "nine" (func $nine (param i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (memory 1)
    (data (i32.const 0) "\05")
    (table $kept 1 externref)
    (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
    (func $tail_few (export "tail_few") (param i64) (result i64) (return_call $few (local.get 0)))
    (func $tail_none (export "tail_none") (return_call $none))
    (func $tail_many (export "tail_many") (type $many) (return_call $many (local.get 0)))
    ;; No parameters: the restore frame is made where the frame was, and arguments go right below.
    (func $tail_nine (export "tail_nine") (result i64)
        (return_call $nine (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
            (i64.const 7) (i64.const 8) (i64.const 9)))
    (func (export "call_nine") (result i64) (i64.add (call $tail_nine) (i64.load8_u (i32.const 0))))
    (func (export "call_few") (param i64) (result i64)
        (i64.add (call $tail_few (local.get 0)) (i64.load8_u (i32.const 0))))
    (func (export "call_many") (param i64) (result i64)
        (call $tail_many (local.get 0))
        drop drop drop drop drop drop drop
        (i64.add (i64.load8_u (i32.const 0)))))"#;

/// The instances of [`BEGINS`] and [`ENDS`].
fn pair(rt: &mut Runtime) -> [Module; 2] {
    let ends = instantiate(rt, ENDS).expect("it links");
    rt.register("ends", ends).expect("the name is free");
    let begins = instantiate(rt, BEGINS).expect("it links");
    rt.register("begins", begins).expect("the name is free");
    [begins, ends]
}

#[test]
fn instances_are_closed_in_the_middle_of_chains() {
    let many = |first: i64| [first, 2, 3, 4, 5, 6, 7, 8].map(Value::from).to_vec();
    // The function that the host calls, its results, and whether a frame of the first instance stays. One of the other
    // stays in any case: a tail call of the host is a call.
    let cases = [
        ("tail_few", vec![Value::from(41_i64)], false),
        ("tail_none", vec![], false),
        ("tail_many", many(40), false),
        ("tail_nine", vec![Value::from(47_i64)], false),
        ("call_few", vec![Value::from(46_i64)], true),
        ("call_many", vec![Value::from(45_i64)], true),
        ("call_nine", vec![Value::from(52_i64)], true),
    ];
    for mode in Mode::all() {
        for (name, expected, stays) in cases.clone() {
            guarded(move || {
                let (first, last) = (Arc::new(()), Arc::new(()));
                let kept = Arc::new(Mutex::new(None));
                let (counted, was_kept) = ([first.clone(), last.clone()], kept.clone());
                let mut rt = mode.runtime();
                let host = host(move |mut caller| {
                    for name in ["begins", "ends"] {
                        let module = Context::module(&caller, name).ok_or_else(|| Error::usage("closed"))?;
                        module.close(&mut caller, 0)?;
                    }
                    caller.collect_garbage();
                    // What has gone is overwritten by instances of another runtime.
                    let mut other = mode.runtime();
                    other.instantiate_host(&HostModule::new("host").func("end", || ()))?;
                    let others = pair(&mut other);
                    let counts = counted.each_ref().map(|count| Arc::strong_count(count) == 3);
                    *was_kept.lock().expect("no panic") = Some((counts, other, others));
                    Ok(())
                });
                rt.instantiate_host(&host).expect("the host module links");
                // The last of their code goes with the instances.
                let modules = pair(&mut rt);
                for (module, count) in modules.into_iter().zip([&first, &last]) {
                    let reference = Value::from(ExternRef::new(count.clone()));
                    call(&mut rt, module, "keep", &[reference]).expect("returns");
                }
                let function = modules[0].func_dyn(&rt, name).expect("an export");
                let args = vec![Value::from(40_i64); function.ty(&rt).expect("it is open").params().len()];
                let results = function.call_dyn(&mut rt, &args);
                let results = results.unwrap_or_else(|error| panic!("{mode} {name}: {error}"));
                assert_eq!(results, expected, "{mode} {name}");
                let kept = kept.lock().expect("no panic").take().map(|(kept, ..)| kept);
                assert_eq!(kept, Some([stays, true]), "{mode} {name}");
                rt.collect_garbage();
                assert_eq!([&first, &last].map(Arc::strong_count), [2, 2], "{mode} {name}");
                for module in modules {
                    let error = module.func_dyn(&rt, name).expect_err("it is closed");
                    assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{mode} {name}: {error}");
                }
            });
        }
    }
}

#[test]
fn chains_are_suspended_at_their_end() {
    for mode in Mode::memories() {
        for chain in chains() {
            guarded(move || {
                let mut rt = mode.runtime();
                rt.instantiate_host(&host(|_| Err(Suspend::new(7_i32).into())))
                    .expect("the host module links");
                let modules = chain.link(&mut rt);
                for name in ["run", "run_indirect", "step", "run"] {
                    let args = if name == "step" { chain.args(9) } else { Vec::new() };
                    let expected = match name {
                        "step" => chain.returned(9),
                        _ => vec![Value::from(chain.run(9))],
                    };
                    let function = modules[0].func_dyn(&rt, name).expect("an export");
                    begin(&mut rt, modules[0], 9, END_HOST);
                    let suspended =
                        function.call_dyn_resumable(&mut rt, &args).expect("no error").suspended();
                    let suspended = suspended.unwrap_or_else(|| panic!("{mode} {chain:?} {name}: returned"));
                    rt.collect_garbage();
                    let resumed = thread::spawn(move || {
                        let results = suspended.resume(&mut rt, ()).map(|outcome| outcome.returned());
                        (rt, results)
                    });
                    let results;
                    (rt, results) = resumed.join().expect("no panic");
                    let results = results.unwrap_or_else(|error| panic!("{mode} {chain:?} {name}: {error}"));
                    assert_eq!(results, Some(expected), "{mode} {chain:?} {name}");
                }
            });
        }
    }
}

#[test]
fn recursion_through_chains_overflows_and_returns() {
    // Each level is a call, a tail call to the other instance, and a call back from there.
    let one = |results: &str, values: &str| {
        format!(
            r#"(module
            (type $down (func (param i32) (result {results})))
            (table (export "table") 2 funcref)
            (elem (i32.const 0) $down)
            (global $calls (export "calls") (mut i32) (i32.const 0))
            (memory 1)
            (func $tail (type $down) (return_call_indirect (type $down) (local.get 0) (i32.const 1)))
            (func $down (export "down") (type $down)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.store (i32.const 4) (local.get 0))
                (if (i32.eqz (local.get 0)) (then (return {values})))
                (call $tail (i32.sub (local.get 0) (i32.const 1)))
                (global.set $calls (i32.sub (global.get $calls) (i32.const 1)))
                (if (i32.gt_s (i32.load (i32.const 4)) (i32.const 0)) (then unreachable))))"#
        )
    };
    let two = |results: &str| {
        format!(
            r#"(module
            (type $down (func (param i32) (result {results})))
            (import "one" "table" (table 2 funcref))
            (func $up (type $down)
                (call_indirect (type $down) (local.get 0) (i32.const 0)))
            (elem (i32.const 1) $up))"#
        )
    };
    for mode in Mode::all() {
        for count in [1, 12] {
            let results = "i64 ".repeat(count);
            let values: String = (0..count).map(|i| format!("(i64.const {i})")).collect();
            let (one, two) = (one(&results, &values), two(&results));
            guarded(move || {
                let mut rt = mode.runtime();
                let one = instantiate(&mut rt, one).expect("it links");
                rt.register("one", one).expect("the name is free");
                instantiate(&mut rt, two).expect("it links");
                let expected: Vec<Value> = (0..count as i64).map(Value::from).collect();
                for _ in 0..3 {
                    let error = call(&mut rt, one, "down", &[Value::I32(-1)]).expect_err("no end");
                    let trap = error.as_trap().unwrap_or_else(|| panic!("{mode} {count}: {error}"));
                    assert_eq!(trap.code, TrapCode::StackOverflow, "{mode} {count}");
                    let frames = trap.backtrace.frames.len() as u64 + trap.backtrace.omitted;
                    assert!(frames > 10_000, "{mode} {count}: {frames} frames");
                    let results = call(&mut rt, one, "down", &[Value::I32(5000)]);
                    let results = results.unwrap_or_else(|error| panic!("{mode} {count}: {error}"));
                    assert_eq!(results, expected, "{mode} {count}");
                }
            });
        }
    }
}
