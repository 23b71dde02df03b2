//! The visitor: each operator is validated by wasmparser, then lowered.

use super::Lowerer;
use wasmparser::{
    BinaryReaderError, BlockType, FrameKind, FrameStack, HeapType, Ieee32, Ieee64, MemArg, V128, ValType,
    VisitOperator, VisitSimdOperator,
};
use wz_core::ir::Op;
use wz_core::types::Class;

/// Validates and lowers the operator at `offset`.
pub(crate) struct ValidateAndLower<'l, V> {
    pub(crate) validator: V,
    pub(crate) lowerer: &'l mut Lowerer,
    pub(crate) offset: u64,
}

impl<V: FrameStack> FrameStack for ValidateAndLower<'_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

type Result = std::result::Result<(), BinaryReaderError>;

impl<V> ValidateAndLower<'_, V> {
    /// The lowerer, ready for an operator that control reaches.
    #[inline(always)]
    fn reached(&mut self) -> Option<&mut Lowerer> {
        if !self.lowerer.reachable() {
            return None;
        }
        self.lowerer.offset = self.offset;
        self.lowerer.start_operator();
        Some(self.lowerer)
    }
}

/// Lowers one operator: an expression of the lowerer and the operator's arguments. Rows that are not here have an op
/// of their own name.
macro_rules! lower {
    // Operators that have no op of their own.
    ($l:ident @mvp Unreachable) => {
        $l.visit_unreachable()
    };
    ($l:ident @mvp Nop) => {{
        let _ = $l;
    }};
    ($l:ident @mvp Br $depth:ident) => {
        $l.visit_br($depth)
    };
    ($l:ident @mvp BrIf $depth:ident) => {
        $l.visit_br_if($depth)
    };
    ($l:ident @mvp BrTable $targets:ident) => {
        $l.visit_br_table(&$targets)
    };
    ($l:ident @mvp Return) => {
        $l.visit_return()
    };
    ($l:ident @mvp Call $func:ident) => {
        $l.visit_call($func)
    };
    ($l:ident @mvp CallIndirect $ty:ident $table:ident) => {
        $l.visit_call_indirect($ty, $table)
    };
    ($l:ident @tail_call ReturnCall $func:ident) => {
        $l.visit_return_call($func)
    };
    ($l:ident @tail_call ReturnCallIndirect $ty:ident $table:ident) => {
        $l.visit_return_call_indirect($ty, $table)
    };
    ($l:ident @mvp Drop) => {
        $l.visit_drop()
    };
    ($l:ident @mvp Select) => {
        $l.visit_select()
    };
    ($l:ident @reference_types TypedSelect $ty:ident) => {{
        let _: ValType = $ty;
        $l.visit_select()
    }};
    ($l:ident @mvp LocalGet $index:ident) => {
        $l.visit_local_get($index)
    };
    ($l:ident @mvp LocalSet $index:ident) => {
        $l.visit_local_set($index)
    };
    ($l:ident @mvp LocalTee $index:ident) => {
        $l.visit_local_tee($index)
    };
    ($l:ident @mvp GlobalGet $index:ident) => {
        $l.global_get($index)
    };
    ($l:ident @mvp GlobalSet $index:ident) => {
        $l.global_set($index)
    };
    ($l:ident @mvp I32Const $value:ident) => {
        $l.constant(Class::I32, u64::from($value as u32))
    };
    ($l:ident @mvp I64Const $value:ident) => {
        $l.constant(Class::I64, $value as u64)
    };
    ($l:ident @mvp F32Const $value:ident) => {
        $l.constant(Class::F32, u64::from(Ieee32::bits($value)))
    };
    ($l:ident @mvp F64Const $value:ident) => {
        $l.constant(Class::F64, Ieee64::bits($value))
    };
    ($l:ident @simd V128Const $value:ident) => {
        $l.constant_v128(V128::i128(&$value) as u128)
    };
    ($l:ident @mvp I32Eqz) => {
        $l.eqz(Op::I32Eqz)
    };
    ($l:ident @mvp I64Eqz) => {
        $l.eqz(Op::I64Eqz)
    };
    ($l:ident @mvp MemorySize $memory:ident) => {
        $l.indexed(Op::MemorySize, $memory)
    };
    ($l:ident @mvp MemoryGrow $memory:ident) => {
        $l.indexed(Op::MemoryGrow, $memory)
    };
    ($l:ident @bulk_memory MemoryInit $segment:ident $memory:ident) => {
        $l.bulk(Op::MemoryInit, $memory, $segment, 0)
    };
    ($l:ident @bulk_memory DataDrop $segment:ident) => {
        $l.indexed(Op::DataDrop, $segment)
    };
    ($l:ident @bulk_memory MemoryCopy $to:ident $from:ident) => {
        $l.bulk(Op::MemoryCopy, $to, $from, 0)
    };
    ($l:ident @bulk_memory MemoryFill $memory:ident) => {
        $l.bulk(Op::MemoryFill, $memory, 0, 0)
    };
    ($l:ident @bulk_memory TableInit $segment:ident $table:ident) => {
        $l.bulk(Op::TableInit, $table, $segment, ENTRY_LOG2)
    };
    ($l:ident @bulk_memory ElemDrop $segment:ident) => {
        $l.indexed(Op::ElemDrop, $segment)
    };
    ($l:ident @bulk_memory TableCopy $to:ident $from:ident) => {
        $l.bulk(Op::TableCopy, $to, $from, ENTRY_LOG2)
    };
    ($l:ident @reference_types TableFill $table:ident) => {
        $l.bulk(Op::TableFill, $table, 0, ENTRY_LOG2)
    };
    ($l:ident @reference_types TableGet $table:ident) => {
        $l.indexed(Op::TableGet, $table)
    };
    ($l:ident @reference_types TableSet $table:ident) => {
        $l.indexed(Op::TableSet, $table)
    };
    ($l:ident @reference_types TableGrow $table:ident) => {
        $l.indexed(Op::TableGrow, $table)
    };
    ($l:ident @reference_types TableSize $table:ident) => {
        $l.indexed(Op::TableSize, $table)
    };
    ($l:ident @reference_types RefNull $ty:ident) => {{
        let _: HeapType = $ty;
        $l.null()
    }};
    ($l:ident @reference_types RefFunc $func:ident) => {
        $l.indexed(Op::RefFunc, $func)
    };
    ($l:ident @simd I8x16Shuffle $lanes:ident) => {
        $l.shuffle($lanes)
    };
    // Loads, stores and lanes, by their arguments.
    ($l:ident @$proposal:ident $op:ident $memarg:ident $lane:ident) => {
        $l.lane_memory_op(Op::$op, $memarg, $lane)
    };
    ($l:ident @simd $op:ident $arg:ident) => {
        $l.one_argument(Op::$op, $arg)
    };
    ($l:ident @mvp $op:ident $arg:ident) => {
        $l.one_argument(Op::$op, $arg)
    };
    ($l:ident @$proposal:ident $op:ident) => {
        $l.simple(Op::$op)
    };
}

