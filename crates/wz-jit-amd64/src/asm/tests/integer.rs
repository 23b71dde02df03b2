use super::Want::{Imm, Reg};
use super::*;

const ALU: [(Alu, Mnemonic); 6] = [
    (Alu::Add, Mnemonic::Add),
    (Alu::Or, Mnemonic::Or),
    (Alu::And, Mnemonic::And),
    (Alu::Sub, Mnemonic::Sub),
    (Alu::Xor, Mnemonic::Xor),
    (Alu::Cmp, Mnemonic::Cmp),
];
const SHIFTS: [(Shift, Mnemonic); 5] = [
    (Shift::Rol, Mnemonic::Rol),
    (Shift::Ror, Mnemonic::Ror),
    (Shift::Shl, Mnemonic::Shl),
    (Shift::Shr, Mnemonic::Shr),
    (Shift::Sar, Mnemonic::Sar),
];
const UNARY: [(Unary, Mnemonic); 6] = [
    (Unary::Not, Mnemonic::Not),
    (Unary::Neg, Mnemonic::Neg),
    (Unary::Mul, Mnemonic::Mul),
    (Unary::Imul, Mnemonic::Imul),
    (Unary::Div, Mnemonic::Div),
    (Unary::Idiv, Mnemonic::Idiv),
];
const COUNTS: [(Count, Mnemonic); 5] = [
    (Count::Bsf, Mnemonic::Bsf),
    (Count::Bsr, Mnemonic::Bsr),
    (Count::Lzcnt, Mnemonic::Lzcnt),
    (Count::Tzcnt, Mnemonic::Tzcnt),
    (Count::Popcnt, Mnemonic::Popcnt),
];
const IMMEDIATES: [i32; 8] = [0, 1, 127, -128, 128, -129, i32::MAX, i32::MIN];

#[test]
fn two_registers() {
    let asm = &mut Asm::default();
    for (a, b) in pairs() {
        for w in WIDTHS {
            let both = [Reg(reg(w, a)), Reg(reg(w, b))];
            check(asm, Mnemonic::Mov, &both, |asm| asm.mov(w, a, b));
            check(asm, Mnemonic::Test, &both, |asm| asm.test(w, a, b));
            check(asm, Mnemonic::Imul, &both, |asm| asm.imul(w, a, b));
            for (op, mnemonic) in ALU {
                check(asm, mnemonic, &both, |asm| asm.alu(op, w, a, b));
            }
            for (op, mnemonic) in COUNTS {
                check(asm, mnemonic, &both, |asm| asm.count(op, w, a, b));
            }
            for (cond, name) in CONDS {
                let inst = decode(asm, |asm| asm.cmov(cond, w, a, b));
                assert_eq!(inst.to_string(), format!("cmov{name} {},{}", name_of(both[0]), name_of(both[1])));
            }
            // iced orders the operands of `xchg` by their place in the encoding, which does not matter.
            check(asm, Mnemonic::Xchg, &[both[1], both[0]], |asm| asm.xchg(w, a, b));
        }
    }
}

fn name_of(want: Want) -> String {
    match want {
        Reg(register) => format!("{register:?}").to_lowercase(),
        other => format!("{other:?}"),
    }
}

#[test]
fn extensions() {
    let asm = &mut Asm::default();
    for (a, b) in pairs() {
        for w in WIDTHS {
            let d = Reg(reg(w, a));
            let d32 = Reg(reg(Width::W32, a));
            let d64 = Reg(reg(Width::W64, a));
            let forms = [
                (Extend::Zero8, Mnemonic::Movzx, d32, byte(b)),
                (Extend::Zero16, Mnemonic::Movzx, d32, word(b)),
                (Extend::Sign8, Mnemonic::Movsx, d, byte(b)),
                (Extend::Sign16, Mnemonic::Movsx, d, word(b)),
                (Extend::Sign32, Mnemonic::Movsxd, d64, reg(Width::W32, b)),
            ];
            for (kind, mnemonic, dst, src) in forms {
                check(asm, mnemonic, &[dst, Reg(src)], |asm| asm.extend(kind, w, a, b));
            }
        }
    }
}

