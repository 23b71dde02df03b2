//! Every section but the code: validated by wasmparser, then read into the module's description.

use crate::error::{from_section, from_wasmparser};
use crate::{DecodeConfig, const_expr, types};
use wasmparser::{
    CompositeInnerType, CustomSectionReader, DataKind, ElementItems as Items, ElementKind, Encoding,
    ExternalKind, FromReader, KnownCustom, Name, Payload, SectionLimited, TableInit, TypeRef, Validator,
};
use wz_core::Error;
use wz_core::module::{
    ConstExpr, ConstOp, CustomSection, DataSegments, ElementItems, ElementSegment, Export, ExternIndex,
    GlobalDef, Import, ImportKind, Module, Names, SegmentMode, TableDef,
};

/// The sections of DWARF that it takes to find source lines.
const DEBUG_SECTIONS: [&str; 10] = [
    ".debug_abbrev",
    ".debug_addr",
    ".debug_aranges",
    ".debug_info",
    ".debug_line",
    ".debug_line_str",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_str",
    ".debug_str_offsets",
];

/// Reads one section that is not code.
pub(crate) fn read(
    module: &mut Module,
    validator: &mut Validator,
    payload: Payload<'_>,
    config: &DecodeConfig,
) -> Result<(), Error> {
    let failed = |error| from_section(error, config.features);
    check_count(&payload)?;
    match payload {
        Payload::Version { num, encoding, range } => {
            if encoding == Encoding::Component {
                return Err(Error::compile(
                    "this is a component, not a module: components are not supported",
                    Some(4),
                ));
            }
            validator.version(num, encoding, &range).map_err(failed)
        }
        Payload::TypeSection(section) => {
            validator.type_section(&section).map_err(failed)?;
            for group in section {
                for ty in group.map_err(from_wasmparser)?.into_types() {
                    match &ty.composite_type.inner {
                        CompositeInnerType::Func(f) => module.types.push(types::func_type(f)?),
                        other => return Err(Error::compile(format!("type {other} is not supported"), None)),
                    }
                }
            }
            Ok(())
        }
        Payload::ImportSection(section) => {
            validator.import_section(&section).map_err(failed)?;
            for import in section.into_imports() {
                add_import(module, &import.map_err(from_wasmparser)?)?;
            }
            Ok(())
        }
        Payload::FunctionSection(section) => {
            validator.function_section(&section).map_err(failed)?;
            module.funcs.reserve_exact(section.count() as usize);
            each(section, |ty| {
                module.funcs.push(ty);
                Ok(())
            })
        }
        Payload::TableSection(section) => {
            validator.table_section(&section).map_err(failed)?;
            each(section, |table| {
                let ty = types::table_type(table.ty)?;
                let init = match &table.init {
                    TableInit::RefNull => None,
                    TableInit::Expr(expr) => Some(const_expr::read(expr)?),
                };
                module.tables.push(ty);
                module.table_defs.push(TableDef { ty, init });
                Ok(())
            })
        }
        Payload::MemorySection(section) => {
            validator.memory_section(&section).map_err(failed)?;
            each(section, |ty| {
                module.memories.push(types::memory_type(ty));
                Ok(())
            })
        }
        Payload::GlobalSection(section) => {
            validator.global_section(&section).map_err(failed)?;
            module.globals.reserve_exact(section.count() as usize);
            module.global_defs.reserve_exact(section.count() as usize);
            each(section, |global| {
                let ty = types::global_type(global.ty)?;
                module.globals.push(ty);
                module.global_defs.push(GlobalDef { ty, init: const_expr::read(&global.init_expr)? });
                Ok(())
            })
        }
        Payload::ExportSection(section) => {
            validator.export_section(&section).map_err(failed)?;
            module.exports.reserve_exact(section.count() as usize);
            each(section, |export| {
                let index = match export.kind {
                    ExternalKind::Func => ExternIndex::Func(export.index),
                    ExternalKind::Table => ExternIndex::Table(export.index),
                    ExternalKind::Memory => ExternIndex::Memory(export.index),
                    ExternalKind::Global => ExternIndex::Global(export.index),
                    kind => {
                        return Err(Error::compile(format!("export of a {kind:?} is not supported"), None));
                    }
                };
                module.exports.push(Export { name: export.name.into(), index });
                Ok(())
            })
        }
        Payload::StartSection { func, range } => {
            validator.start_section(func, &range).map_err(failed)?;
            module.start = Some(func);
            Ok(())
        }
        Payload::ElementSection(section) => {
            validator.element_section(&section).map_err(failed)?;
            each(section, |element| {
                module.elements.push(element_segment(element)?);
                Ok(())
            })
        }
        Payload::DataCountSection { count, range } => {
            validator.data_count_section(count, &range).map_err(failed)?;
            // The code that refers to them comes before their contents.
            module.data = DataSegments::placeholders(count);
            Ok(())
        }
        Payload::DataSection(section) => {
            validator.data_section(&section).map_err(failed)?;
            // There can be a hundred thousand: they are not counted up for the exact number of bytes.
            let range = section.range();
            module.data = DataSegments::default();
            module.data.reserve_exact(section.count() as usize, (range.end - range.start) as usize);
            each(section, |data| {
                let mode = match &data.kind {
                    DataKind::Passive => SegmentMode::Passive,
                    DataKind::Active { memory_index, offset_expr } => {
                        SegmentMode::Active { target: *memory_index, offset: const_expr::read(offset_expr)? }
                    }
                };
                module.data.push(mode, data.data)
            })
        }
        Payload::CustomSection(section) => {
            let wanted = config.debug_info && DEBUG_SECTIONS.contains(&section.name());
            if config.custom_sections || wanted {
                module
                    .custom_sections
                    .push(CustomSection { name: section.name().into(), data: section.data().into() });
            }
            read_names(&mut module.names, &section);
            Ok(())
        }
        Payload::TagSection(section) => validator.tag_section(&section).map_err(failed),
        Payload::UnknownSection { id, range, .. } => validator.unknown_section(id, &range).map_err(failed),
        other => validator.payload(&other).map(|_| ()).map_err(failed),
    }
}

