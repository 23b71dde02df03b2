use super::Want::{Imm, Reg};
use super::*;

/// Arithmetic with its mnemonics for singles and doubles, without and with AVX.
const FLOAT: [(FloatOp, [Mnemonic; 4]); 7] = [
    (FloatOp::Sqrt, [Mnemonic::Sqrtss, Mnemonic::Sqrtsd, Mnemonic::Vsqrtss, Mnemonic::Vsqrtsd]),
    (FloatOp::Add, [Mnemonic::Addss, Mnemonic::Addsd, Mnemonic::Vaddss, Mnemonic::Vaddsd]),
    (FloatOp::Mul, [Mnemonic::Mulss, Mnemonic::Mulsd, Mnemonic::Vmulss, Mnemonic::Vmulsd]),
    (FloatOp::Sub, [Mnemonic::Subss, Mnemonic::Subsd, Mnemonic::Vsubss, Mnemonic::Vsubsd]),
    (FloatOp::Min, [Mnemonic::Minss, Mnemonic::Minsd, Mnemonic::Vminss, Mnemonic::Vminsd]),
    (FloatOp::Div, [Mnemonic::Divss, Mnemonic::Divsd, Mnemonic::Vdivss, Mnemonic::Vdivsd]),
    (FloatOp::Max, [Mnemonic::Maxss, Mnemonic::Maxsd, Mnemonic::Vmaxss, Mnemonic::Vmaxsd]),
];
const BITS: [(BitOp, [Mnemonic; 2]); 3] = [
    (BitOp::And, [Mnemonic::Andps, Mnemonic::Vandps]),
    (BitOp::Or, [Mnemonic::Orps, Mnemonic::Vorps]),
    (BitOp::Xor, [Mnemonic::Xorps, Mnemonic::Vxorps]),
];
const ROUNDINGS: [Rounding; 4] = [Rounding::Nearest, Rounding::Floor, Rounding::Ceil, Rounding::Trunc];

/// One of two mnemonics by precision.
fn of(p: Precision, single: Mnemonic, double: Mnemonic) -> Mnemonic {
    if p == Precision::Single { single } else { double }
}

#[test]
fn two_registers() {
    let asm = &mut Asm::default();
    for (a, b) in xmms().flat_map(|a| xmms().map(move |b| (a, b))) {
        let both = [Reg(xmm(a)), Reg(xmm(b))];
        check(asm, Mnemonic::Movaps, &both, |asm| asm.movaps(a, b));
        for (op, names) in BITS {
            check(asm, names[0], &both, |asm| asm.bit(op, a, b));
        }
        for p in PRECISIONS {
            for (op, names) in FLOAT {
                check(asm, of(p, names[0], names[1]), &both, |asm| asm.float(op, p, a, b));
            }
            let name = of(p, Mnemonic::Ucomiss, Mnemonic::Ucomisd);
            check(asm, name, &both, |asm| asm.ucomis(p, a, b));
            let name = of(p, Mnemonic::Cvtss2sd, Mnemonic::Cvtsd2ss);
            check(asm, name, &both, |asm| asm.convert(p, a, b));
            for mode in ROUNDINGS {
                let name = of(p, Mnemonic::Roundss, Mnemonic::Roundsd);
                let want = [both[0], both[1], Imm(mode as i64)];
                check(asm, name, &want, |asm| asm.round(p, mode, a, b));
            }
        }
        check(asm, Mnemonic::Xorps, &[both[0]; 2], |asm| asm.zero_xmm(a));
    }
}

#[test]
fn three_registers() {
    let asm = &mut Asm::default();
    for (a, b) in xmms().flat_map(|a| xmms().map(move |b| (a, b))) {
        for c in xmms() {
            let all = [Reg(xmm(a)), Reg(xmm(b)), Reg(xmm(c))];
            for p in PRECISIONS {
                for (op, names) in FLOAT {
                    check(asm, of(p, names[2], names[3]), &all, |asm| asm.float_avx(op, p, a, b, c));
                }
            }
        }
    }
}

#[test]
fn both_banks() {
    let asm = &mut Asm::default();
    for x in xmms() {
        for r in GPRS {
            for w in WIDTHS {
                let (f, i) = (Reg(xmm(x)), Reg(reg(w, r)));
                let name = if w == Width::W32 { Mnemonic::Movd } else { Mnemonic::Movq };
                check(asm, name, &[f, i], |asm| asm.mov_to_xmm(w, x, r));
                check(asm, name, &[i, f], |asm| asm.mov_from_xmm(w, r, x));
                for p in PRECISIONS {
                    let name = of(p, Mnemonic::Cvtsi2ss, Mnemonic::Cvtsi2sd);
                    check(asm, name, &[f, i], |asm| asm.convert_int(p, w, x, r));
                    let name = of(p, Mnemonic::Cvttss2si, Mnemonic::Cvttsd2si);
                    check(asm, name, &[i, f], |asm| asm.truncate(p, w, r, x));
                }
            }
        }
    }
}

