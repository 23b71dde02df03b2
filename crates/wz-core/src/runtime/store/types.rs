//! Function types: one id for each that a store has met, so that code compares numbers.

use crate::error::Error;
use crate::module::Module;
use crate::runtime::vm::Arity;
use crate::types::{FuncType, ValType};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// What calls need to know of a function type.
pub(super) struct TypeInfo {
    pub(super) ty: Arc<FuncType>,
    /// Slots that arguments and results take, whichever are more.
    pub(super) slots: usize,
    /// Which of the first 64 slots hold 32-bit arguments.
    pub(super) narrow: u64,
    /// Whether parameters are references.
    pub(super) ref_params: bool,
    pub(super) arity: Arity,
}

/// The function types of a store. Ids count from 1 and are never reused.
pub(super) struct TypeRegistry {
    ids: HashMap<Arc<FuncType>, u32>,
    types: Vec<TypeInfo>,
    /// The ids of each module's types, by the module's address; the weak reference keeps the address from being
    /// another module's.
    modules: HashMap<usize, (Weak<Module>, Arc<[u32]>)>,
    /// Number of modules at which those that are gone are forgotten.
    forget_at: usize,
}

const FORGET_AT_LEAST: usize = 64;

impl TypeRegistry {
    pub(super) fn new() -> TypeRegistry {
        TypeRegistry {
            ids: HashMap::new(),
            types: Vec::new(),
            modules: HashMap::new(),
            forget_at: FORGET_AT_LEAST,
        }
    }

    /// The ids of a module's types, by type index.
    pub(super) fn of_module(&mut self, module: &Arc<Module>) -> Result<Arc<[u32]>, Error> {
        let address = Arc::as_ptr(module).addr();
        if let Some((_, ids)) = self.modules.get(&address) {
            return Ok(ids.clone());
        }
        let ids: Arc<[u32]> = module.types.iter().map(|ty| self.id(ty)).collect::<Result<_, _>>()?;
        if self.modules.len() >= self.forget_at {
            self.modules.retain(|_, (module, _)| module.strong_count() > 0);
            self.forget_at = (2 * self.modules.len()).max(FORGET_AT_LEAST);
        }
        self.modules.insert(address, (Arc::downgrade(module), ids.clone()));
        Ok(ids)
    }

    fn id(&mut self, ty: &FuncType) -> Result<u32, Error> {
        if let Some(id) = self.ids.get(ty) {
            return Ok(*id);
        }
        let ty = Arc::new(ty.clone());
        let slots = ty.param_slots().max(ty.result_slots());
        let ref_params = ty.params().iter().any(|param| param.is_ref());
        let mut narrow = 0;
        let mut slot = 0;
        for param in ty.params() {
            if slot >= 64 {
                break;
            }
            narrow |= u64::from(matches!(param, ValType::I32 | ValType::F32)) << slot;
            slot += param.slots();
        }
        self.types.push(TypeInfo { ty: ty.clone(), slots, narrow, ref_params, arity: Arity::of(&ty) });
        let id = u32::try_from(self.types.len()).map_err(|_| Error::limit("2^32 function types"))?;
        self.ids.insert(ty, id);
        Ok(id)
    }

    /// The type with this id.
    pub(super) fn get(&self, id: u32) -> Option<&TypeInfo> {
        self.types.get((id as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(types: Vec<FuncType>) -> Arc<Module> {
        Arc::new(Module { types, ..Module::default() })
    }

    #[test]
    fn equal_types_have_one_id() {
        let mut registry = TypeRegistry::new();
        let a = FuncType::new([ValType::I32, ValType::V128], [ValType::I64]);
        let b = FuncType::new([ValType::I32], [ValType::V128, ValType::I64]);
        let first = registry.of_module(&module(vec![a.clone(), b.clone(), a.clone()])).unwrap();
        assert_eq!(first[..], [1, 2, 1]);
        assert_eq!(registry.of_module(&module(vec![b.clone()])).unwrap()[..], [2]);
        assert_eq!(*registry.get(2).unwrap().ty, b);
        assert_eq!(registry.get(2).unwrap().slots, 3);
        assert!(registry.get(0).is_none() && registry.get(3).is_none());
    }

    #[test]
    fn modules_that_are_gone_are_forgotten() {
        let mut registry = TypeRegistry::new();
        let kept = module(vec![FuncType::default()]);
        let ids = registry.of_module(&kept).unwrap();
        for _ in 0..10 * FORGET_AT_LEAST {
            registry.of_module(&module(vec![])).unwrap();
        }
        assert!(registry.modules.len() <= FORGET_AT_LEAST);
        assert!(Arc::ptr_eq(&ids, &registry.of_module(&kept).unwrap()));
    }
}
