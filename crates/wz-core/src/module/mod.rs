//! The description of a module: everything but its code.
//!
//! Source: WebAssembly specification, section 2.5 "Modules".

use crate::features::Features;
use crate::types::{ExternType, FuncType, GlobalType, MemoryType, RefType, TableType};

mod data;

pub use data::{DataSegment, DataSegments};

/// An imported item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// Name of the module that provides it.
    pub module: Box<str>,
    /// Its name there.
    pub name: Box<str>,
    /// What it must be.
    pub kind: ImportKind,
}

/// What an import must be. Function types are indices into [`Module::types`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportKind {
    /// A function of the type with this index.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

/// An index into one of a module's index spaces, imports first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternIndex {
    /// Function index.
    Func(u32),
    /// Table index.
    Table(u32),
    /// Memory index.
    Memory(u32),
    /// Global index.
    Global(u32),
}

/// An exported item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub index: ExternIndex,
}

/// One operator of a constant expression, in the order of evaluation on an operand stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstOp {
    /// Pushes an i32, i64, f32 or f64 as its bits (32-bit ones zero-extended).
    Value(u64),
    /// Pushes a vector, low half first.
    V128([u64; 2]),
    /// Pushes a null reference.
    RefNull,
    /// Pushes a reference to the function with this index.
    RefFunc(u32),
    /// Pushes the value of the global with this index.
    GlobalGet(u32),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
}

/// A constant expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConstExpr {
    /// One operator, the usual case.
    One(ConstOp),
    /// Several, as extended constant expressions allow.
    Many(Box<[ConstOp]>),
}

impl ConstExpr {
    /// The operators in order of evaluation.
    pub fn ops(&self) -> &[ConstOp] {
        match self {
            ConstExpr::One(op) => std::slice::from_ref(op),
            ConstExpr::Many(ops) => ops,
        }
    }
}

/// A global that the module defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GlobalDef {
    /// Its type.
    pub ty: GlobalType,
    /// Its initial value.
    pub init: ConstExpr,
}

/// A table that the module defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableDef {
    /// Its type.
    pub ty: TableType,
    /// The initial value of its elements; null where absent.
    pub init: Option<ConstExpr>,
}

/// When a segment is applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SegmentMode {
    /// By `memory.init` or `table.init` only.
    Passive,
    /// At instantiation, to the memory or table with this index, at this offset.
    Active {
        /// Memory or table index.
        target: u32,
        /// First byte or element.
        offset: ConstExpr,
    },
    /// Never: an element segment that only declares functions as referenced.
    Declared,
}

/// The items of an element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElementItems {
    /// Function indices.
    Funcs(Box<[u32]>),
    /// Constant expressions.
    Exprs(Box<[ConstExpr]>),
}

impl ElementItems {
    /// Number of items.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Funcs(f) => f.len(),
            ElementItems::Exprs(e) => e.len(),
        }
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An element segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ElementSegment {
    /// When it is applied.
    pub mode: SegmentMode,
    /// The type of its items.
    pub ty: RefType,
    /// Its items.
    pub items: ElementItems,
}

/// A custom section that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomSection {
    /// Its name.
    pub name: Box<str>,
    /// Its contents.
    pub data: Box<[u8]>,
}

/// Names from the name section, as far as they are used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// Name of the module.
    pub module: Option<Box<str>>,
    /// Function names, sorted by function index.
    pub functions: Vec<(u32, Box<str>)>,
}

/// The description of a validated module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Function types, by type index.
    pub types: Vec<FuncType>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Type index of every function, imports first.
    pub funcs: Vec<u32>,
    /// Type of every table, imports first.
    pub tables: Vec<TableType>,
    /// Type of every memory, imports first.
    pub memories: Vec<MemoryType>,
    /// Type of every global, imports first.
    pub globals: Vec<GlobalType>,
    /// How many of [`Module::funcs`] are imported.
    pub imported_funcs: u32,
    /// How many of [`Module::tables`] are imported.
    pub imported_tables: u32,
    /// How many of [`Module::memories`] are imported.
    pub imported_memories: u32,
    /// How many of [`Module::globals`] are imported.
    pub imported_globals: u32,
    /// Initial values of the tables that the module defines.
    pub table_defs: Vec<TableDef>,
    /// The globals that the module defines.
    pub global_defs: Vec<GlobalDef>,
    /// Exports, in order.
    pub exports: Vec<Export>,
    /// Start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: DataSegments,
    /// Names.
    pub names: Names,
    /// Custom sections, where the configuration keeps them.
    pub custom_sections: Vec<CustomSection>,
    /// The proposals under which it was validated.
    pub features: Features,
    /// Offset of the code section's contents in the binary: debug information counts from there.
    pub code_section_start: u64,
    /// Length of the code section in bytes.
    pub code_section_len: usize,
}

impl Module {
    /// The type of the function with this index, if there is one.
    pub fn func_type(&self, func: u32) -> Option<&FuncType> {
        self.types.get(*self.funcs.get(func as usize)? as usize)
    }

    /// How many functions the module defines.
    pub fn defined_funcs(&self) -> u32 {
        self.funcs.len() as u32 - self.imported_funcs
    }

    /// The name of a function from the name section, or else of its first export.
    pub fn func_name(&self, func: u32) -> Option<&str> {
        if let Ok(i) = self.names.functions.binary_search_by_key(&func, |(index, _)| *index) {
            return Some(&self.names.functions[i].1);
        }
        self.exports.iter().find(|e| e.index == ExternIndex::Func(func)).map(|e| &*e.name)
    }

    /// The export called `name`.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|e| &*e.name == name)
    }

    /// The type of an item; `None` if the index is out of range.
    pub fn extern_type(&self, index: ExternIndex) -> Option<ExternType> {
        Some(match index {
            ExternIndex::Func(i) => ExternType::Func(self.func_type(i)?.clone()),
            ExternIndex::Table(i) => ExternType::Table(*self.tables.get(i as usize)?),
            ExternIndex::Memory(i) => ExternType::Memory(*self.memories.get(i as usize)?),
            ExternIndex::Global(i) => ExternType::Global(*self.globals.get(i as usize)?),
        })
    }

    /// The type that an import must have; `None` if its type index is out of range.
    pub fn import_type(&self, import: &Import) -> Option<ExternType> {
        Some(match import.kind {
            ImportKind::Func(ty) => ExternType::Func(self.types.get(ty as usize)?.clone()),
            ImportKind::Table(t) => ExternType::Table(t),
            ImportKind::Memory(t) => ExternType::Memory(t),
            ImportKind::Global(t) => ExternType::Global(t),
        })
    }
}
