//! How much stack a prologue makes sure of.

mod support;

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use std::fmt::Write;
use support::{Options, compile};
use wz_core::TrapCode;
use wz_core::native::NativeBlob;

/// What there has to be under any stack pointer of a guest.
const BELOW: i64 = 64 << 10;
/// What functions that look at nothing may take of it.
const LEAVES: i64 = 4 << 10;

/// A function that keeps so many locals across a call with so many arguments.
fn source(locals: usize, args: usize) -> String {
    let mut text = format!("(module (func $callee (param{}))\n", " i64".repeat(args));
    let _ = writeln!(text, "(func (param i64) (result i64) (local{})", " i64".repeat(locals));
    for local in 1..=locals {
        let _ = writeln!(text, "(local.set {local} (i64.add (local.get 0) (i64.const {local})))");
    }
    let _ = writeln!(text, "(call $callee{})", " (local.get 0)".repeat(args));
    for local in 1..=locals {
        let _ = writeln!(text, "(local.set 0 (i64.add (local.get 0) (local.get {local})))");
    }
    text + "local.get 0))"
}

/// The local entry of the second function up to its body, as it is compiled: its start and the instructions.
fn prologue(text: &str) -> (NativeBlob, usize, Vec<Instruction>) {
    let wasm = wat::parse_str(text).expect("a module");
    let (_, blob) = compile(&wasm, Options::of("").expect("options")).expect("code");
    let record = blob.funcs[1];
    let entry = record.start as usize + usize::from(record.local);
    let body = record.start as usize + usize::from(record.body);
    let code = &blob.code.bytes()[entry..body];
    let instructions = Decoder::with_ip(64, code, entry as u64, DecoderOptions::NONE).into_iter().collect();
    (blob, entry, instructions)
}

/// The addresses that a prologue reads, as bytes below the stack pointer at the entry.
fn reads(prologue: &[Instruction]) -> Vec<i64> {
    let below = |inst: &Instruction| -(inst.memory_displacement64() as i64);
    let is_read = |inst: &&Instruction| inst.mnemonic() == Mnemonic::Cmp && inst.op0_kind() == OpKind::Memory;
    let Some(read) = prologue.iter().find(is_read) else { return Vec::new() };
    if read.memory_base() == Register::RSP {
        return vec![below(read)];
    }
    // A loop: the first address, the number of reads, and the distance between them.
    let one = |mnemonic| {
        let mut found = prologue
            .iter()
            .filter(move |inst| inst.mnemonic() == mnemonic && inst.op0_register() != Register::RSP);
        found.next().copied().expect("an instruction of the loop")
    };
    let (first, count) =
        (one(Mnemonic::Lea), prologue.iter().find(|inst| inst.code() == Code::Mov_r32_imm32));
    let step = one(Mnemonic::Sub).immediate(1) as i64;
    let count = count.expect("the number of reads").immediate32();
    assert_eq!(first.op0_register(), read.memory_base());
    (0..i64::from(count)).map(|n| below(&first) + n * step).collect()
}

#[test]
fn there_is_stack_for_signal_handlers_below_every_frame() {
    for locals in [0, 1, 40, 300, 500, 1000, 3000, 6000, 6900, 7000, 7200, 9000, 12_000] {
        for args in [0, 10, 200] {
            let (blob, entry, prologue) = prologue(&source(locals, args));
            let reads = reads(&prologue);
            let what = format!("{locals} locals, {args} arguments: {reads:?}");
            // What is pushed for the call counts as part of the frame.
            let frame = i64::from(blob.funcs[1].frame_bytes) + 8 * (args as i64 - 5).max(0);
            let deepest = reads.last().copied().expect("a read");
            assert!(deepest >= frame + BELOW + LEAVES, "{what}");
            assert!(deepest <= frame + BELOW + (16 << 10), "{what}");
            // No read passes over a guard of 128 KiB, and where there are several, over a page of it.
            let steps = reads.windows(2).all(|pair| pair[1] - pair[0] == 4096);
            assert!(reads[0] <= 128 << 10 && steps, "{what}");
            let site = blob.sites.iter().find(|site| site.pc as usize >= entry);
            assert_eq!(site.and_then(|site| site.trap()), Some(TrapCode::StackOverflow), "{what}");
        }
    }
}

#[test]
fn leaves_look_at_nothing_only_if_they_are_small() {
    for (locals, looks) in [(10, false), (200, false), (500, true), (9000, true)] {
        let (blob, _, prologue) = prologue(&source(locals, 0).replace("(call $callee)", ""));
        let frame = i64::from(blob.funcs[1].frame_bytes);
        assert_eq!(!reads(&prologue).is_empty(), looks, "{locals} locals");
        assert!(looks || frame < LEAVES, "{locals} locals: a frame of {frame} bytes");
    }
}
