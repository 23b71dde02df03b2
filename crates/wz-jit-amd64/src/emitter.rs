//! The emitter: a function's IR in, its code out.

use crate::asm::{Asm, Cond, Mem};
use crate::compare::{FusedTest, ZeroFlag};
use crate::cpu::CpuFeatures;
use crate::regs::{VMCTX, target};
use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::CompileOptions;
use wz_core::ir::{FuncIr, Inst, Op, Shape};
use wz_core::module::Module;
use wz_core::native::{FuncRecord, MemoryMode, Site};
use wz_core::runtime::VmLayout;
use wz_core::trap::TrapCode;
use wz_core::types::{Class, FuncType};
use wz_jit::{Alloc, Kind, Label, Linked, Reg, Source, Target, Technique, Techniques, V128};

/// What code depends on beside its module's IR.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) cpu: CpuFeatures,
    pub(crate) memory: MemoryMode,
    pub(crate) layout: VmLayout,
    pub(crate) techniques: Techniques,
    pub(crate) target: Target,
}

impl Environment {
    pub(crate) fn new(
        cpu: CpuFeatures,
        techniques: Techniques,
        module: &Arc<Module>,
        options: &CompileOptions,
    ) -> Result<Environment, Error> {
        let (memory, layout, target) = (options.memory, VmLayout::of(module)?, target(techniques));
        Ok(Environment { cpu, memory, layout, techniques, target })
    }

    /// Whether code uses a technique.
    #[inline]
    pub(crate) fn uses(&self, technique: Technique) -> bool {
        self.techniques.has(technique)
    }
}

/// Emits functions, one after the other; its buffers are reused.
pub struct FunctionEmitter {
    environment: Environment,
    asm: Asm,
    /// The entries and the prologue, which are made last.
    head: Asm,
    alloc: Alloc,
    lists: Lists,
}

/// Lists of the instruction or function at hand.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Values on their way into registers.
    pub(crate) regs: Vec<(Reg, Source, Kind)>,
    /// Values on their way into memory, with the offset in their area.
    pub(crate) stack: Vec<(u32, Source, Kind)>,
    /// Where edges of the jump table at hand go, by IR label, if the number is that of the table.
    pub(crate) edges: Vec<(u32, Option<Label>)>,
    /// Targets of the jump table at hand.
    pub(crate) targets: Vec<Label>,
    /// Number of the last jump table.
    pub(crate) table: u32,
    /// Ends of tail calls, to be made when the frame is known.
    pub(crate) tails: Vec<crate::tail::Tail>,
}

impl FunctionEmitter {
    pub(crate) fn new(environment: Environment) -> FunctionEmitter {
        FunctionEmitter {
            asm: Asm::default(),
            head: Asm::default(),
            alloc: Alloc::new(environment.target.clone(), environment.techniques),
            lists: Lists::default(),
            environment,
        }
    }
}

impl wz_jit::Emitter for FunctionEmitter {
    fn emit(
        &mut self,
        module: &Module,
        ir: &FuncIr,
        out: &mut Linked<'_>,
    ) -> Result<FuncRecord, &'static str> {
        let ty = module.types.get(ir.type_index as usize).ok_or("a type that does not exist")?;
        let asm = &mut self.asm;
        asm.code.start(&mut asm.buf, ir.labels.len());
        self.head.buf.clear();
        self.alloc.start(ir);
        self.lists.tails.clear();
        self.lists.edges.clear();
        self.lists.table = 0;
        let epilogue = asm.code.new_label();
        let mut emitter = Emitter {
            asm,
            head: &mut self.head,
            alloc: &mut self.alloc,
            lists: &mut self.lists,
            env: &self.environment,
            module,
            ir,
            ty,
            offset: 0,
            at: 0,
            end: 0,
            reachable: true,
            calls: false,
            most_pushed: 0,
            epilogue,
            fused_test: None,
            zero_flag: None,
            fail: None,
        };
        emitter.body();
        emitter.finish(out)
    }
}

