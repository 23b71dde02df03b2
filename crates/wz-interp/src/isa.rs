//! The instruction set: the table of all handlers and the numbers that the encoder uses.
//!
//! Handlers that belong to an IR op come in a family of forms, by where operands are; the families derive from the
//! IR's op list. All other handlers have a name in [`Fixed`]. The table is built once for each dispatch backend, from the
//! same list, so that numbers agree.

use crate::dispatch::{Looped, looped};
#[cfg(wz_threaded)]
use crate::dispatch::{Threaded, threaded};
use crate::exec::arith::{Bin, Un};
use crate::exec::bulk::{self, DoBulk};
use crate::exec::call::{Call, Consecutive, Few, Import, Indirect, Local, Spelt, TailCall};
use crate::exec::control::{self, BrTable, If, IfTest, Select, SelectTest};
use crate::exec::global::{self, GlobalGet, GlobalSet};
use crate::exec::memory::{
    LoadAbs, LoadNear, LoadOffset, LoadWide, StoreAbs, StoreNear, StoreOffset, StoreWide,
};
use crate::exec::moves::{self, FarGet, FarSet, Zero};
use crate::exec::ret::{Return0, Return1, ReturnMany};
use crate::exec::sem;
use crate::exec::value::{A, I, K, S, V128};
use crate::exec::vector::{self, ExtractLane, LoadLane, ReplaceLane, StoreLane};
use wz_core::ir::Op;

/// Forms of ops with one operand.
pub(crate) mod unary {
    pub(crate) const S: u16 = 0;
    pub(crate) const A: u16 = 1;
}

/// Forms of ops with two operands; floats and vectors have the first ones.
pub(crate) mod binary {
    pub(crate) const SS: u16 = 0;
    pub(crate) const SK: u16 = 1;
    pub(crate) const KS: u16 = 2;
    pub(crate) const AS: u16 = 3;
    pub(crate) const SA: u16 = 4;
    pub(crate) const AK: u16 = 5;
    pub(crate) const SI: u16 = 6;
    pub(crate) const AI: u16 = 7;
}

/// Forms of loads.
pub(crate) mod load {
    pub(crate) const NEAR_S: u16 = 0;
    pub(crate) const NEAR_A: u16 = 1;
    pub(crate) const ABS: u16 = 2;
    pub(crate) const WIDE: u16 = 3;
    pub(crate) const SHARED: u16 = 4;
    pub(crate) const OFFSET_S: u16 = 5;
    pub(crate) const OFFSET_A: u16 = 6;
}

/// Forms of stores, address first; vectors and floats have the first ones.
pub(crate) mod store {
    pub(crate) const NEAR_SS: u16 = 0;
    pub(crate) const NEAR_AS: u16 = 1;
    pub(crate) const ABS_S: u16 = 2;
    pub(crate) const WIDE: u16 = 3;
    pub(crate) const SHARED: u16 = 4;
    pub(crate) const OFFSET: u16 = 5;
    pub(crate) const NEAR_SA: u16 = 6;
    pub(crate) const ABS_A: u16 = 7;
    pub(crate) const NEAR_SI: u16 = 8;
    pub(crate) const NEAR_AI: u16 = 9;
    pub(crate) const ABS_I: u16 = 10;
}

/// Forms of accesses to lanes in memory.
pub(crate) mod lane {
    pub(crate) const WIDE: u16 = 0;
    pub(crate) const SHARED: u16 = 1;
}

/// Forms of conditional branches: how operands and target are given.
pub(crate) mod branch {
    /// Added for targets in a word of their own: integers, tests, floats.
    pub(crate) const LONG: [u16; 3] = [6, 2, 8];
    /// Added for branches where a comparison of floats does not hold.
    pub(crate) const FLOAT_NEGATED: u16 = 4;
    pub(crate) const SS: u16 = 0;
    pub(crate) const AS: u16 = 1;
    pub(crate) const SK: u16 = 2;
    pub(crate) const AK: u16 = 3;
    pub(crate) const SI: u16 = 4;
    pub(crate) const AI: u16 = 5;
}

/// Forms of selects: the condition's second operand, or its only one.
pub(crate) mod select {
    pub(crate) const S: u16 = 0;
    pub(crate) const I: u16 = 1;
    pub(crate) const A: u16 = 1;
}

