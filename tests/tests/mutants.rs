//! Mutants of real modules: no panic, well-formed IR, and the same behaviour under every engine.

#![forbid(unsafe_code)]

use wz_tests::compare::engines_agree;
use wz_tests::many;
use wz_tests::mutate::Subject;
use wz_tests::programs;

const MUTANTS: u64 = 20_000;
/// Fuel for each exported function.
const FUEL: u64 = 20_000;
/// Least share of mutants that must validate and run: without it the test would test the validator only.
const LEAST_RUNNING: f64 = 0.1;

#[test]
fn mutants_of_real_programs() {
    let subjects: Vec<Subject> =
        programs::modules().into_iter().map(|(name, bytes)| Subject::new(name, bytes)).collect();
    let ran = many::run(MUTANTS, |seed| {
        let subject = &subjects[(seed % subjects.len() as u64) as usize];
        match engines_agree(&subject.mutant(seed), FUEL) {
            Ok(outcome) => Ok(outcome.map(|outcome| outcome.ran())),
            Err(error) => Err(format!("{}: {error}", subject.name)),
        }
    });
    let (valid, running) =
        (ran.iter().flatten().count() as f64, ran.iter().filter(|ran| **ran == Some(true)).count() as f64);
    let share = |n: f64| n / MUTANTS as f64;
    println!("mutants={MUTANTS} valid={:.1} % running={:.1} %", 100.0 * share(valid), 100.0 * share(running));
    assert!(share(running) >= LEAST_RUNNING, "only {running} mutants run");
    assert!(valid < MUTANTS as f64 * 0.9, "most mutants are still valid: {valid}");
}
