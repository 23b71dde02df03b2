//! References between the host and guests.

use crate::{Error, ExternRef, Func};
use wz_core::runtime::Store;

/// The slot value of a function reference.
pub(crate) fn func_to_slot(store: &mut Store, func: Option<Func>) -> Result<u64, Error> {
    match func {
        None => Ok(0),
        Some(func) => {
            let item = func.item(store)?;
            store.func_to_raw(item)
        }
    }
}

/// The function that a slot value refers to.
pub(crate) fn func_from_slot(store: &Store, slot: u64) -> Option<Func> {
    Some(Func::new(store.id(), store.func_from_raw(slot)?))
}

/// The slot value of a reference to a value of the host. It stays valid until the roots made so far are released.
pub(crate) fn extern_to_slot(store: &mut Store, reference: Option<ExternRef>) -> Result<u64, Error> {
    match reference {
        None => Ok(0),
        Some(reference) => store.externref_new(reference.0),
    }
}

/// The value of the host that a slot value refers to.
pub(crate) fn extern_from_slot(store: &Store, slot: u64) -> Option<ExternRef> {
    store.externref_get(slot).map(ExternRef)
}