/// Calls a macro with the handlers that belong to no IR op.
macro_rules! for_each_fixed {
    ($mac:ident $($arg:tt)*) => {
        $mac! { $($arg)*
            // `Reserved` is number 0, so that no data word that is zero runs as an instruction.
            Reserved = control::Reserved;
            Finish = control::Finish;
            Unreachable = control::Unreachable;
            Br = control::Br;
            BrTable = BrTable<S>;
            BrTableAcc = BrTable<A>;
            Fuel = control::Fuel;
            FuelBulk = control::FuelBulk;
            Interrupt = control::Interrupt;
            SelectVector = control::SelectVector;
            Const32 = moves::Const32;
            ConstSigned = moves::ConstSigned;
            Const64 = moves::Const64;
            Const128 = moves::Const128;
            FarGet64 = FarGet<u64>;
            FarGet128 = FarGet<V128>;
            FarSet64 = FarSet<u64>;
            FarSet128 = FarSet<V128>;
            MoveSlots = moves::MoveSlots;
            Zero1 = Zero<1>;
            Zero2 = Zero<2>;
            Zero3 = Zero<3>;
            Zero4 = Zero<4>;
            Zero5 = Zero<5>;
            Zero6 = Zero<6>;
            Zero7 = Zero<7>;
            Zero8 = Zero<8>;
            ZeroMany = moves::ZeroMany;
            Return0 = Return0;
            Return32 = Return1<u32, S>;
            Return32Acc = Return1<u32, A>;
            Return32Imm = Return1<u32, I>;
            Return64 = Return1<u64, S>;
            Return64Acc = Return1<u64, A>;
            Return64Imm = Return1<u64, I>;
            ReturnF32 = Return1<f32, S>;
            ReturnF32Acc = Return1<f32, A>;
            ReturnF64 = Return1<f64, S>;
            ReturnF64Acc = Return1<f64, A>;
            ReturnV128 = Return1<V128, S>;
            ReturnSpelt = ReturnMany<Spelt<true>>;
            ReturnConsecutive = ReturnMany<Consecutive>;
            Call0 = Call<Local, Few<0>>;
            Call1 = Call<Local, Few<1>>;
            Call2 = Call<Local, Few<2>>;
            Call3 = Call<Local, Few<3>>;
            CallSpelt = Call<Local, Spelt<false>>;
            CallTagged = Call<Local, Spelt<true>>;
            CallConsecutive = Call<Local, Consecutive>;
            CallImport0 = Call<Import, Few<0>>;
            CallImport1 = Call<Import, Few<1>>;
            CallImport2 = Call<Import, Few<2>>;
            CallImport3 = Call<Import, Few<3>>;
            CallImportSpelt = Call<Import, Spelt<false>>;
            CallImportTagged = Call<Import, Spelt<true>>;
            CallImportConsecutive = Call<Import, Consecutive>;
            CallIndirect0 = Call<Indirect, Few<0>>;
            CallIndirect1 = Call<Indirect, Few<1>>;
            CallIndirect2 = Call<Indirect, Few<2>>;
            CallIndirect3 = Call<Indirect, Few<3>>;
            CallIndirectSpelt = Call<Indirect, Spelt<false>>;
            CallIndirectTagged = Call<Indirect, Spelt<true>>;
            CallIndirectConsecutive = Call<Indirect, Consecutive>;
            TailCallTagged = TailCall<Local, Spelt<true>>;
            TailCallConsecutive = TailCall<Local, Consecutive>;
            TailCallImportTagged = TailCall<Import, Spelt<true>>;
            TailCallImportConsecutive = TailCall<Import, Consecutive>;
            TailCallIndirectTagged = TailCall<Indirect, Spelt<true>>;
            TailCallIndirectConsecutive = TailCall<Indirect, Consecutive>;
            RefFunc = global::RefFunc;
            TableGet = bulk::TableGet;
            TableSet = bulk::TableSet;
            TableSize = bulk::TableSize;
            TableGrow = bulk::TableGrow;
            ElemDrop = bulk::ElemDrop;
            DataDrop = bulk::DataDrop;
            MemorySize = bulk::MemorySize;
            MemoryGrow = bulk::MemoryGrow;
        }
    };
}

