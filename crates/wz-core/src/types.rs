//! WebAssembly types, in the specification's terms.
//!
//! Source: WebAssembly specification, section 2.3 "Types".

use std::fmt;

/// What a reference points to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum HeapType {
    /// A function.
    Func,
    /// A value of the host, opaque to the guest.
    Extern,
}

/// A reference type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefType {
    /// Whether null is a value of this type.
    pub nullable: bool,
    /// What the reference points to.
    pub heap: HeapType,
}

impl RefType {
    /// `funcref`: a nullable reference to a function.
    pub const FUNCREF: RefType = RefType { nullable: true, heap: HeapType::Func };
    /// `externref`: a nullable reference to a host value.
    pub const EXTERNREF: RefType = RefType { nullable: true, heap: HeapType::Extern };
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::Func) => f.write_str("funcref"),
            (true, HeapType::Extern) => f.write_str("externref"),
            (false, HeapType::Func) => f.write_str("(ref func)"),
            (false, HeapType::Extern) => f.write_str("(ref extern)"),
        }
    }
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit IEEE 754 float.
    F32,
    /// 64-bit IEEE 754 float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference.
    Ref(RefType),
}

impl ValType {
    /// `funcref`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `externref`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

    /// The class of register or slot that holds a value of this type.
    #[inline]
    pub fn class(self) -> Class {
        match self {
            ValType::I32 => Class::I32,
            ValType::I64 => Class::I64,
            ValType::F32 => Class::F32,
            ValType::F64 => Class::F64,
            ValType::V128 => Class::V128,
            ValType::Ref(_) => Class::Ref,
        }
    }

    /// How many 64-bit slots a value of this type takes in a frame, an argument or a result array.
    #[inline]
    pub fn slots(self) -> usize {
        if self == ValType::V128 { 2 } else { 1 }
    }

    /// Whether this is a reference type.
    #[inline]
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(r) => r.fmt(f),
        }
    }
}

/// The class of an IR operand: which kind of register holds it and how wide it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// No operand in this position.
    No,
    /// 32-bit integer, zero-extended to its slot.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float; the slot's upper half is zero.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector, two consecutive slots.
    V128,
    /// Reference: a function reference's address or a heap index, null is 0.
    Ref,
    /// A memory's or table's index type: [`Class::I32`] or [`Class::I64`].
    Addr,
}

/// A function type.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FuncType {
    types: Box<[ValType]>,
    params: usize,
}

impl FuncType {
    /// A function type of the given parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = types.len();
        types.extend(results);
        FuncType { types: types.into(), params }
    }

    /// Parameter types, in order.
    #[inline]
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params]
    }

    /// Result types, in order.
    #[inline]
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params..]
    }

    /// 64-bit slots that all parameters take.
    pub fn param_slots(&self) -> usize {
        self.params().iter().map(|t| t.slots()).sum()
    }

    /// 64-bit slots that all results take.
    pub fn result_slots(&self) -> usize {
        self.results().iter().map(|t| t.slots()).sum()
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("(")?;
            for (i, t) in types.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                t.fmt(f)?;
            }
            f.write_str(")")
        };
        list(f, self.params())?;
        f.write_str(" -> ")?;
        list(f, self.results())
    }
}

/// Size limits of a memory (in pages) or of a table (in elements).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Initial and least size.
    pub min: u64,
    /// Greatest size, if declared.
    pub max: Option<u64>,
}

/// A memory type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType {
    /// Size in pages.
    pub limits: Limits,
    /// Shared between threads.
    pub shared: bool,
    /// Addresses are 64-bit.
    pub memory64: bool,
    /// Base-2 logarithm of the page size in bytes; 16 unless the module says otherwise.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// An unshared 32-bit memory with 64 KiB pages.
    pub fn new(min: u64, max: Option<u64>) -> MemoryType {
        MemoryType { limits: Limits { min, max }, shared: false, memory64: false, page_size_log2: 16 }
    }

    /// Page size in bytes.
    pub fn page_size(&self) -> u64 {
        1 << self.page_size_log2
    }

    /// Whether address space can be reserved for all that its index type can address, so that its bounds need no
    /// checks.
    pub fn can_be_guarded(&self) -> bool {
        !self.shared && !self.memory64 && self.page_size_log2 == 16
    }

    /// The greatest number of pages that this type's index type can address.
    pub fn index_limit_pages(&self) -> u64 {
        let address_bits = if self.memory64 { 64 } else { 32 };
        let shift = address_bits - u32::from(self.page_size_log2);
        if shift >= 64 { u64::MAX } else { 1 << shift }
    }

    /// The greatest number of pages that a memory of this type may ever have.
    pub fn max_pages(&self) -> u64 {
        self.limits.max.unwrap_or(u64::MAX).min(self.index_limit_pages())
    }
}

/// A table type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    /// Element type.
    pub element: RefType,
    /// Size in elements.
    pub limits: Limits,
    /// Indices are 64-bit.
    pub table64: bool,
}

/// A global type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether the value can be set.
    pub mutable: bool,
}

/// The type of an import or export.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")?;
        if self.memory64 {
            f.write_str(" i64")?;
        }
        write!(f, " {}", self.limits.min)?;
        if let Some(max) = self.limits.max {
            write!(f, " {max}")?;
        }
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.page_size_log2 != 16 {
            write!(f, " (pagesize {})", self.page_size())?;
        }
        Ok(())
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("table")?;
        if self.table64 {
            f.write_str(" i64")?;
        }
        write!(f, " {}", self.limits.min)?;
        if let Some(max) = self.limits.max {
            write!(f, " {max}")?;
        }
        write!(f, " {}", self.element)
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mutable {
            write!(f, "global (mut {})", self.content)
        } else {
            write!(f, "global {}", self.content)
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(t) => write!(f, "func {t}"),
            ExternType::Table(t) => t.fmt(f),
            ExternType::Memory(t) => t.fmt(f),
            ExternType::Global(t) => t.fmt(f),
        }
    }
}
