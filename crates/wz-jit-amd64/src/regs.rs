//! The roles of the registers.

use crate::asm::{Gpr, Xmm};
use wz_jit::{Reg, RegSet, Target, Technique, Techniques};

/// The vmctx of the running function.
pub(crate) const VMCTX: Gpr = Gpr::R15;
/// The base of memory 0.
pub(crate) const MEMORY: Gpr = Gpr::R14;
/// The vmctx of the callee, at a call that may leave the instance.
pub(crate) const CALLEE_VMCTX: Gpr = Gpr::RDI;
/// Dead at every call and entry.
pub(crate) const SCRATCH: [Gpr; 2] = [Gpr::R10, Gpr::R11];

const fn int(gpr: Gpr) -> Reg {
    Reg::int(gpr.number())
}

const RAX: Reg = int(Gpr::RAX);
const RCX: Reg = int(Gpr::RCX);
const RDX: Reg = int(Gpr::RDX);
const RBX: Reg = int(Gpr::RBX);
const RBP: Reg = int(Gpr::RBP);
const RSI: Reg = int(Gpr::RSI);
const RDI: Reg = int(Gpr::RDI);
const R8: Reg = int(Gpr::R8);
const R9: Reg = int(Gpr::R9);
const R10: Reg = int(Gpr::R10);
const R11: Reg = int(Gpr::R11);
const R12: Reg = int(Gpr::R12);
const R13: Reg = int(Gpr::R13);

const XMM: [Reg; 15] = {
    let mut regs = [Reg::float(0); 15];
    let mut i = 0;
    while i < regs.len() {
        regs[i] = Reg::float(i as u8);
        i += 1;
    }
    regs
};

/// What the allocator knows of x86-64.
pub(crate) static TARGET: Target = Target {
    allocatable: RegSet::of(&[RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13])
        .with(RegSet::of(&XMM)),
    callee_saved: RegSet::of(&[RBX, RBP, R12, R13]),
    int_args: &[RSI, RDX, RCX, R8, R9, RAX],
    int_results: &[RAX, RDX, RCX, RSI, R8, R9],
    floats: XMM.first_chunk::<8>().unwrap(),
};

/// [`TARGET`], or a target whose convention of calls lacks techniques.
pub(crate) fn target(techniques: Techniques) -> Target {
    let mut target = TARGET.clone();
    if !techniques.has(Technique::RegisterArguments) {
        target.int_args = &[];
    }
    if !techniques.has(Technique::RegisterResults) {
        target.int_results = &[RAX];
    }
    target
}

/// A general-purpose register as the assembler wants it.
#[inline]
pub(crate) fn gpr(reg: Reg) -> Gpr {
    Gpr::of(reg.number())
}

/// A float register as the assembler wants it.
#[inline]
pub(crate) fn xmm(reg: Reg) -> Xmm {
    Xmm::of(reg.number())
}

/// A register as the allocator wants it.
pub(crate) trait IntoReg: Copy {
    /// The register.
    fn reg(self) -> Reg;
}

impl IntoReg for Gpr {
    #[inline]
    fn reg(self) -> Reg {
        Reg::int(self.number())
    }
}

impl IntoReg for Xmm {
    #[inline]
    fn reg(self) -> Reg {
        Reg::float(self.number())
    }
}