fn each<'a, T: FromReader<'a>>(
    section: SectionLimited<'a, T>,
    mut read: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    section.into_iter().try_for_each(|item| read(item.map_err(from_wasmparser)?))
}

fn add_import(module: &mut Module, import: &wasmparser::Import<'_>) -> Result<(), Error> {
    let kind = match import.ty {
        TypeRef::Func(ty) => {
            module.imported_funcs += 1;
            module.funcs.push(ty);
            ImportKind::Func(ty)
        }
        TypeRef::Table(ty) => {
            let ty = types::table_type(ty)?;
            module.imported_tables += 1;
            module.tables.push(ty);
            ImportKind::Table(ty)
        }
        TypeRef::Memory(ty) => {
            let ty = types::memory_type(ty);
            module.imported_memories += 1;
            module.memories.push(ty);
            ImportKind::Memory(ty)
        }
        TypeRef::Global(ty) => {
            let ty = types::global_type(ty)?;
            module.imported_globals += 1;
            module.globals.push(ty);
            ImportKind::Global(ty)
        }
        other => return Err(Error::compile(format!("import of {other:?} is not supported"), None)),
    };
    module.imports.push(Import { module: import.module.into(), name: import.name.into(), kind });
    Ok(())
}

fn element_segment(element: wasmparser::Element<'_>) -> Result<ElementSegment, Error> {
    let mode = match &element.kind {
        ElementKind::Passive => SegmentMode::Passive,
        ElementKind::Declared => SegmentMode::Declared,
        ElementKind::Active { table_index, offset_expr } => {
            SegmentMode::Active { target: table_index.unwrap_or(0), offset: const_expr::read(offset_expr)? }
        }
    };
    let (ty, items) = match element.items {
        Items::Functions(funcs) => {
            let funcs = funcs.into_iter().collect::<Result<Box<[u32]>, _>>().map_err(from_wasmparser)?;
            (wz_core::types::RefType::FUNCREF, ElementItems::Funcs(funcs))
        }
        Items::Expressions(ty, exprs) => (types::ref_type(ty)?, expressions(exprs)?),
    };
    Ok(ElementSegment { mode, ty, items })
}

/// Refuses a section that claims to hold more items than it has bytes. Validation would reserve room for all of them
/// before it reads the first.
fn check_count(payload: &Payload<'_>) -> Result<(), Error> {
    fn check<T>(section: &SectionLimited<'_, T>) -> Result<(), Error> {
        let (count, range) = (u64::from(section.count()), section.range());
        if count <= range.end - range.start {
            return Ok(());
        }
        Err(Error::compile(format!("unexpected end of a section of {count} items"), Some(range.end)))
    }
    match payload {
        Payload::TypeSection(section) => check(section),
        Payload::ImportSection(section) => check(section),
        Payload::FunctionSection(section) => check(section),
        Payload::TableSection(section) => check(section),
        Payload::MemorySection(section) => check(section),
        Payload::GlobalSection(section) => check(section),
        Payload::ExportSection(section) => check(section),
        Payload::ElementSection(section) => check(section),
        Payload::DataSection(section) => check(section),
        _ => Ok(()),
    }
}

/// Element expressions; those that only name functions are kept as indices.
fn expressions(exprs: SectionLimited<'_, wasmparser::ConstExpr<'_>>) -> Result<ElementItems, Error> {
    let mut funcs = Vec::with_capacity(exprs.count() as usize);
    let mut items = Vec::new();
    each(exprs, |expr| {
        let item = const_expr::read(&expr)?;
        match item {
            ConstExpr::One(ConstOp::RefFunc(func)) if items.is_empty() => funcs.push(func),
            _ => {
                let named = funcs.drain(..).map(|func| ConstExpr::One(ConstOp::RefFunc(func)));
                items.extend(named);
                items.push(item);
            }
        }
        Ok(())
    })?;
    Ok(if items.is_empty() { ElementItems::Funcs(funcs.into()) } else { ElementItems::Exprs(items.into()) })
}

/// Reads the name section as far as it can be read: a bad one is no error (specification, appendix "Custom Sections").
fn read_names(names: &mut Names, section: &CustomSectionReader<'_>) {
    let KnownCustom::Name(subsections) = section.as_known() else { return };
    for subsection in subsections {
        match subsection {
            Ok(Name::Module { name, .. }) => names.module = Some(name.into()),
            Ok(Name::Function(map)) => {
                for naming in map {
                    let Ok(naming) = naming else { break };
                    names.functions.push((naming.index, naming.name.into()));
                }
                names.functions.sort_by_key(|(index, _)| *index);
                names.functions.dedup_by_key(|(index, _)| *index);
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
}
