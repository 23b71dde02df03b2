//! The programs in `examples/` print what they should.
//!
//! They are modules of this test, so that nothing is built twice and none is ever an old build. Each runs in a process of
//! its own: this test's program, started again with the example's name.

use std::process::Command;

#[path = "../examples/hello.rs"]
mod hello;
#[path = "../examples/host_functions.rs"]
mod host_functions;
#[path = "../examples/limits.rs"]
mod limits;
#[path = "../examples/plugin.rs"]
mod plugin;
#[path = "../examples/threads.rs"]
mod threads;

/// Names the example that a child runs.
const CHILD: &str = "WZ_EXAMPLE";

/// What a child prints before the example's output, behind the test harness's.
const MARK: &str = "--- output ---\n";

/// In the parent: runs the example `name` in a child, checks that it ends well and prints `expected`.
fn prints(name: &str, main: fn() -> Result<(), wz_api::Error>, expected: &str) {
    if std::env::var_os(CHILD).is_some_and(|child| child == name) {
        print!("{MARK}");
        let done = main();
        if let Err(error) = &done {
            eprintln!("{error}");
        }
        std::process::exit(i32::from(done.is_err()));
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, name)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, printed) = text.split_once(MARK).unwrap();
    assert_eq!(printed, expected);
}

#[test]
fn hello() {
    prints("hello", hello::main, "gcd(1071, 462) = 21\ngcd(17, 4) = 1\ngcd(1048576, 48) = 16\n");
}

#[test]
fn host_functions() {
    let expected = "\
guest: two apples cost
host: 1
guest: two apples cost
host: Some(NotSold(7))
host: 30 bytes printed
";
    prints("host_functions", host_functions::main, expected);
}

#[test]
fn plugin() {
    let expected = "\
double: player 1 has 20
bonus: player 1 has 21
double: player 1 has 42
bonus: player 1 has 44
bonus: player 2 has 3
{1: 44, 2: 3}
";
    prints("plugin", plugin::main, expected);
}

#[test]
fn limits() {
    let expected = "\
grow by 15: 1
grow by 1 more: -1
recurse: call stack exhausted
spin: out of fuel
spin with a watchdog: trap: interrupted
    spin (0x53)
spin with a deadline: Some(Interrupted)
grow by 0: 16
";
    prints("limits", limits::main, expected);
}

#[test]
fn threads() {
    // What the generator of the guest gives, added up on the host.
    let draw = |seed: u64| {
        let next = |state: u64, _| state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (0..100).fold(seed, next) >> 40
    };
    let sum: u64 = (0..1000).map(draw).sum();
    prints("threads", threads::main, &format!("1000 requests on 4 threads\nsum of the answers: {sum}\n"));
}