#[test]
fn memory_operands() {
    let asm = &mut Asm::default();
    for mem in mems() {
        for r in [Gpr::RAX, Gpr::RSI, Gpr::R13] {
            for w in WIDTHS {
                let d = Reg(reg(w, r));
                let m = Want::Mem(mem, bytes(w));
                check(asm, Mnemonic::Mov, &[d, m], |asm| asm.load(w, r, mem));
                check(asm, Mnemonic::Mov, &[m, d], |asm| asm.store(w, mem, r));
                check(asm, Mnemonic::Imul, &[d, m], |asm| asm.imul_load(w, r, mem));
                check(asm, Mnemonic::Lea, &[d, Want::Mem(mem, 0)], |asm| asm.lea(w, r, mem));
                for (op, mnemonic) in ALU {
                    check(asm, mnemonic, &[d, m], |asm| asm.alu_load(op, w, r, mem));
                    check(asm, mnemonic, &[m, d], |asm| asm.alu_store(op, w, mem, r));
                }
                for (op, mnemonic) in COUNTS {
                    check(asm, mnemonic, &[d, m], |asm| asm.count_load(op, w, r, mem));
                }
                for (op, mnemonic) in UNARY {
                    check(asm, mnemonic, &[m], |asm| asm.unary_mem(op, w, mem));
                }
                let c = Reg(reg(w, Gpr::R9));
                check(asm, Mnemonic::Shlx, &[d, m, c], |asm| asm.shiftx_load(Shift::Shl, w, r, mem, Gpr::R9));
                let d32 = Reg(reg(Width::W32, r));
                let d64 = Reg(reg(Width::W64, r));
                let forms = [
                    (Extend::Zero8, Mnemonic::Movzx, d32, 1),
                    (Extend::Zero16, Mnemonic::Movzx, d32, 2),
                    (Extend::Sign8, Mnemonic::Movsx, d, 1),
                    (Extend::Sign16, Mnemonic::Movsx, d, 2),
                    (Extend::Sign32, Mnemonic::Movsxd, d64, 4),
                ];
                for (kind, mnemonic, dst, size) in forms {
                    let want = [dst, Want::Mem(mem, size)];
                    check(asm, mnemonic, &want, |asm| asm.load_extend(kind, w, r, mem));
                }
            }
            check(asm, Mnemonic::Mov, &[Want::Mem(mem, 1), Reg(byte(r))], |asm| asm.store8(mem, r));
            check(asm, Mnemonic::Mov, &[Want::Mem(mem, 2), Reg(word(r))], |asm| asm.store16(mem, r));
        }
        for value in IMMEDIATES {
            let imm = Imm(i64::from(value));
            for w in WIDTHS {
                let m = Want::Mem(mem, bytes(w));
                let stored = if w == Width::W32 { Imm(i64::from(value as u32)) } else { imm };
                check(asm, Mnemonic::Mov, &[m, stored], |asm| asm.store_imm(w, mem, value));
                for (op, mnemonic) in ALU {
                    let imm = immediate(w, value);
                    check(asm, mnemonic, &[m, imm], |asm| asm.alu_store_imm(op, w, mem, value));
                }
            }
            let want = [Want::Mem(mem, 1), Imm(i64::from(value as u8))];
            check(asm, Mnemonic::Mov, &want, |asm| asm.store8_imm(mem, value as u8));
            let want = [Want::Mem(mem, 2), Imm(i64::from(value as u16))];
            check(asm, Mnemonic::Mov, &want, |asm| asm.store16_imm(mem, value as u16));
        }
    }
}

/// An immediate as iced shows it: one that fills a 32-bit operand is without a sign.
fn immediate(w: Width, value: i32) -> Want {
    let short = i8::try_from(value).is_ok();
    if w == Width::W32 && !short { Imm(i64::from(value as u32)) } else { Imm(i64::from(value)) }
}

