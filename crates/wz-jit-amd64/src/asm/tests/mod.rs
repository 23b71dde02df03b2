//! Every form is disassembled again: it must be the instruction that its method names, with the operands given, in the
//! shortest encoding.

mod control;
mod float;
mod integer;

use super::*;
use iced_x86::{Decoder, DecoderOptions, Encoder, Instruction, Mnemonic, OpKind, Register};

/// An operand that an instruction should have.
#[derive(Clone, Copy, Debug)]
enum Want {
    Reg(Register),
    /// This memory operand, of so many bytes; 0 for an address alone.
    Mem(Mem, usize),
    Imm(i64),
}

const GPRS: [Gpr; 16] = [
    Gpr::RAX,
    Gpr::RCX,
    Gpr::RDX,
    Gpr::RBX,
    Gpr::RSP,
    Gpr::RBP,
    Gpr::RSI,
    Gpr::RDI,
    Gpr::R8,
    Gpr::R9,
    Gpr::R10,
    Gpr::R11,
    Gpr::R12,
    Gpr::R13,
    Gpr::R14,
    Gpr::R15,
];
const WIDTHS: [Width; 2] = [Width::W32, Width::W64];
const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Double];
/// Conditions with the names of jumps on them.
const CONDS: [(Cond, &str); 16] = [
    (Cond::O, "o"),
    (Cond::No, "no"),
    (Cond::B, "b"),
    (Cond::Ae, "ae"),
    (Cond::E, "e"),
    (Cond::Ne, "ne"),
    (Cond::Be, "be"),
    (Cond::A, "a"),
    (Cond::S, "s"),
    (Cond::Ns, "ns"),
    (Cond::P, "p"),
    (Cond::Np, "np"),
    (Cond::L, "l"),
    (Cond::Ge, "ge"),
    (Cond::Le, "le"),
    (Cond::G, "g"),
];
/// Displacements of each encoded length, at its ends.
const DISPS: [i32; 8] = [0, 1, 127, -128, 128, -129, i32::MAX, i32::MIN];
const SCALES: [(Scale, u32); 4] = [(Scale::X1, 1), (Scale::X2, 2), (Scale::X4, 4), (Scale::X8, 8)];

fn reg(width: Width, r: Gpr) -> Register {
    let first = if width == Width::W32 { Register::EAX } else { Register::RAX };
    first + u32::from(r.number())
}

fn byte(r: Gpr) -> Register {
    let number = u32::from(r.number());
    if number < 4 { Register::AL + number } else { Register::SPL + (number - 4) }
}

fn word(r: Gpr) -> Register {
    Register::AX + u32::from(r.number())
}

fn xmm(r: Xmm) -> Register {
    Register::XMM0 + u32::from(r.number())
}

fn xmms() -> impl Iterator<Item = Xmm> + Clone {
    (0..16).map(Xmm::of)
}

fn bytes(width: Width) -> usize {
    width.bits() as usize / 8
}

fn float_bytes(precision: Precision) -> usize {
    if precision == Precision::Single { 4 } else { 8 }
}

/// All pairs of general-purpose registers.
fn pairs() -> impl Iterator<Item = (Gpr, Gpr)> {
    GPRS.into_iter().flat_map(|a| GPRS.into_iter().map(move |b| (a, b)))
}

/// Each base, without an index and with some, with each displacement.
fn mems() -> Vec<Mem> {
    let mut mems = Vec::new();
    for base in GPRS {
        for disp in DISPS {
            mems.push(Mem::new(base, disp));
            for (index, scale) in [(Gpr::RCX, Scale::X1), (Gpr::RBP, Scale::X2), (Gpr::R12, Scale::X8)] {
                mems.extend(Index::new(index).map(|index| Mem::indexed(base, index, scale, disp)));
            }
        }
    }
    mems
}

/// The one instruction that `emit` makes.
fn decode(asm: &mut Asm, emit: impl FnOnce(&mut Asm)) -> Instruction {
    asm.buf.clear();
    emit(asm);
    let code = asm.buf.bytes();
    let inst = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).decode();
    assert_eq!(inst.len(), code.len(), "{code:02x?} is not one instruction: {inst}");
    inst
}

/// Checks that `emit` makes this instruction, and that there is no shorter encoding of it.
fn check(asm: &mut Asm, mnemonic: Mnemonic, want: &[Want], emit: impl FnOnce(&mut Asm)) {
    let inst = decode(asm, emit);
    let code = asm.buf.bytes();
    assert_eq!(inst.mnemonic(), mnemonic, "{code:02x?}");
    assert_eq!(inst.op_count() as usize, want.len(), "{inst}");
    for (i, want) in want.iter().enumerate() {
        let i = i as u32;
        match *want {
            Want::Reg(reg) => {
                assert_eq!(inst.op_kind(i), OpKind::Register, "{inst}");
                assert_eq!(inst.op_register(i), reg, "{inst}");
            }
            Want::Mem(mem, size) => {
                assert_eq!(inst.op_kind(i), OpKind::Memory, "{inst}");
                check_mem(&inst, mem);
                assert_eq!(inst.memory_size().size(), size, "{inst}");
            }
            Want::Imm(value) => assert_eq!(inst.immediate(i) as i64, value, "{inst}"),
        }
    }
    let mut encoder = Encoder::new(64);
    encoder.encode(&inst, 0).unwrap();
    let again = encoder.take_buffer();
    assert!(code.len() <= again.len(), "{inst}: {code:02x?} is longer than {again:02x?}");
}

fn check_mem(inst: &Instruction, mem: Mem) {
    let Mem { base, index, scale, disp } = mem;
    assert_eq!(inst.memory_base(), Register::RAX + u32::from(base), "{inst}");
    let no_index = index == Gpr::RSP.number();
    let want = if no_index { Register::None } else { Register::RAX + u32::from(index) };
    assert_eq!(inst.memory_index(), want, "{inst}");
    if !no_index {
        let (_, factor) = SCALES.into_iter().find(|(s, _)| *s == scale).unwrap();
        assert_eq!(inst.memory_index_scale(), factor, "{inst}");
    }
    assert_eq!(inst.memory_displacement64() as i64, i64::from(disp), "{inst}");
}

#[test]
fn every_memory_operand() {
    let asm = &mut Asm::default();
    for base in GPRS {
        for disp in DISPS {
            for dst in GPRS {
                let want = |mem| [Want::Reg(reg(Width::W64, dst)), Want::Mem(mem, 0)];
                let mem = Mem::new(base, disp);
                check(asm, Mnemonic::Lea, &want(mem), |asm| asm.lea(Width::W64, dst, mem));
                for index in GPRS.into_iter().filter_map(Index::new) {
                    for (scale, _) in SCALES {
                        let mem = Mem::indexed(base, index, scale, disp);
                        check(asm, Mnemonic::Lea, &want(mem), |asm| asm.lea(Width::W64, dst, mem));
                    }
                }
            }
        }
    }
    assert!(Index::new(Gpr::RSP).is_none());
}