macro_rules! define_fixed {
    ($($name:ident = $handler:ty;)*) => {
        /// A handler that belongs to no IR op.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        #[allow(dead_code, reason = "number 0 is never encoded")]
        pub(crate) enum Fixed { $($name),* }
    };
}

for_each_fixed!(define_fixed);

/// Builds a table of handlers, and the numbers at which families start.
pub(crate) struct Builder<F> {
    handlers: [F; MAX],
    len: usize,
    numbers: Numbers,
}

/// Numbers of the first handlers of families, by IR op; 0 where there is none.
pub(crate) struct Numbers {
    /// The op itself.
    pub op: [u16; Op::COUNT],
    /// A branch on a comparison.
    pub branch: [u16; Op::COUNT],
    /// A select on a comparison.
    pub select: [u16; Op::COUNT],
}

/// More than there are handlers.
const MAX: usize = 4096;

impl<F: Copy> Builder<F> {
    const fn new(fill: F) -> Builder<F> {
        let none = [0; Op::COUNT];
        Builder { handlers: [fill; MAX], len: 0, numbers: Numbers { op: none, branch: none, select: none } }
    }

    const fn add(&mut self, family: &[F]) -> u16 {
        if family.is_empty() {
            return 0;
        }
        let first = self.len;
        let mut i = 0;
        while i < family.len() {
            self.handlers[first + i] = family[i];
            i += 1;
        }
        self.len += family.len();
        first as u16
    }

    const fn finish<const N: usize>(&self) -> [F; N] {
        assert!(N == self.len);
        let mut handlers = [self.handlers[0]; N];
        let mut i = 0;
        while i < N {
            handlers[i] = self.handlers[i];
            i += 1;
        }
        handlers
    }
}

/// The Rust type of a class.
macro_rules! class {
    (I32) => {
        u32
    };
    (F32) => {
        f32
    };
    (F64) => {
        f64
    };
    (V128) => {
        V128
    };
    ($other:ident) => {
        u64
    };
}

