//! One function.

use super::{F32, F64, I32, I64, Program};
use std::ops::Range;
use wasm_encoder::{Function, Instruction, MemArg, MemArgTarget, RefType, ValType};

/// How many numbers and references operands of wz's IR can name; those beyond are copied to scratch slots to be used.
const NEAR: (usize, usize) = (0x3000 - 64, 0xfff - 31);

/// Bytes of a passive data segment.
pub const SEGMENT: u32 = 16;
/// Where functions leave what their variables hold.
const DUMP: u64 = 4096;

/// The memory argument of an access that is not aligned.
pub fn memory_argument(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// A function as it is generated.
pub struct Body<'p> {
    pub program: &'p mut Program,
    pub rng: fastrand::Rng,
    pub code: Vec<Instruction<'static>>,
    /// Types of the parameters and locals.
    pub locals: Vec<ValType>,
    /// Locals that nothing uses: those behind them are in slots that operands cannot name.
    pub idle: Range<usize>,
    /// Locals from here on count the rounds of loops: statements do not set them.
    pub counters: Vec<u32>,
    /// Enclosing labels, the innermost last.
    pub labels: Vec<Label>,
    pub results: Vec<ValType>,
    /// Instructions that may still be generated, more or less.
    pub room: usize,
}

/// An enclosing block.
pub struct Label {
    /// What a branch to it takes.
    pub types: Vec<ValType>,
    /// The counter of a loop.
    pub counter: Option<u32>,
}

impl Body<'_> {
    /// The function of an index.
    pub fn generate(program: &mut Program, func: u32) -> Function {
        let (params, results) = program.signature(func);
        let rng = program.rng.fork();
        let mut body = Body {
            program,
            rng,
            code: Vec::new(),
            locals: params.clone(),
            idle: 0..0,
            counters: Vec::new(),
            labels: vec![Label { types: results.clone(), counter: None }],
            results,
            room: 0,
        };
        if body.rarely(50) {
            // As many numbers or references as operands can name, more or less.
            let (ty, near) =
                if body.rarely(4) { (ValType::Ref(RefType::EXTERNREF), NEAR.1) } else { (I64, NEAR.0) };
            body.idle = params.len()..near - body.rng.usize(..30);
            body.locals.resize(body.idle.end, ty);
        }
        let count = match body.rng.u8(..20) {
            0..=3 => body.rng.usize(..4),
            4..=11 => body.rng.usize(3..10),
            12..=17 => body.rng.usize(8..30),
            18 => body.rng.usize(30..90),
            // More than the compilers keep sets of.
            _ if !body.rarely(6) => body.rng.usize(90..400),
            // More than fit into a small frame.
            _ => body.rng.usize(1000..9500),
        };
        for _ in 0..count {
            let ty = body.program.value_type();
            body.locals.push(ty);
        }
        body.room = [30, 80, 200, 500][body.rng.usize(..4)];
        body.prepare();
        while body.room > 0 {
            body.statement(0);
        }
        body.finish();
        let mut function = Function::new_with_locals_types(body.locals[params.len()..].iter().copied());
        body.code.iter().for_each(|instruction| {
            function.instruction(instruction);
        });
        function
    }

    /// Gives some locals a value to start with; the others are zero.
    fn prepare(&mut self) {
        for local in self.used() {
            if self.rng.u8(..3) == 0 {
                self.expression(self.locals[local], 2);
                self.push(Instruction::LocalSet(local as u32));
            }
        }
    }

    /// Stores variables, and leaves the results on the stack.
    fn finish(&mut self) {
        if self.rng.u8(..3) > 0 {
            let base = DUMP + self.rng.u64(..4) * 1024;
            for local in self.used() {
                self.dump(local as u32, base + 8 * (local as u64 % 120));
            }
        }
        for ty in self.results.clone() {
            self.expression(ty, 3);
        }
        self.push(Instruction::End);
    }

    /// Stores a local; of a reference, whether it is null.
    pub fn dump(&mut self, local: u32, offset: u64) {
        self.extend([Instruction::I32Const(0), Instruction::LocalGet(local)]);
        let memarg = memory_argument(offset);
        let store = match self.locals[local as usize] {
            I32 => Instruction::I32Store(memarg),
            I64 => Instruction::I64Store(memarg),
            F32 => Instruction::F32Store(memarg),
            F64 => Instruction::F64Store(memarg),
            _ => {
                self.push(Instruction::RefIsNull);
                Instruction::I32Store(memarg)
            }
        };
        self.push(store);
    }

    pub fn push(&mut self, instruction: Instruction<'static>) {
        self.room = self.room.saturating_sub(1);
        self.code.push(instruction);
    }

    pub fn extend<const N: usize>(&mut self, instructions: [Instruction<'static>; N]) {
        for instruction in instructions {
            self.push(instruction);
        }
    }

    /// One of `count` cases.
    pub fn pick(&mut self, count: usize) -> usize {
        self.rng.usize(..count)
    }

    /// Whether a thing of one in `n` happens.
    pub fn rarely(&mut self, n: usize) -> bool {
        self.rng.usize(..n) == 0
    }

    /// A local of a type.
    pub fn local(&mut self, ty: ValType) -> Option<u32> {
        let of_type: Vec<u32> =
            self.used().filter(|local| self.locals[*local] == ty).map(|local| local as u32).collect();
        (!of_type.is_empty()).then(|| of_type[self.rng.usize(..of_type.len())])
    }

    /// A local of a type that statements may set.
    pub fn variable(&mut self, ty: ValType) -> Option<u32> {
        self.local(ty).filter(|local| !self.counters.contains(local))
    }

    /// The locals that may be used.
    pub fn used(&self) -> impl Iterator<Item = usize> + use<> {
        let idle = self.idle.clone();
        (0..self.locals.len()).filter(move |local| !idle.contains(local))
    }

    /// Any of them.
    pub fn any_local(&mut self) -> Option<u32> {
        let count = self.locals.len() - self.idle.len();
        if count == 0 {
            return None;
        }
        let local = self.rng.usize(..count);
        let behind = if local >= self.idle.start { self.idle.len() } else { 0 };
        Some((local + behind) as u32)
    }

    /// Any local that statements may set.
    pub fn any_variable(&mut self) -> Option<u32> {
        self.any_local().filter(|local| !self.counters.contains(local))
    }

    /// Sets a local to what lies on the stack, or drops it.
    pub fn keep(&mut self, ty: ValType) {
        match self.variable(ty) {
            Some(local) if !self.rarely(8) => self.push(Instruction::LocalSet(local)),
            _ => self.push(Instruction::Drop),
        }
    }

    /// A function that may be called with results of such types.
    pub fn callee(&mut self, results: Option<&[ValType]>) -> Option<u32> {
        let fitting: Vec<u32> = (0..self.program.funcs.len() as u32)
            .filter(|func| results.is_none_or(|results| self.program.signature(*func).1 == results))
            .collect();
        (!fitting.is_empty()).then(|| fitting[self.rng.usize(..fitting.len())])
    }

    /// Whether a type is a reference's to a function.
    pub fn is_funcref(ty: ValType) -> bool {
        ty == ValType::Ref(RefType::FUNCREF)
    }
}
