//! Matching of imports.
//!
//! Source: WebAssembly specification, section 3.4.8 "Import matching" and 4.5.3 "Instantiation".

use super::{Extern, InstanceId, Store};
use crate::error::Error;
use crate::module::{ExternIndex, Import, ImportKind, Module};
use crate::types::{ExternType, GlobalType, Limits, RefType, ValType};
use std::collections::HashMap;

impl Store {
    /// The items that a module imports, looked up by the names of instances and of their exports.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`](crate::ErrorKind::Link) with a line for each import that is missing or of another type.
    pub fn resolve_imports(&self, module: &Module) -> Result<Vec<Extern>, Error> {
        let mut items = Vec::with_capacity(module.imports.len());
        let mut problems = Problems::default();
        let mut providers: HashMap<&str, Provider<'_>> = HashMap::new();
        for import in &module.imports {
            let provider = providers.entry(&import.module).or_insert_with(|| {
                let id = self.lookup(&import.module);
                let module = id.and_then(|id| self.slot(id.index())).map(|instance| &*instance.module);
                Provider { instance: id.zip(module), lookups: 0, exports: None }
            });
            let item = provider.export(&import.name);
            match item {
                Some(item) => {
                    problems.check(self, module, import, item)?;
                    items.push(item);
                }
                None => problems.add(format!("unknown import: {}", describe(module, import))),
            }
        }
        problems.finish()?;
        Ok(items)
    }

    /// Checks items against a module's imports.
    pub(super) fn check_imports(&self, module: &Module, items: &[Extern]) -> Result<(), Error> {
        let mut problems = Problems::default();
        for (import, item) in module.imports.iter().zip(items) {
            problems.check(self, module, import, *item)?;
        }
        for import in module.imports.iter().skip(items.len()) {
            problems.add(format!("unknown import: {}", describe(module, import)));
        }
        problems.finish()
    }
}

/// A module that imports are taken from.
struct Provider<'a> {
    instance: Option<(InstanceId, &'a Module)>,
    lookups: u32,
    /// The exports by name, once it pays: a search for each of many imports would be quadratic.
    exports: Option<HashMap<&'a str, ExternIndex>>,
}

impl Provider<'_> {
    const SEARCHES: u32 = 8;

    fn export(&mut self, name: &str) -> Option<Extern> {
        let (instance, module) = self.instance?;
        self.lookups += 1;
        let index = if self.lookups <= Provider::SEARCHES {
            module.export(name)?.index
        } else {
            let by_name = || module.exports.iter().map(|export| (&*export.name, export.index)).collect();
            *self.exports.get_or_insert_with(by_name).get(name)?
        };
        Some(Extern { instance, index })
    }
}

/// A line for each import that cannot be satisfied.
#[derive(Default)]
struct Problems(String);

impl Problems {
    fn add(&mut self, line: String) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&line);
    }

    fn check(&mut self, store: &Store, module: &Module, import: &Import, item: Extern) -> Result<(), Error> {
        let matches = match import.kind {
            // The usual case, without a copy of the type.
            ImportKind::Func(ty) if matches!(item.index, ExternIndex::Func(_)) => {
                Some(store.func_type(item)?) == module.types.get(ty as usize)
            }
            kind => import_matches(kind, &store.extern_type(item)?),
        };
        if !matches {
            let found = store.extern_type(item)?;
            self.add(format!("incompatible import type: {}, found {found}", describe(module, import)));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::link(self.0)) }
    }
}

fn describe(module: &Module, import: &Import) -> String {
    let ty = module.import_type(import).map(|ty| ty.to_string()).unwrap_or_default();
    format!("{:?}.{:?} of type {ty}", import.module, import.name)
}

/// Whether an item that is not a function can be imported as `kind`.
fn import_matches(kind: ImportKind, found: &ExternType) -> bool {
    match (kind, found) {
        (ImportKind::Table(wanted), ExternType::Table(found)) => {
            wanted.element == found.element
                && wanted.table64 == found.table64
                && limits_match(wanted.limits, found.limits)
        }
        (ImportKind::Memory(wanted), ExternType::Memory(found)) => {
            wanted.shared == found.shared
                && wanted.memory64 == found.memory64
                && wanted.page_size_log2 == found.page_size_log2
                && limits_match(wanted.limits, found.limits)
        }
        (ImportKind::Global(wanted), ExternType::Global(found)) => global_matches(wanted, *found),
        _ => false,
    }
}