/// The forms of an op, in the order of the constants above; `$h` makes a handler's table entry.
macro_rules! family {
    // Selects and branches are families of their comparisons.
    ($h:ident select $($rest:tt)*) => { [] };
    ($h:ident unary $name:ident $dst:ident V128 No) => { [$h!(Un<sem::$name, S>)] };
    ($h:ident unary $name:ident $dst:ident $a:ident No) => {
        [$h!(Un<sem::$name, S>), $h!(Un<sem::$name, A>)]
    };
    ($h:ident binary $name:ident V128 $a:ident $b:ident) => { [$h!(Bin<sem::$name, S, S>)] };
    ($h:ident binary $name:ident $dst:ident F32 F32) => { family!($h floats $name) };
    ($h:ident binary $name:ident $dst:ident F64 F64) => { family!($h floats $name) };
    ($h:ident floats $name:ident) => {
        [
            $h!(Bin<sem::$name, S, S>),
            $h!(Bin<sem::$name, S, K>),
            $h!(Bin<sem::$name, K, S>),
            $h!(Bin<sem::$name, A, S>),
            $h!(Bin<sem::$name, S, A>),
            $h!(Bin<sem::$name, A, K>),
        ]
    };
    ($h:ident binary $name:ident $dst:ident $a:ident $b:ident) => {
        [
            $h!(Bin<sem::$name, S, S>),
            $h!(Bin<sem::$name, S, K>),
            $h!(Bin<sem::$name, K, S>),
            $h!(Bin<sem::$name, A, S>),
            $h!(Bin<sem::$name, S, A>),
            $h!(Bin<sem::$name, A, K>),
            $h!(Bin<sem::$name, S, I>),
            $h!(Bin<sem::$name, A, I>),
        ]
    };
    ($h:ident ternary $name:ident $dst:ident $a:ident $b:ident) => { [$h!(vector::Bitselect)] };
    ($h:ident load $name:ident $($rest:tt)*) => {
        [
            $h!(LoadNear<sem::$name, S>),
            $h!(LoadNear<sem::$name, A>),
            $h!(LoadAbs<sem::$name>),
            $h!(LoadWide<sem::$name, false>),
            $h!(LoadWide<sem::$name, true>),
            $h!(LoadOffset<sem::$name, S>),
            $h!(LoadOffset<sem::$name, A>),
        ]
    };
    ($h:ident store $name:ident No Addr V128) => {
        [
            $h!(StoreNear<sem::$name, S, S>),
            $h!(StoreNear<sem::$name, A, S>),
            $h!(StoreAbs<sem::$name, S>),
            $h!(StoreWide<sem::$name, false>),
            $h!(StoreWide<sem::$name, true>),
            $h!(StoreOffset<sem::$name>),
        ]
    };
    ($h:ident store $name:ident No Addr F32) => { family!($h float_stores $name) };
    ($h:ident store $name:ident No Addr F64) => { family!($h float_stores $name) };
    ($h:ident float_stores $name:ident) => {
        [
            $h!(StoreNear<sem::$name, S, S>),
            $h!(StoreNear<sem::$name, A, S>),
            $h!(StoreAbs<sem::$name, S>),
            $h!(StoreWide<sem::$name, false>),
            $h!(StoreWide<sem::$name, true>),
            $h!(StoreOffset<sem::$name>),
            $h!(StoreNear<sem::$name, S, A>),
            $h!(StoreAbs<sem::$name, A>),
        ]
    };
    ($h:ident store $name:ident No Addr $b:ident) => {
        [
            $h!(StoreNear<sem::$name, S, S>),
            $h!(StoreNear<sem::$name, A, S>),
            $h!(StoreAbs<sem::$name, S>),
            $h!(StoreWide<sem::$name, false>),
            $h!(StoreWide<sem::$name, true>),
            $h!(StoreOffset<sem::$name>),
            $h!(StoreNear<sem::$name, S, A>),
            $h!(StoreAbs<sem::$name, A>),
            $h!(StoreNear<sem::$name, S, I>),
            $h!(StoreNear<sem::$name, A, I>),
            $h!(StoreAbs<sem::$name, I>),
        ]
    };
    ($h:ident load_lane $name:ident $($rest:tt)*) => {
        [$h!(LoadLane<sem::$name, false>), $h!(LoadLane<sem::$name, true>)]
    };
    ($h:ident store_lane $name:ident $($rest:tt)*) => {
        [$h!(StoreLane<sem::$name, false>), $h!(StoreLane<sem::$name, true>)]
    };
    ($h:ident extract_lane $name:ident $($rest:tt)*) => { [$h!(ExtractLane<sem::$name>)] };
    ($h:ident replace_lane $name:ident $($rest:tt)*) => { [$h!(ReplaceLane<sem::$name>)] };
    ($h:ident shuffle $name:ident $($rest:tt)*) => { [$h!(vector::Shuffle)] };
    ($h:ident global_get $name:ident $dst:ident $($rest:tt)*) => { [$h!(GlobalGet<class!($dst)>)] };
    ($h:ident global_set $name:ident No V128 No) => { [$h!(GlobalSet<V128, S>)] };
    ($h:ident global_set $name:ident No $a:ident No) => {
        [$h!(GlobalSet<class!($a), S>), $h!(GlobalSet<class!($a), A>)]
    };
    ($h:ident bulk $name:ident $($rest:tt)*) => { [$h!(DoBulk<bulk::$name>)] };
    // The rest is in `Fixed`.
    ($h:ident $shape:ident $($rest:tt)*) => { [] };
}