#[test]
fn immediates() {
    let asm = &mut Asm::default();
    for (a, b) in pairs() {
        for value in IMMEDIATES {
            for w in WIDTHS {
                let d = Reg(reg(w, a));
                let imm = immediate(w, value);
                for (op, mnemonic) in ALU {
                    check(asm, mnemonic, &[d, imm], |asm| asm.alu_imm(op, w, a, value));
                }
                let want = [d, Reg(reg(w, b)), imm];
                check(asm, Mnemonic::Imul, &want, |asm| asm.imul_imm(w, a, b, value));
                let want = if (0..128).contains(&value) {
                    [Reg(byte(a)), Imm(value.into())]
                } else if w == Width::W32 {
                    [d, Imm(i64::from(value as u32))]
                } else {
                    [d, Imm(value.into())]
                };
                check(asm, Mnemonic::Test, &want, |asm| asm.test_imm(w, a, value));
            }
        }
    }
}

#[test]
fn constants() {
    let asm = &mut Asm::default();
    for r in GPRS {
        check(asm, Mnemonic::Xor, &[Reg(reg(Width::W32, r)); 2], |asm| asm.zero(r));
        for (value, w, len) in [
            (0, Width::W32, 5),
            (0x7fff_ffff, Width::W32, 5),
            (0xffff_ffff, Width::W32, 5),
            (0xffff_ffff_8000_0000, Width::W64, 7),
            (u64::MAX, Width::W64, 7),
            (0x1_0000_0000, Width::W64, 10),
            (0xffff_ffff_7fff_ffff, Width::W64, 10),
        ] {
            let want = [Reg(reg(w, r)), Imm(value as i64)];
            check(asm, Mnemonic::Mov, &want, |asm| asm.mov_imm(r, value));
            let prefix = usize::from(w == Width::W32 && r.number() >= 8);
            assert_eq!(asm.buf.bytes().len(), len + prefix);
        }
    }
}

#[test]
fn shifts() {
    let asm = &mut Asm::default();
    for (a, b) in pairs() {
        for w in WIDTHS {
            let (d, s) = (Reg(reg(w, a)), Reg(reg(w, b)));
            for (op, mnemonic) in SHIFTS {
                check(asm, mnemonic, &[d, Reg(Register::CL)], |asm| asm.shift_cl(op, w, a));
                for count in [1, 2, 31, 63] {
                    check(asm, mnemonic, &[d, Imm(count)], |asm| asm.shift_imm(op, w, a, count as u8));
                }
            }
            check(asm, Mnemonic::Rorx, &[d, s, Imm(63)], |asm| asm.rorx(w, a, b, 63));
            for c in GPRS {
                let want = [d, s, Reg(reg(w, c))];
                check(asm, Mnemonic::Shlx, &want, |asm| asm.shiftx(Shift::Shl, w, a, b, c));
                check(asm, Mnemonic::Shrx, &want, |asm| asm.shiftx(Shift::Shr, w, a, b, c));
                check(asm, Mnemonic::Sarx, &want, |asm| asm.shiftx(Shift::Sar, w, a, b, c));
            }
        }
    }
}

#[test]
fn one_register() {
    let asm = &mut Asm::default();
    for r in GPRS {
        for w in WIDTHS {
            for (op, mnemonic) in UNARY {
                check(asm, mnemonic, &[Reg(reg(w, r))], |asm| asm.unary(op, w, r));
            }
        }
        for (cond, name) in CONDS {
            let inst = decode(asm, |asm| asm.setcc(cond, r));
            assert_eq!(inst.to_string().split(' ').next(), Some(&*format!("set{name}")));
            assert_eq!(inst.op0_register(), byte(r));
        }
    }
}

#[test]
fn conditions_have_inverses_and_mirrors() {
    for (cond, _) in CONDS {
        assert_eq!(cond.inverse() as u8, cond as u8 ^ 1);
        assert_eq!(cond.swapped().swapped(), cond);
    }
    for (a, b) in [(Cond::B, Cond::A), (Cond::Ae, Cond::Be), (Cond::L, Cond::G), (Cond::Ge, Cond::Le)] {
        assert_eq!(a.swapped(), b);
    }
    for cond in [Cond::E, Cond::Ne, Cond::P, Cond::Np] {
        assert_eq!(cond.swapped(), cond);
    }
}
