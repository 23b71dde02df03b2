//! One module on every runtime, call by call.

use crate::machine::{Judge, Machine, Setup, Wz};
use crate::shape::{Call, Shape, calls};
use crate::value::{Ending, list};
use wz_api::{EngineKind, MemoryKind, TargetCpu};

/// How many calls a [tamed](crate::generate::tame) module makes in one call from outside.
pub const BUDGET: i32 = 150;
/// Fuel for each call.
const FUEL: u64 = 200_000;
/// The judge's, which counts otherwise and shall not run out of it first.
const JUDGE_FUEL: u64 = 1 << 30;
/// How often calls that do not end are taken out of a test before it is cut off at the first of them.
const PRUNINGS: usize = 4;

/// What a test saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// WebAssembly operators that the compared calls executed.
    pub ops: u64,
    /// Calls that were compared on everything.
    pub calls: u64,
    /// Those that returned.
    pub returned: u64,
    /// Calls that were left out of the comparison with the judge because they do not end.
    pub endless: u64,
    /// Whether the native engine was asked and refused the module because it has vectors.
    pub refused: bool,
}

/// Runs a module on `engines` and on the judge.
///
/// # Errors
///
/// A difference, or something else that must not happen.
pub fn check(wasm: &[u8], seed: u64, engines: &[EngineKind]) -> Result<Report, String> {
    let shape = Shape::of(wasm)?;
    let mut rng = fastrand::Rng::with_seed(seed);
    let all = calls(&shape, &mut rng);
    let test = Test { wasm, shape: &shape, seed, engines };

    // Calls that do not end cannot be compared with the judge, nor on engines that count no fuel.
    let mut plan = all.clone();
    let Some(first) = test.scout(&plan)? else {
        // The start function does not end either.
        test.exhaust(&[], &[])?;
        return Ok(Report { endless: 1, ..Report::default() });
    };
    let mut seen = first.clone();
    for _ in 0..PRUNINGS {
        if !seen.iter().any(|seen| seen.exhausted) {
            break;
        }
        let mut at = 0;
        plan.retain(|_| {
            at += 1;
            seen.get(at - 1).is_some_and(|seen| !seen.exhausted)
        });
        seen = test.scout(&plan)?.unwrap_or_default();
    }
    let end = seen.iter().position(|seen| seen.exhausted).unwrap_or(seen.len());
    plan.truncate(end);
    seen.truncate(end);

    let mut report = Report { endless: (all.len() - plan.len()) as u64, ..Report::default() };
    let compared = test.compare(&plan, &mut report)?;
    seen.truncate(compared);
    report.ops = seen.iter().map(|seen| seen.ops).sum();
    report.calls = compared as u64;
    report.returned = seen.iter().filter(|seen| seen.returned).count() as u64;
    if !first.is_empty() {
        // Every call again, the endless ones too, with fuel that runs out somewhere.
        let budgets: Vec<u64> = first.iter().map(|seen| rng.u64(..=seen.ops)).collect();
        test.exhaust(&all, &budgets)?;
    }
    Ok(report)
}

/// What a call did when it was tried.
#[derive(Clone, Copy, Debug)]
struct Seen {
    ops: u64,
    exhausted: bool,
    returned: bool,
}

struct Test<'t> {
    wasm: &'t [u8],
    shape: &'t Shape,
    seed: u64,
    engines: &'t [EngineKind],
}

type Started<'t> = (Box<dyn Machine + 't>, Ending);