/// Forms of branches and selects on comparisons.
macro_rules! comparison_families {
    ($h:ident $table:ident integers $($int:ident)*; tests $($test:ident)*; floats $($float:ident)*;) => {
        $(
            $table.numbers.branch[Op::$int as usize] = $table.add(&[
                $h!(If<sem::$int, S, S, false, false>),
                $h!(If<sem::$int, A, S, false, false>),
                $h!(If<sem::$int, S, K, false, false>),
                $h!(If<sem::$int, A, K, false, false>),
                $h!(If<sem::$int, S, I, false, false>),
                $h!(If<sem::$int, A, I, false, false>),
                $h!(If<sem::$int, S, S, false, true>),
                $h!(If<sem::$int, A, S, false, true>),
                $h!(If<sem::$int, S, K, false, true>),
                $h!(If<sem::$int, A, K, false, true>),
                $h!(If<sem::$int, S, I, false, true>),
                $h!(If<sem::$int, A, I, false, true>),
            ]);
            $table.numbers.select[Op::$int as usize] =
                $table.add(&[$h!(Select<sem::$int, S>), $h!(Select<sem::$int, I>)]);
        )*
        $(
            $table.numbers.branch[Op::$test as usize] = $table.add(&[
                $h!(IfTest<sem::$test, S, false>),
                $h!(IfTest<sem::$test, A, false>),
                $h!(IfTest<sem::$test, S, true>),
                $h!(IfTest<sem::$test, A, true>),
            ]);
            $table.numbers.select[Op::$test as usize] = $table.add(&[$h!(SelectTest<sem::$test, S>), $h!(SelectTest<sem::$test, A>)]);
        )*
        $(
            $table.numbers.branch[Op::$float as usize] = $table.add(&[
                $h!(If<sem::$float, S, S, false, false>),
                $h!(If<sem::$float, A, S, false, false>),
                $h!(If<sem::$float, S, K, false, false>),
                $h!(If<sem::$float, A, K, false, false>),
                $h!(If<sem::$float, S, S, true, false>),
                $h!(If<sem::$float, A, S, true, false>),
                $h!(If<sem::$float, S, K, true, false>),
                $h!(If<sem::$float, A, K, true, false>),
                $h!(If<sem::$float, S, S, false, true>),
                $h!(If<sem::$float, A, S, false, true>),
                $h!(If<sem::$float, S, K, false, true>),
                $h!(If<sem::$float, A, K, false, true>),
                $h!(If<sem::$float, S, S, true, true>),
                $h!(If<sem::$float, A, S, true, true>),
                $h!(If<sem::$float, S, K, true, true>),
                $h!(If<sem::$float, A, K, true, true>),
            ]);
            $table.numbers.select[Op::$float as usize] = $table.add(&[$h!(Select<sem::$float, S>)]);
        )*
    };
}

macro_rules! add_fixed {
    ($h:ident $table:ident $($name:ident = $handler:ty;)*) => {
        $table.add(&[$($h!($handler)),*]);
    };
}

/// Builds the table whose entries `$h` makes from handler types: `build_isa! { entry macro; op list }`.
macro_rules! build_isa {
    ($h:ident; $($shape:ident $name:ident $text:literal $dst:ident $a:ident $b:ident $traps:ident;)*) => {{
        let mut table = Builder::new($h!(control::Reserved));
        for_each_fixed!(add_fixed $h table);
        $(table.numbers.op[Op::$name as usize] = table.add(&family!($h $shape $name $dst $a $b));)*
        comparison_families! { $h table
            integers I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
                I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU;
            tests I32Eqz I32Nez I64Eqz I64Nez;
            floats F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge;
        }
        table
    }};
}

macro_rules! nothing {
    ($handler:ty) => {
        ()
    };
}

macro_rules! looped_entry {
    ($handler:ty) => {
        looped::<$handler> as Looped
    };
}

#[cfg(wz_threaded)]
macro_rules! threaded_entry {
    ($handler:ty) => {
        threaded::<$handler> as Threaded
    };
}

macro_rules! empty_isa {
    ($($op:tt)*) => { build_isa! { nothing; $($op)* } };
}

macro_rules! looped_isa {
    ($($op:tt)*) => { build_isa! { looped_entry; $($op)* } };
}

#[cfg(wz_threaded)]
macro_rules! threaded_isa {
    ($($op:tt)*) => { build_isa! { threaded_entry; $($op)* } };
}

const EMPTY: Builder<()> = wz_core::for_each_op!(empty_isa);

/// Number of handlers.
pub(crate) const COUNT: usize = EMPTY.len;

/// Where families start.
pub(crate) static NUMBERS: Numbers = EMPTY.numbers;

/// The handlers for the loop.
pub(crate) static LOOPED: [Looped; COUNT] = {
    const TABLE: Builder<Looped> = wz_core::for_each_op!(looped_isa);
    TABLE.finish()
};

/// The handlers that jump to each other.
#[cfg(wz_threaded)]
pub(crate) static THREADED: [Threaded; COUNT] = {
    const TABLE: Builder<Threaded> = wz_core::for_each_op!(threaded_isa);
    TABLE.finish()
};