#[test]
fn memory_operands() {
    let asm = &mut Asm::default();
    for mem in mems() {
        for x in [Xmm::of(0), Xmm::of(6), Xmm::SCRATCH] {
            let d = Reg(xmm(x));
            let m16 = Want::Mem(mem, 16);
            check(asm, Mnemonic::Movups, &[d, m16], |asm| asm.movups_load(x, mem));
            check(asm, Mnemonic::Movups, &[m16, d], |asm| asm.movups_store(mem, x));
            for p in PRECISIONS {
                let m = Want::Mem(mem, float_bytes(p));
                let name = of(p, Mnemonic::Movss, Mnemonic::Movsd);
                check(asm, name, &[d, m], |asm| asm.float_load(p, x, mem));
                check(asm, name, &[m, d], |asm| asm.float_store(p, mem, x));
                for (op, names) in FLOAT {
                    check(asm, of(p, names[0], names[1]), &[d, m], |asm| asm.float_mem(op, p, x, mem));
                    let (b, second) = (Xmm::of(9), Reg(xmm(Xmm::of(9))));
                    let name = of(p, names[2], names[3]);
                    check(asm, name, &[d, second, m], |asm| asm.float_avx_mem(op, p, x, b, mem));
                }
                let name = of(p, Mnemonic::Ucomiss, Mnemonic::Ucomisd);
                check(asm, name, &[d, m], |asm| asm.ucomis_mem(p, x, mem));
                let name = of(p, Mnemonic::Cvtss2sd, Mnemonic::Cvtsd2ss);
                check(asm, name, &[d, m], |asm| asm.convert_mem(p, x, mem));
                let name = of(p, Mnemonic::Roundss, Mnemonic::Roundsd);
                check(asm, name, &[d, m, Imm(9)], |asm| asm.round_mem(p, Rounding::Floor, x, mem));
                for w in WIDTHS {
                    let name = of(p, Mnemonic::Cvtsi2ss, Mnemonic::Cvtsi2sd);
                    let want = [d, Want::Mem(mem, bytes(w))];
                    check(asm, name, &want, |asm| asm.convert_int_mem(p, w, x, mem));
                }
            }
        }
    }
}

#[test]
fn constants_have_their_displacement_last() {
    let asm = &mut Asm::default();
    let mut check = |mnemonic: Mnemonic, operands: u32, emit: &dyn Fn(&mut Asm) -> u32| {
        let mut field = 0;
        let inst = decode(asm, |asm| field = emit(asm));
        assert_eq!(inst.mnemonic(), mnemonic);
        assert_eq!((inst.op_count(), inst.memory_base()), (operands, Register::RIP), "{inst}");
        assert_eq!(field as usize + 4, inst.len(), "{inst}");
        inst.op0_register()
    };
    for x in xmms() {
        let y = Xmm::of(x.number() ^ 9);
        for p in PRECISIONS {
            for (op, names) in FLOAT {
                let dst = check(of(p, names[0], names[1]), 2, &|asm| asm.float_rip(op, p, x));
                assert_eq!(dst, xmm(x));
                let dst = check(of(p, names[2], names[3]), 3, &|asm| asm.float_avx_rip(op, p, x, y));
                assert_eq!(dst, xmm(x));
            }
            let load = check(of(p, Mnemonic::Movss, Mnemonic::Movsd), 2, &|asm| asm.float_load_rip(p, x));
            let compare = check(of(p, Mnemonic::Ucomiss, Mnemonic::Ucomisd), 2, &|asm| asm.ucomis_rip(p, x));
            assert_eq!((load, compare), (xmm(x), xmm(x)));
        }
        for (op, names) in BITS {
            let one = check(names[0], 2, &|asm| asm.bit_rip(op, x));
            let other = check(names[1], 3, &|asm| asm.bit_avx_rip(op, x, y));
            assert_eq!((one, other), (xmm(x), xmm(x)));
        }
        assert_eq!(check(Mnemonic::Movups, 2, &|asm| asm.movups_load_rip(x)), xmm(x));
    }
}