impl<'t> Test<'t> {
    /// wz's interpreter with fuel, which all others are compared with.
    fn reference(&self) -> Result<Started<'t>, String> {
        let setup = Setup::fuelled(EngineKind::Interp, MemoryKind::Auto);
        Wz::start(setup, self.wasm, self.shape, FUEL)
    }

    /// Makes the calls; `None` if it does not come to that because the start function does not end. No calls are seen if
    /// there is no instance for another reason.
    fn scout(&self, plan: &[Call]) -> Result<Option<Vec<Seen>>, String> {
        let (mut machine, started) = self.reference()?;
        match started {
            Ending::Returned(_) => {}
            Ending::Failed(message) => return Err(format!("instantiation: {message}")),
            ended if ended.exhausted() => return Ok(None),
            _ => return Ok(Some(Vec::new())),
        }
        let calls = plan.iter().map(|call| {
            machine.refuel(FUEL);
            let ending = machine.call(call);
            if let Ending::Failed(message) = ending {
                return Err(format!("{}: {message}", self.text(call)));
            }
            Ok(Seen {
                ops: FUEL - machine.fuel().unwrap_or(FUEL),
                exhausted: ending.exhausted(),
                returned: matches!(ending, Ending::Returned(_)),
            })
        });
        calls.collect::<Result<_, String>>().map(Some)
    }

    fn text(&self, call: &Call) -> String {
        format!("{:?}({})", self.shape.funcs[call.func].name, list(&call.args))
    }

    fn has(&self, engine: EngineKind) -> bool {
        self.engines.contains(&engine)
    }

    /// The modes of wz's engines that calls which end are compared on.
    fn setups(&self) -> Vec<Setup> {
        use MemoryKind::{Checked, Guarded};
        let mut setups = Vec::new();
        let odd = self.seed % 2 == 1;
        if self.has(EngineKind::Interp) {
            setups.push(Setup::plain(EngineKind::Interp, if odd { Checked } else { Guarded }));
        }
        if self.has(EngineKind::InterpLoop) {
            setups.push(Setup::plain(EngineKind::InterpLoop, if odd { Guarded } else { Checked }));
        }
        if self.has(EngineKind::Jit) {
            let cpu = if self.seed.is_multiple_of(3) { TargetCpu::Baseline } else { TargetCpu::Native };
            let interruption = self.seed.is_multiple_of(5);
            let (one, other) = if odd { (Guarded, Checked) } else { (Checked, Guarded) };
            setups.push(Setup { cpu, ..Setup::plain(EngineKind::Jit, one) });
            setups.push(Setup { interruption, ..Setup::plain(EngineKind::Jit, other) });
            setups.push(Setup { cpu, ..Setup::fuelled(EngineKind::Jit, other) });
        }
        setups
    }

    /// Starts modes, without those that refuse vectors.
    fn start(
        &self,
        setups: impl IntoIterator<Item = Setup>,
        report: &mut Report,
    ) -> Result<Vec<Started<'t>>, String> {
        let mut started = Vec::new();
        for setup in setups {
            match Wz::start(setup, self.wasm, self.shape, FUEL) {
                Ok(machine) => started.push(machine),
                Err(_) if setup.engine == EngineKind::Jit && self.shape.vectors => report.refused = true,
                Err(message) => return Err(message),
            }
        }
        Ok(started)
    }

    /// Makes calls that end on everything. How many of them were compared on everything.
    fn compare(&self, plan: &[Call], report: &mut Report) -> Result<usize, String> {
        let reference = self.reference()?;
        let mut others = vec![Judge::start(self.wasm, self.shape, JUDGE_FUEL)?];
        others.extend(self.start(self.setups(), report)?);
        self.lockstep(reference, others, plan, |_| FUEL)
    }

    /// Makes calls that run out of fuel on those engines whose fuel is the same.
    fn exhaust(&self, plan: &[Call], budgets: &[u64]) -> Result<(), String> {
        let memory = if self.seed % 4 < 2 { MemoryKind::Guarded } else { MemoryKind::Checked };
        let engines =
            [EngineKind::InterpLoop, EngineKind::Jit].into_iter().filter(|engine| self.has(*engine));
        let interruption = self.seed % 3 == 1;
        let setups = engines.map(|engine| Setup { interruption, ..Setup::fuelled(engine, memory) });
        let others = self.start(setups, &mut Report::default())?;
        self.lockstep(self.reference()?, others, plan, |i| budgets[i])?;
        Ok(())
    }

    fn differ(
        &self,
        what: String,
        reference: &dyn Machine,
        expected: &Ending,
        machine: &dyn Machine,
        ending: &Ending,
    ) -> Result<(), String> {
        if expected.alike(ending, self.shape.tail_calls) {
            return Ok(());
        }
        Err(format!("{what}:\n  {}: {expected}\n  {}: {ending}", reference.name(), machine.name()))
    }

    /// Makes each call on every machine and compares what can be seen. Returns after how many of them a machine had to be
    /// left out: the number of the calls if none was.
    fn lockstep(
        &self,
        reference: Started<'t>,
        others: Vec<Started<'t>>,
        plan: &[Call],
        fuel: impl Fn(usize) -> u64,
    ) -> Result<usize, String> {
        let (mut reference, started) = reference;
        let all = others.len();
        let mut machines = Vec::new();
        for (machine, ending) in others {
            if !same_depth(&started, &ending) {
                continue;
            }
            self.differ("instantiation".into(), &*reference, &started, &*machine, &ending)?;
            machines.push(machine);
        }
        let when = "after instantiation".to_owned();
        compare_states(&when, &mut *reference, &mut machines)?;
        let alive = matches!(started, Ending::Returned(_));
        let mut compared = 0;
        for (i, call) in plan.iter().enumerate().filter(|_| alive) {
            reference.refuel(fuel(i));
            let expected = reference.call(call);
            let what = || format!("call {i} of {}", self.text(call));
            let mut error = None;
            machines.retain_mut(|machine| {
                machine.refuel(if machine.fuel().is_some() { fuel(i) } else { JUDGE_FUEL });
                let ending = machine.call(call);
                let comparable = same_depth(&expected, &ending);
                if comparable && error.is_none() {
                    error = self.differ(what(), &*reference, &expected, &**machine, &ending).err();
                }
                comparable
            });
            error.map_or(Ok(()), Err)?;
            compare_states(&format!("after {}", what()), &mut *reference, &mut machines)?;
            compared += usize::from(machines.len() == all);
        }
        let expected = reference.tables();
        for machine in &mut machines {
            for (i, (a, b)) in expected.iter().zip(machine.tables()).enumerate() {
                let at = (0..a.len().max(b.len())).find(|at| match (a.get(*at), b.get(*at)) {
                    (Some(a), Some(b)) => !a.alike(*b),
                    _ => true,
                });
                if let Some(at) = at {
                    let element = |elements: &[crate::value::Val]| {
                        elements.get(at).map_or("nothing".to_owned(), |value| value.to_string())
                    };
                    return Err(format!(
                        "in the end, element {at} of table {i} is {} on {} and {} on {}",
                        element(a),
                        reference.name(),
                        element(&b),
                        machine.name()
                    ));
                }
            }
        }
        Ok(compared)
    }
}