/// Whether a memory or table with limits `found`, whose minimum is its current size, is at least as large and at most
/// as growable as `wanted`.
fn limits_match(wanted: Limits, found: Limits) -> bool {
    let bounded = match (wanted.max, found.max) {
        (None, _) => true,
        (Some(wanted), Some(found)) => found <= wanted,
        (Some(_), None) => false,
    };
    found.min >= wanted.min && bounded
}

fn global_matches(wanted: GlobalType, found: GlobalType) -> bool {
    // Nobody writes through an immutable global, so its value's type may be a subtype.
    wanted.mutable == found.mutable
        && (wanted.content == found.content
            || !wanted.mutable && is_proper_subtype(found.content, wanted.content))
}

fn is_proper_subtype(sub: ValType, of: ValType) -> bool {
    match (sub, of) {
        (ValType::Ref(sub), ValType::Ref(of)) => sub == RefType { nullable: false, ..of } && of.nullable,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{MemoryType, TableType};

    fn limits(min: u64, max: Option<u64>) -> Limits {
        Limits { min, max }
    }

    #[test]
    fn limits_are_matched_with_the_current_size() {
        for (wanted, found, expected) in [
            (limits(1, None), limits(1, None), true),
            (limits(1, None), limits(5, Some(9)), true),
            (limits(2, None), limits(1, None), false),
            (limits(1, Some(9)), limits(1, None), false),
            (limits(1, Some(9)), limits(1, Some(9)), true),
            (limits(1, Some(9)), limits(9, Some(9)), true),
            (limits(1, Some(8)), limits(1, Some(9)), false),
        ] {
            assert_eq!(limits_match(wanted, found), expected, "{wanted:?} {found:?}");
        }
    }

    #[test]
    fn memories_and_tables_match_only_their_own_kind() {
        let memory = MemoryType::new(1, None);
        let kinds = [
            ImportKind::Memory(memory),
            ImportKind::Memory(MemoryType { shared: true, ..memory }),
            ImportKind::Memory(MemoryType { memory64: true, ..memory }),
            ImportKind::Memory(MemoryType { page_size_log2: 0, ..memory }),
        ];
        let found = ExternType::Memory(memory);
        assert_eq!(kinds.map(|kind| import_matches(kind, &found)), [true, false, false, false]);

        let table = TableType { element: RefType::FUNCREF, limits: limits(1, None), table64: false };
        let externs = TableType { element: RefType::EXTERNREF, ..table };
        assert!(import_matches(ImportKind::Table(table), &ExternType::Table(table)));
        assert!(!import_matches(ImportKind::Table(table), &ExternType::Table(externs)));
        assert!(!import_matches(ImportKind::Table(table), &found));
        assert!(!import_matches(ImportKind::Func(0), &found));
    }

    #[test]
    fn globals_match_by_mutability_and_type() {
        let global = |content, mutable| GlobalType { content, mutable };
        let non_null = ValType::Ref(RefType { nullable: false, ..RefType::FUNCREF });
        for (wanted, found, expected) in [
            (global(ValType::I32, false), global(ValType::I32, false), true),
            (global(ValType::I32, false), global(ValType::I32, true), false),
            (global(ValType::I32, true), global(ValType::I32, true), true),
            (global(ValType::I32, false), global(ValType::I64, false), false),
            (global(ValType::FUNCREF, false), global(non_null, false), true),
            (global(ValType::FUNCREF, true), global(non_null, true), false),
            (global(non_null, false), global(ValType::FUNCREF, false), false),
            (global(ValType::EXTERNREF, false), global(non_null, false), false),
        ] {
            assert_eq!(global_matches(wanted, found), expected, "{wanted:?} {found:?}");
        }
    }
}
