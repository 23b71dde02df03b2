//! What a module's instances start with, found out once for all of them.
//!
//! Where no active segment can fail and none depends on the instance, the memories and tables that a module defines look
//! the same in every new instance: memories are images then, and tables know the functions of their elements. Everything
//! else is done segment by segment, in order, for each instance.

use super::image::Image;
use super::table::{Elements, NO_FUNCTION};
use crate::error::Error;
use crate::module::{ConstExpr, ConstOp, ElementItems, ElementSegment, ImportKind, Module, SegmentMode};
use crate::types::HeapType;
use std::sync::{Arc, OnceLock};

/// What the instances of one module start with; filled when the first one is made.
#[derive(Default)]
pub struct InitialState(OnceLock<(Arc<Module>, Arc<Initial>)>);

impl std::fmt::Debug for InitialState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitialState").field("made", &self.0.get().is_some()).finish()
    }
}

impl InitialState {
    /// What instances of `module` start with.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](crate::ErrorKind::Compile) if the description is not consistent.
    pub(super) fn of(&self, module: &Arc<Module>) -> Result<Arc<Initial>, Error> {
        if let Some((made_of, initial)) = self.0.get()
            && Arc::ptr_eq(made_of, module)
        {
            return Ok(initial.clone());
        }
        let initial = Arc::new(Initial::of(module)?);
        // If it was made meanwhile, by another thread or of another module, that one stays.
        let _ = self.0.set((module.clone(), initial.clone()));
        Ok(initial)
    }
}

/// What the instances of a module start with.
#[derive(Default)]
pub(super) struct Initial {
    /// For each table that the module defines, the functions that its elements are; `None` if the element segments are to
    /// be applied one by one.
    pub(super) tables: Option<Box<[Option<Elements>]>>,
    /// For each memory that the module defines, its contents; `None` if the data segments are to be applied one by one.
    pub(super) memories: Option<Box<[Option<Image>]>>,
    /// Which data segments are active, where there are images.
    pub(super) active_data: Box<[bool]>,
}

impl Initial {
    /// For instances that have nothing in common.
    pub(super) fn one_by_one(module: &Module) -> Result<Initial, Error> {
        check_description(module)?;
        Ok(Initial::default())
    }

    fn of(module: &Module) -> Result<Initial, Error> {
        check_description(module)?;
        let tables = tables(module);
        // Data segments are applied after element segments, if these do not fail.
        let memories = tables.is_some().then(|| memories(module)).flatten();
        let active_data = match &memories {
            Some(_) => module.data.iter().map(|segment| segment.mode != SegmentMode::Passive).collect(),
            None => Box::default(),
        };
        Ok(Initial { tables, memories, active_data })
    }

    /// The image of a memory that the module defines.
    pub(super) fn image(&self, defined: usize) -> Option<&Image> {
        self.memories.as_ref()?.get(defined)?.as_ref()
    }
}

/// The functions that elements of the module's own tables are; `None` if a segment may fail, or has an effect that is not
/// known here.
fn tables(module: &Module) -> Option<Box<[Option<Elements>]>> {
    let mut tables: Vec<Vec<u32>> = vec![Vec::new(); module.table_defs.len()];
    for segment in &module.elements {
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        let defined = target.checked_sub(module.imported_tables)? as usize;
        let def = module.table_defs.get(defined)?;
        let start = constant(offset)?;
        let end = start.checked_add(segment.items.len()).filter(|end| *end as u64 <= def.ty.limits.min)?;
        if def.init.is_some() || def.ty.element.heap != HeapType::Func {
            return None;
        }
        let table = &mut tables[defined];
        if table.len() < end {
            table.resize(end, NO_FUNCTION);
        }
        let place = &mut table[start..end];
        match &segment.items {
            ElementItems::Funcs(funcs) => place.copy_from_slice(funcs),
            ElementItems::Exprs(exprs) => {
                for (place, expr) in place.iter_mut().zip(exprs) {
                    *place = match expr {
                        ConstExpr::One(ConstOp::RefFunc(func)) => *func,
                        ConstExpr::One(ConstOp::RefNull) => NO_FUNCTION,
                        _ => return None,
                    };
                }
            }
        }
    }
    Some(tables.into_iter().map(|funcs| (!funcs.is_empty()).then(|| funcs.into())).collect())
}

/// Images of the module's own memories; `None` if segments are better copied, or may fail.
fn memories(module: &Module) -> Option<Box<[Option<Image>]>> {
    let own = module.memories.get(module.imported_memories as usize..)?;
    let mut segments = vec![Vec::new(); own.len()];
    for segment in module.data.iter() {
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        let defined = target.checked_sub(module.imported_memories)? as usize;
        let ty = own.get(defined)?;
        let start = constant(offset)?;
        let end = start.checked_add(segment.bytes.len())?;
        if !ty.can_be_guarded() || end as u64 > ty.limits.min << ty.page_size_log2 {
            return None;
        }
        segments[defined].push((start, segment.bytes));
    }
    let image = |segments: Vec<(usize, &[u8])>| {
        if segments.is_empty() {
            return Some(None);
        }
        match Image::new(segments.into_iter()) {
            Ok(image) => image.map(Some),
            Err(error) => {
                tracing::debug!(%error, "no image of a memory: its segments are copied");
                None
            }
        }
    };
    segments.into_iter().map(image).collect()
}

fn constant(expr: &ConstExpr) -> Option<usize> {
    match expr {
        ConstExpr::One(ConstOp::Value(value)) => usize::try_from(*value).ok(),
        _ => None,
    }
}

/// Checks that a description is consistent as far as memory safety depends on it.
fn check_description(module: &Module) -> Result<(), Error> {
    let (mut funcs, mut tables, mut memories, mut globals) = (0, 0, 0, 0);
    for import in &module.imports {
        *match import.kind {
            ImportKind::Func(_) => &mut funcs,
            ImportKind::Table(_) => &mut tables,
            ImportKind::Memory(_) => &mut memories,
            ImportKind::Global(_) => &mut globals,
        } += 1;
    }
    let table_fits = |of: &ElementSegment| match of.mode {
        SegmentMode::Active { target, .. } => {
            module.tables.get(target as usize).is_some_and(|table| table.element.heap == of.ty.heap)
        }
        _ => true,
    };
    let consistent = (funcs, tables, memories, globals)
        == (module.imported_funcs, module.imported_tables, module.imported_memories, module.imported_globals)
        && module.funcs.len() >= funcs as usize
        && module.tables.len() == tables as usize + module.table_defs.len()
        && module.memories.len() >= memories as usize
        && module.globals.len() == globals as usize + module.global_defs.len()
        && module.elements.iter().all(table_fits)
        && module.data.iter().all(|segment| match segment.mode {
            SegmentMode::Active { target, .. } => (target as usize) < module.memories.len(),
            _ => true,
        });
    if consistent { Ok(()) } else { Err(Error::compile("inconsistent module description", None)) }
}
