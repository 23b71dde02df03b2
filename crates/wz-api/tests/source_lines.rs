//! Backtraces say source lines where modules have debug information, and bad debug information harms nobody.

use wz_api::{Error, Module, ModuleConfig, Runtime, RuntimeConfig, SourceLine, Trap, TrapCode};

/// A C program that divides by zero in a function that is inlined; its source is beside it.
const PROGRAM: &[u8] = include_bytes!("../../../tests/programs/lines.wasm");

fn trap_of(rt: &mut Runtime, program: &[u8]) -> Result<Trap, Error> {
    let code = rt.compile(program)?;
    let module: Module = rt.instantiate(&code, ModuleConfig::new())?;
    let run = module.func::<(i32, i32), i32>(rt, "run")?;
    let trap = run.call(rt, (10, 3)).unwrap_err().as_trap().unwrap().clone();
    assert_eq!(run.call(rt, (10, 0))?, 2);
    module.close(rt, 0)?;
    Ok(trap)
}

fn line(function: &str, line: u32, column: u32, inlined: bool) -> SourceLine {
    SourceLine {
        function: Some(function.into()),
        file: Some("/src/lines.c".into()),
        line: Some(line),
        column: Some(column),
        inlined,
    }
}

#[test]
fn frames_have_the_lines_of_inlined_functions_first() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    for _ in 0..2 {
        let trap = trap_of(&mut rt, PROGRAM).unwrap();
        assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
        let frames = &trap.backtrace.frames;
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0].lines, [line("divide", 5, 19, true), line("middle", 10, 12, false)]);
        assert_eq!(frames[1].lines, [line("run", 14, 12, false)]);
        let shown = trap.to_string();
        let offset = |i: usize| frames[i].offset.unwrap();
        assert_eq!(
            shown,
            format!(
                "integer divide by zero\
                 \n    lines.wasm.middle (0x{:x})\
                 \n        /src/lines.c:5:19 divide (inlined)\
                 \n        /src/lines.c:10:12 middle\
                 \n    lines.wasm.run (0x{:x})\
                 \n        /src/lines.c:14:12 run",
                offset(0),
                offset(1)
            )
        );
    }
}

#[test]
fn without_debug_information_there_are_none_and_nothing_is_kept() {
    let mut rt = Runtime::new(RuntimeConfig::new().with_debug_info(false)).unwrap();
    let trap = trap_of(&mut rt, PROGRAM).unwrap();
    assert!(trap.backtrace.frames.iter().all(|frame| frame.lines.is_empty() && frame.offset.is_some()));
    // Debug sections that are kept for backtraces are not among the custom sections that nobody asked for.
    let rt = Runtime::new(RuntimeConfig::new()).unwrap();
    assert_eq!(rt.compile(PROGRAM).unwrap().custom_sections().count(), 0);
    let rt = Runtime::new(RuntimeConfig::new().with_custom_sections(true)).unwrap();
    let names: Vec<_> = rt.compile(PROGRAM).unwrap().custom_sections().map(|s| s.name.to_owned()).collect();
    assert!(names.iter().any(|name| name == ".debug_info") && names.iter().any(|name| name == "name"));
}

/// Where the contents of the debug sections begin: everything from there on is custom sections.
fn debug_start() -> usize {
    let needle = b".debug";
    PROGRAM.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn corrupt_debug_information_costs_no_more_than_the_lines() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    let mut with_lines = 0;
    for at in debug_start()..PROGRAM.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut program = PROGRAM.to_vec();
            program[at] ^= mask;
            // A byte of a section's header may make the module malformed.
            if let Ok(trap) = trap_of(&mut rt, &program) {
                assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
                assert_eq!(trap.backtrace.frames.len(), 2);
                with_lines += usize::from(!trap.backtrace.frames[0].lines.is_empty());
            }
        }
    }
    assert!(with_lines > 500, "{with_lines}");
}

/// A module without debug information, followed by these sections.
fn with_sections(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let leb = |mut n: usize, out: &mut Vec<u8>| {
        while n >= 0x80 {
            out.push(n as u8 | 0x80);
            n >>= 7;
        }
        out.push(n as u8);
    };
    let first = PROGRAM.windows(6).position(|w| w == b".debug").unwrap();
    // The section's id, its length in one or two bytes and the name's length stand before its name.
    let start = (1..6).map(|back| first - back).find(|at| PROGRAM[*at] == 0).unwrap();
    let mut program = PROGRAM[..start].to_vec();
    for (name, data) in sections {
        let mut body = Vec::new();
        leb(name.len(), &mut body);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(data);
        program.push(0);
        leb(body.len(), &mut program);
        program.extend_from_slice(&body);
    }
    program
}

/// A unit that covers all addresses, with `entries` in it.
fn unit(entries: &[u8]) -> Vec<u8> {
    // Version 4, abbreviations at 0, addresses of 4 bytes; entry 1 with DW_AT_low_pc and DW_AT_high_pc.
    let mut body = vec![4, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
    body.extend_from_slice(entries);
    let mut unit = (body.len() as u32).to_le_bytes().to_vec();
    unit.extend_from_slice(&body);
    unit
}

/// 1: a unit with children and addresses. 2: a subprogram, 3: an inlined subroutine, both with children and addresses.
const ABBREVIATIONS: &[u8] = &[
    1, 0x11, 1, 0x11, 1, 0x12, 6, 0, 0, //
    2, 0x2e, 1, 0x11, 1, 0x12, 6, 0, 0, //
    3, 0x1d, 1, 0, 0, //
    0,
];

#[test]
fn deep_nesting_is_refused() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    for depth in [10, 1_000_000] {
        let mut entries = vec![2, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
        entries.resize(entries.len() + depth, 3);
        entries.resize(entries.len() + depth + 2, 0);
        let program =
            with_sections(&[(".debug_abbrev", ABBREVIATIONS.to_vec()), (".debug_info", unit(&entries))]);
        let trap = trap_of(&mut rt, &program).unwrap();
        assert!(trap.backtrace.frames.iter().all(|frame| frame.lines.is_empty()), "{trap}");
    }
}

/// A line program without instructions, whose header has this many file names.
fn line_program(files: usize) -> Vec<u8> {
    // Lengths of instructions, the base and range of lines, and the standard opcodes with their operands.
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0];
    header.extend((0..files).flat_map(|_| *b"a\0\0\0\0"));
    header.push(0);
    let mut program = (header.len() as u32 + 6).to_le_bytes().to_vec();
    program.extend_from_slice(&[4, 0]);
    program.extend_from_slice(&(header.len() as u32).to_le_bytes());
    program.extend_from_slice(&header);
    program
}

/// Read without a bound, this would be twenty gigabytes of file names.
#[test]
fn sections_that_refer_to_each_other_again_and_again_are_read_up_to_a_bound() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    // A unit with addresses and a line program.
    let abbreviations = vec![1, 0x11, 0, 0x11, 1, 0x12, 6, 0x10, 0x17, 0, 0, 0];
    let units: Vec<u8> = (0..3000).flat_map(|_| unit(&[0, 0, 0, 0])).collect();
    let program = with_sections(&[
        (".debug_abbrev", abbreviations),
        (".debug_info", units),
        (".debug_line", line_program(100_000)),
    ]);
    let started = std::time::Instant::now();
    trap_of(&mut rt, &program).unwrap();
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
