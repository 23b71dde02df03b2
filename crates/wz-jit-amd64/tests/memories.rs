//! Memories that no module of today's decoder has, 64-bit ones and further ones: the IR has room for them, and the emitter
//! has their code. It is compared with what it should be; nothing here can run.

mod support;

use std::sync::Arc;
use support::{all_features, disassemble};
use wz_core::engine::{CompileOptions, NativeCompiler};
use wz_core::ir::{FuncIr, Op, Operand, Slot, Word};
use wz_core::module::Module;
use wz_core::native::MemoryMode;
use wz_core::types::{FuncType, MemoryType, ValType};
use wz_jit_amd64::Amd64;

/// The code of `i32.load` from a memory, at a parameter, between entry and return.
fn load(memories: Vec<MemoryType>, memory: u16, offset: u64, mode: MemoryMode) -> String {
    let index = if memories[usize::from(memory)].memory64 { ValType::I64 } else { ValType::I32 };
    let ty = FuncType::new(vec![index], vec![ValType::I32]);
    let module = Arc::new(Module { types: vec![ty], funcs: vec![0], memories, ..Module::default() });
    let slot = |n| Operand::of_slot(Slot::Data(n)).expect("a near slot");
    let killed = |n| Operand(slot(n).0 | Operand::KILL);
    let ir = FuncIr {
        code: vec![
            Word::new(Op::I32Load, slot(1), killed(0), Operand(offset as u16)),
            Word::ext(memory, (offset >> 16) as u32),
            Word::ext(0, (offset >> 48) as u32),
            Word::new(Op::Return, Operand(1), Operand::NONE, Operand::NONE),
            Word::ext(killed(1).0, u32::MAX),
        ],
        live: vec![1],
        param_data: 1,
        local_data: 1,
        data_slots: 2,
        ..FuncIr::default()
    };
    let options = CompileOptions { memory: mode, ..CompileOptions::default() };
    let amd64 = Amd64::new(all_features());
    let compiler = amd64.compiler(&module, &options, Box::new(Vec::new())).expect("a compiler");
    let mut worker = compiler.worker();
    worker.compile(&module, &ir).expect("code");
    worker.finish();
    let text = disassemble(&module, &compiler.finish().expect("a blob"));
    // The address is in rsi and the result goes to eax; entry and return are of no interest.
    let body = text.lines().skip(4).map(str::trim).filter(|line| *line != "ret");
    body.collect::<Vec<_>>().join("; ").replace("  ; out of bounds memory access", " (traps)")
}

fn wide() -> MemoryType {
    MemoryType { memory64: true, ..MemoryType::new(1, None) }
}

#[test]
fn addresses_of_64_bits_are_checked_and_their_sums_do_not_wrap() {
    // In both modes: nobody reserves that much address space.
    for mode in [MemoryMode::Guarded, MemoryMode::Checked] {
        let load = |offset| load(vec![wide()], 0, offset, mode);
        let small = "mov rax, [r15+0x50]; mov rcx, rsi; add rcx, 4; jb L0; cmp rcx, [rax+8]; ja L1; \
            mov esi, [r14+rsi]; mov eax, esi; L0:; ud2 (traps); L1:; ud2 (traps)";
        assert_eq!(load(0), small);
        let large = "mov rax, [r15+0x50]; mov ecx, -0x7FFFFFFC; add rcx, rsi; jb L0; cmp rcx, [rax+8]; ja L1; \
            mov esi, [r14+rcx-4]; mov eax, esi; L0:; ud2 (traps); L1:; ud2 (traps)";
        assert_eq!(load(0x8000_0000), large);
        // No address is in bounds: what follows the trap is not reached.
        assert_eq!(load(u64::MAX - 2), "mov rax, [r15+0x50]; ud2 (traps); mov esi, [rax]");
    }
}

#[test]
fn further_memories_are_reached_through_the_vmctx() {
    let narrow = MemoryType::new(1, None);
    let guarded = "mov rax, [r15+0x68]; mov rax, [rax]; mov esi, [rax+rsi+8] (traps); mov eax, esi";
    assert_eq!(load(vec![narrow; 2], 1, 8, MemoryMode::Guarded), guarded);
    let checked = "mov rax, [r15+0x68]; lea rcx, [rsi+0xC]; cmp rcx, [rax+8]; ja L0; mov rax, [rax]; \
        mov esi, [rax+rsi+8]; mov eax, esi; L0:; ud2 (traps)";
    assert_eq!(load(vec![narrow; 2], 1, 8, MemoryMode::Checked), checked);
    let second_is_wide = "mov rax, [r15+0x68]; mov rcx, rsi; add rcx, 0xC; jb L0; cmp rcx, [rax+8]; ja L1; \
        mov rax, [rax]; mov esi, [rax+rsi+8]; mov eax, esi; L0:; ud2 (traps); L1:; ud2 (traps)";
    assert_eq!(load(vec![narrow, wide()], 1, 8, MemoryMode::Guarded), second_is_wide);
}
