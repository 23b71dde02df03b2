//! The module's types as lowering needs them: classes in one array, and how many slots they take.

use wz_core::module::Module;
use wz_core::types::{Class, FuncType, ValType};

/// Numbers of values and of slots that a list of types takes.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Slots {
    pub(super) values: u32,
    pub(super) data: u32,
    pub(super) refs: u32,
}

impl Slots {
    fn of(types: &[ValType]) -> Slots {
        let mut slots = Slots { values: types.len() as u32, data: 0, refs: 0 };
        for ty in types {
            if ty.is_ref() { slots.refs += 1 } else { slots.data += ty.slots() as u32 }
        }
        slots
    }
}

/// [`Slots`] of a function type.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct TypeSlots {
    pub(super) params: Slots,
    pub(super) results: Slots,
}

/// What lowering needs of a module.
#[derive(Default)]
pub(super) struct Signatures {
    types: Vec<(TypeSlots, usize)>,
    /// Classes of all types' parameters and results.
    classes: Vec<Class>,
    funcs: Vec<u32>,
    globals: Vec<Class>,
}

impl Signatures {
    pub(super) fn start_module(&mut self, module: &Module) {
        self.types.clear();
        self.classes.clear();
        for ty in &module.types {
            self.add(ty);
        }
        self.funcs.clone_from(&module.funcs);
        self.globals.clear();
        self.globals.extend(module.globals.iter().map(|g| g.content.class()));
    }

    fn add(&mut self, ty: &FuncType) {
        let slots = TypeSlots { params: Slots::of(ty.params()), results: Slots::of(ty.results()) };
        self.types.push((slots, self.classes.len()));
        self.classes.extend(ty.params().iter().chain(ty.results()).map(|t| t.class()));
    }

    /// The type of a function.
    #[inline]
    pub(super) fn of_func(&self, func: u32) -> Option<u32> {
        self.funcs.get(func as usize).copied()
    }

    /// The class of a global.
    #[inline]
    pub(super) fn global(&self, global: u32) -> Option<Class> {
        self.globals.get(global as usize).copied()
    }

    /// What a type's values take.
    #[inline]
    pub(super) fn slots(&self, ty: u32) -> TypeSlots {
        self.types.get(ty as usize).map(|(slots, _)| *slots).unwrap_or_default()
    }

    /// Number of a type's parameters or results.
    pub(super) fn count(&self, ty: u32, params: bool) -> u32 {
        let slots = self.slots(ty);
        if params { slots.params.values } else { slots.results.values }
    }

    /// The class of parameter or result `n` of a type.
    pub(super) fn class(&self, ty: u32, params: bool, n: u32) -> Class {
        let Some((slots, start)) = self.types.get(ty as usize) else { return Class::No };
        let skip = if params { 0 } else { slots.params.values as usize };
        self.classes.get(start + skip + n as usize).copied().unwrap_or(Class::No)
    }
}