/// The emission of one function.
pub(crate) struct Emitter<'a> {
    pub(crate) asm: &'a mut Asm,
    pub(crate) head: &'a mut Asm,
    pub(crate) alloc: &'a mut Alloc,
    pub(crate) lists: &'a mut Lists,
    pub(crate) env: &'a Environment,
    pub(crate) module: &'a Module,
    pub(crate) ir: &'a FuncIr,
    pub(crate) ty: &'a FuncType,
    /// Offset in the function's body of the WebAssembly instruction at hand.
    pub(crate) offset: u64,
    /// Word index of the instruction at hand, and of the one after it.
    pub(crate) at: usize,
    pub(crate) end: usize,
    /// Whether control reaches the next instruction.
    pub(crate) reachable: bool,
    /// Whether the function calls anything.
    pub(crate) calls: bool,
    /// The most bytes that calls put below the frame.
    pub(crate) most_pushed: u32,
    /// The end of the function, where the frame is left.
    pub(crate) epilogue: Label,
    /// What the condition of the next instruction compares instead of its operand.
    pub(crate) fused_test: Option<FusedTest>,
    /// What the flags are of.
    pub(crate) zero_flag: Option<ZeroFlag>,
    /// Why there is no code for the function.
    pub(crate) fail: Option<&'static str>,
}