/// Base-2 logarithm of a table entry's bytes, for fuel.
const ENTRY_LOG2: u16 = 3;

/// The argument of an operator that has one: a place in memory or a lane.
pub(super) trait Argument {
    fn lower(self, lowerer: &mut Lowerer, op: Op);
}

impl Argument for MemArg {
    #[inline(always)]
    fn lower(self, lowerer: &mut Lowerer, op: Op) {
        lowerer.memory_op(op, self);
    }
}

impl Argument for u8 {
    #[inline(always)]
    fn lower(self, lowerer: &mut Lowerer, op: Op) {
        lowerer.lane_op(op, self);
    }
}

impl Lowerer {
    #[inline(always)]
    fn one_argument(&mut self, op: Op, argument: impl Argument) {
        argument.lower(self, op);
    }
}

/// Defines the visit of one operator, by proposal.
macro_rules! visit_one {
    // Blocks are lowered whether control reaches them or not: they nest.
    (@mvp Block $visit:ident $arg:ident: $ty:ty) => {
        visit_one!(nesting $visit $arg: BlockType);
    };
    (@mvp Loop $visit:ident $arg:ident: $ty:ty) => {
        visit_one!(nesting $visit $arg: BlockType);
    };
    (@mvp If $visit:ident $arg:ident: $ty:ty) => {
        visit_one!(nesting $visit $arg: BlockType);
    };
    (@mvp Else $visit:ident) => {
        visit_one!(nesting $visit);
    };
    (@mvp End $visit:ident) => {
        visit_one!(nesting $visit);
    };
    (nesting $visit:ident $($arg:ident: $ty:ty)?) => {
        #[inline]
        fn $visit(&mut self $(, $arg: $ty)?) -> Result {
            self.validator.$visit($($arg)?)?;
            self.lowerer.offset = self.offset;
            self.lowerer.$visit($($arg)?);
            Ok(())
        }
    };
    (@mvp $($rest:tt)*) => { visit_one!(lowered @mvp $($rest)*); };
    (@sign_extension $($rest:tt)*) => { visit_one!(lowered @sign_extension $($rest)*); };
    (@saturating_float_to_int $($rest:tt)*) => { visit_one!(lowered @saturating_float_to_int $($rest)*); };
    (@bulk_memory $($rest:tt)*) => { visit_one!(lowered @bulk_memory $($rest)*); };
    (@reference_types TypedSelectMulti $($rest:tt)*) => { visit_one!(later $($rest)*); };
    (@reference_types $($rest:tt)*) => { visit_one!(lowered @reference_types $($rest)*); };
    (@tail_call $($rest:tt)*) => { visit_one!(lowered @tail_call $($rest)*); };
    (lowered @$proposal:ident $op:ident $visit:ident $($arg:ident: $ty:ty),*) => {
        #[inline(always)]
        fn $visit(&mut self $(, $arg: $ty)*) -> Result {
            self.validator.$visit($($arg.clone()),*)?;
            if let Some(lowerer) = self.reached() {
                lower!(lowerer @$proposal $op $($arg)*);
            }
            Ok(())
        }
    };
    // Proposals that this build does not have: validation has refused the operator.
    (@$proposal:ident $op:ident $($rest:tt)*) => { visit_one!(later $($rest)*); };
    (later $visit:ident $($arg:ident: $ty:ty),*) => {
        #[cold]
        fn $visit(&mut self $(, $arg: $ty)*) -> Result {
            self.validator.$visit($($arg),*)?;
            self.lowerer.offset = self.offset;
            self.lowerer.fail(concat!("operator ", stringify!($visit), " of an unsupported proposal"));
            Ok(())
        }
    };
}