/// Whether endings can be compared: not if one runtime had less stack than the other for frames of its own kind, nor if
/// the judge ran out of its own kind of fuel.
fn same_depth(expected: &Ending, ending: &Ending) -> bool {
    let judge_is_tired = matches!(ending, Ending::OutOfFuel(_)) && !matches!(expected, Ending::OutOfFuel(_));
    !matches!(expected, Ending::OutOfStack) && !matches!(ending, Ending::OutOfStack) && !judge_is_tired
}

/// Compares everything that can be looked at without changing it.
fn compare_states(
    when: &str,
    reference: &mut dyn Machine,
    machines: &mut [Box<dyn Machine + '_>],
) -> Result<(), String> {
    let (fuel, log, globals) = (reference.fuel(), reference.log(), reference.globals());
    let name = reference.name().to_owned();
    let memories = reference.memories();
    for machine in machines {
        let other = machine.name().to_owned();
        let differ = |what: String| Err(format!("{when}, {what} (on {name} and on {other})"));
        if let (Some(a), Some(b)) = (fuel, machine.fuel())
            && a != b
        {
            return differ(format!("the fuel left is {a} and {b}"));
        }
        if log != machine.log() {
            return differ(format!("host functions saw {log:?} and {:?}", machine.log()));
        }
        for (i, (a, b)) in globals.iter().zip(machine.globals()).enumerate() {
            if !a.alike(b) {
                return differ(format!("global {i} is {a} and {b}"));
            }
        }
        for (i, (a, b)) in memories.iter().zip(machine.memories()).enumerate() {
            if a.len() != b.len() {
                return differ(format!("memory {i} has {} and {} bytes", a.len(), b.len()));
            }
            if *a != b
                && let Some(at) = a.iter().zip(b).position(|(a, b)| a != b)
            {
                return differ(format!("byte {at:#x} of memory {i} is {:#x} and {:#x}", a[at], b[at]));
            }
        }
    }
    Ok(())
}
