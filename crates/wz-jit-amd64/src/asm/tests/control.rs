use super::Want::{Imm, Reg};
use super::*;

#[test]
fn stack_and_targets() {
    let asm = &mut Asm::default();
    for r in GPRS {
        let want = [Reg(reg(Width::W64, r))];
        check(asm, Mnemonic::Push, &want, |asm| asm.push(r));
        check(asm, Mnemonic::Pop, &want, |asm| asm.pop(r));
        check(asm, Mnemonic::Jmp, &want, |asm| asm.jmp_reg(r));
        check(asm, Mnemonic::Call, &want, |asm| asm.call_reg(r));
        let mut field = 0;
        let inst = decode(asm, |asm| field = asm.lea_rip(r));
        assert_eq!((inst.mnemonic(), inst.memory_base()), (Mnemonic::Lea, Register::RIP));
        assert_eq!(field as usize + 4, inst.len());
    }
    for mem in mems() {
        let want = [Want::Mem(mem, 8)];
        check(asm, Mnemonic::Call, &want, |asm| asm.call_mem(mem));
    }
}

#[test]
fn fixed_forms() {
    let asm = &mut Asm::default();
    check(asm, Mnemonic::Cdq, &[], Asm::cdq);
    check(asm, Mnemonic::Cqo, &[], Asm::cqo);
    check(asm, Mnemonic::Ret, &[], Asm::ret);
    check(asm, Mnemonic::Ret, &[Imm(0xfff8)], |asm| asm.ret_pop(0xfff8));
    check(asm, Mnemonic::Ud2, &[], Asm::ud2);
}

#[test]
fn jumps_with_open_targets_have_their_displacement_last() {
    let asm = &mut Asm::default();
    for (emit, mnemonic) in
        [(Asm::jmp as fn(&mut Asm) -> u32, Mnemonic::Jmp), (Asm::call as fn(&mut Asm) -> u32, Mnemonic::Call)]
    {
        let mut field = 0;
        let inst = decode(asm, |asm| field = emit(asm));
        assert_eq!((inst.mnemonic(), field, inst.len()), (mnemonic, 1, 5));
        assert_eq!(inst.near_branch_target(), 5);
    }
    for (cond, name) in CONDS {
        let mut field = 0;
        let inst = decode(asm, |asm| field = asm.jcc(cond));
        assert_eq!(inst.to_string().split(' ').next(), Some(&*format!("j{name}")));
        assert_eq!((field, inst.len(), inst.near_branch_target()), (2, 6, 6));
    }
}

/// Writes `count` bytes that are one instruction each.
fn fill(asm: &mut Asm, count: u32) {
    for _ in 0..count {
        asm.buf.put(0x90, 1);
    }
}

#[test]
fn jumps_back_are_short_where_they_can_be() {
    let asm = &mut Asm::default();
    for distance in [0, 1, 125, 126, 127, 128, 129, 1000, 100_000] {
        for (cond, name) in
            CONDS.into_iter().map(Some).chain([None]).map(|c| c.map_or((None, "mp"), |(c, n)| (Some(c), n)))
        {
            asm.buf.clear();
            fill(asm, 3);
            let target = asm.offset();
            fill(asm, distance);
            let at = asm.offset();
            match cond {
                Some(cond) => asm.jcc_back(cond, target),
                None => asm.jmp_back(target),
            }
            let code = &asm.buf.bytes()[at as usize..];
            let inst = Decoder::with_ip(64, code, at.into(), DecoderOptions::NONE).decode();
            assert_eq!(inst.to_string().split(' ').next(), Some(&*format!("j{name}")));
            assert_eq!(inst.near_branch_target(), target.into());
            let long = if cond.is_some() { 6 } else { 5 };
            assert_eq!(inst.len(), if distance <= 126 { 2 } else { long });
            assert_eq!(inst.len(), code.len());
        }
    }
}

#[test]
fn short_jumps_go_where_they_are_bound() {
    for distance in [0, 1, 127, 128] {
        let asm = &mut Asm::default();
        let jump = asm.jcc_short(Cond::Np);
        fill(asm, distance);
        asm.bind_short(jump);
        let inst = Decoder::with_ip(64, asm.buf.bytes(), 0, DecoderOptions::NONE).decode();
        assert_eq!(inst.mnemonic(), Mnemonic::Jnp);
        assert_eq!(asm.buf.poisoned().is_some(), distance > 127);
        if distance <= 127 {
            assert_eq!(inst.near_branch_target(), u64::from(2 + distance));
        }
    }
}