macro_rules! visit_all {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(visit_one!(@$proposal $op $visit $($($arg: $ty),*)?);)*
    };
}

/// As [`visit_one`], for vectors: validation goes through the validator's own SIMD visitor.
macro_rules! visit_simd {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(visit_simd_one!(@$proposal $op $visit $($($arg: $ty),*)?);)*
    };
}

macro_rules! visit_simd_one {
    (@simd $op:ident $visit:ident $($arg:ident: $ty:ty),*) => {
        fn $visit(&mut self $(, $arg: $ty)*) -> Result {
            if let Some(validator) = self.validator.simd_visitor() {
                validator.$visit($($arg),*)?;
            }
            if let Some(lowerer) = self.reached() {
                lower!(lowerer @simd $op $($arg)*);
            }
            Ok(())
        }
    };
    (@$proposal:ident $op:ident $visit:ident $($arg:ident: $ty:ty),*) => {
        #[cold]
        fn $visit(&mut self $(, $arg: $ty)*) -> Result {
            if let Some(validator) = self.validator.simd_visitor() {
                validator.$visit($($arg),*)?;
            }
            self.lowerer.offset = self.offset;
            self.lowerer.fail(concat!("operator ", stringify!($visit), " of an unsupported proposal"));
            Ok(())
        }
    };
}

impl<'a, V> VisitOperator<'a> for ValidateAndLower<'_, V>
where
    V: VisitOperator<'a, Output = Result> + FrameStack,
{
    type Output = Result;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Result>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit_all);
}

impl<'a, V> VisitSimdOperator<'a> for ValidateAndLower<'_, V>
where
    V: VisitOperator<'a, Output = Result> + FrameStack,
{
    wasmparser::for_each_visit_simd_operator!(visit_simd);
}