impl Emitter<'_> {
    fn body(&mut self) {
        self.enter();
        let mut rows = self.ir.source_map.iter();
        let mut row = rows.next();
        while let Some(inst) = self.ir.inst(self.end) {
            (self.at, self.end) = (inst.at, inst.end());
            while let Some((word, offset)) = row
                && word as usize <= inst.at
            {
                self.offset = offset.saturating_sub(self.ir.body_offset);
                row = rows.next();
            }
            self.alloc.reach(inst.at);
            if self.reachable || inst.shape() == Shape::Label {
                self.inst(&inst);
                self.alloc.end_op(self.asm);
            }
        }
        if self.end != self.ir.code.len() || self.reachable {
            self.fail("inconsistent IR: control runs off the end");
        }
    }

    fn inst(&mut self, inst: &Inst<'_>) {
        match inst.shape() {
            Shape::Unary | Shape::Binary => self.compute(inst),
            Shape::Load => self.load(inst),
            Shape::Store => self.store(inst),
            Shape::Label => self.bind_label(inst.label()),
            Shape::LoopHeader => self.loop_header(inst),
            Shape::Jump => self.jump(inst.label()),
            Shape::Branch => self.branch(inst),
            Shape::BrTable => self.br_table(inst),
            Shape::Return => self.ret(inst),
            Shape::Trap => self.trap(TrapCode::Unreachable),
            Shape::Select => self.select(inst),
            Shape::Call if inst.op == Op::ReturnCall => self.return_call(inst),
            Shape::Call => self.call(inst),
            Shape::CallIndirect if inst.op == Op::ReturnCallIndirect => self.return_call_indirect(inst),
            Shape::CallIndirect => self.call_indirect(inst),
            Shape::Fuel => self.fuel(inst),
            Shape::FuelBulk => self.fuel_bulk(inst),
            Shape::Check => self.interrupt(),
            Shape::GlobalGet => self.global_get(inst),
            Shape::GlobalSet => self.global_set(inst),
            Shape::Indexed => self.indexed(inst),
            Shape::Bulk => self.bulk(inst),
            Shape::FarGet => self.far_get(inst),
            Shape::FarSet => self.far_set(inst),
            Shape::MoveRange => self.move_range(inst),
            Shape::WideConst if inst.op == Op::Const64 => self.wide_const(inst),
            Shape::WideConst
            | Shape::Ternary
            | Shape::ExtractLane
            | Shape::ReplaceLane
            | Shape::Shuffle
            | Shape::LoadLane
            | Shape::StoreLane => self.fail(V128),
            Shape::Ext => self.fail("inconsistent IR: no instruction"),
        }
    }

    /// Instructions with one or two operands and nothing else.
    fn compute(&mut self, inst: &Inst<'_>) {
        let op = inst.op as u16;
        let within = |first: Op, last: Op| (first as u16..=last as u16).contains(&op);
        match inst.op {
            Op::CopyI32 => self.copy(inst, Kind::I32),
            Op::CopyI64 => self.copy(inst, Kind::I64),
            Op::CopyF32 => self.copy(inst, Kind::F32),
            Op::CopyF64 => self.copy(inst, Kind::F64),
            Op::CopyRef => self.copy(inst, Kind::Ref),
            Op::RefIsNull => self.ref_is_null(inst),
            _ if inst.op.is_comparison() => self.comparison(inst),
            _ if within(Op::I32Clz, Op::I64Extend32S) => self.integer(inst),
            _ if within(Op::F32Abs, Op::F64Copysign) => self.float(inst),
            _ if within(Op::I32WrapI64, Op::F64ReinterpretI64) => self.convert(inst),
            _ => self.fail(V128),
        }
    }

    fn indexed(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::MemorySize => self.memory_size(inst),
            Op::MemoryGrow => self.memory_grow(inst),
            Op::DataDrop => self.data_drop(inst),
            _ => self.table_op(inst),
        }
    }

    fn bulk(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::MemoryFill => self.memory_fill(inst),
            Op::MemoryCopy => self.memory_copy(inst),
            Op::MemoryInit => self.memory_init(inst),
            _ => self.table_bulk(inst),
        }
    }

    /// Notes why there is no code for the function.
    #[cold]
    pub(crate) fn fail(&mut self, why: &'static str) {
        self.fail.get_or_insert(why);
    }

    /// The kind of a class that is not a table's or memory's index.
    #[inline]
    pub(crate) fn kind(&mut self, class: Class) -> Kind {
        match Kind::of_class(class) {
            Some(Kind::V128) => {
                self.fail(V128);
                Kind::I64
            }
            Some(kind) => kind,
            None => Kind::I64,
        }
    }

    // Labels, sections, sites.

    /// Jumps to a label.
    pub(crate) fn jmp(&mut self, label: Label) {
        match self.asm.code.bound_here(label) {
            Some(target) => self.asm.jmp_back(target),
            None => {
                let field = self.asm.jmp();
                self.asm.code.refer(field, label);
            }
        }
    }

    /// Jumps to a label if `cond` holds.
    pub(crate) fn jcc(&mut self, cond: Cond, label: Label) {
        match self.asm.code.bound_here(label) {
            Some(target) => self.asm.jcc_back(cond, target),
            None => {
                let field = self.asm.jcc(cond);
                self.asm.code.refer(field, label);
            }
        }
    }

    /// Makes a label mean this place.
    pub(crate) fn bind(&mut self, label: Label) {
        self.zero_flag = None;
        self.asm.code.bind(label, &mut self.asm.buf);
    }

    /// Emits code behind the function.
    pub(crate) fn out_of_line(&mut self, emit: impl FnOnce(&mut Self)) {
        self.asm.code.switch(&mut self.asm.buf);
        emit(self);
        self.asm.code.switch(&mut self.asm.buf);
    }

    /// Notes that the next instruction may fault, and what the fault means.
    #[inline]
    pub(crate) fn may_fault(&mut self, code: TrapCode) {
        let site = Site::new(0, Some(code), self.offset);
        self.asm.code.mark(&self.asm.buf, site.info);
    }

    /// Notes that the instruction just emitted is a call.
    pub(crate) fn called(&mut self) {
        let site = Site::new(0, None, self.offset);
        self.asm.code.mark(&self.asm.buf, site.info);
        self.calls = true;
    }

    /// Traps.
    pub(crate) fn trap(&mut self, code: TrapCode) {
        self.may_fault(code);
        self.asm.ud2();
        self.reachable = false;
    }

    /// Traps if `cond` holds.
    pub(crate) fn trap_if(&mut self, cond: Cond, code: TrapCode) {
        if !self.env.uses(Technique::OutOfLineTraps) {
            let over = self.asm.jcc_short(cond.inverse());
            self.may_fault(code);
            self.asm.ud2();
            return self.asm.bind_short(over);
        }
        let stub = self.asm.code.new_label();
        self.jcc(cond, stub);
        self.out_of_line(|e| {
            e.bind(stub);
            e.may_fault(code);
            e.asm.ud2();
        });
    }

    /// A word of the vmctx.
    #[inline]
    pub(crate) fn vmctx(&self, offset: usize) -> Mem {
        Mem::new(VMCTX, offset as i32)
    }
}
