//! What a store and an instance are configured with.

use crate::runtime::memory::{MemoryKind, MemoryOptions};
use crate::trap::Symbolizer;
use std::any::Any;
use std::sync::Arc;

/// Limits and choices of one store.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Most 64 KiB pages that one memory may have; at most [`StoreConfig::PAGES_LIMIT`].
    pub max_memory_pages: u64,
    /// Most elements that one table may have.
    pub max_table_elements: u64,
    /// Most instances that may exist at once, those of the host and closed ones that are still retained included.
    pub max_instances: usize,
    /// Size of a guest stack; each call in progress has one.
    pub guest_stack_bytes: usize,
    /// How memories are guarded.
    pub memory_kind: MemoryKind,
    /// Most calls that may be in progress at once, nested in each other through host functions.
    pub max_nesting: u32,
    /// Whether code looks at the interrupt word: then calls in progress end when an instance that has frames in them is
    /// closed.
    pub interruption: bool,
}

impl StoreConfig {
    /// The most pages that [`StoreConfig::max_memory_pages`] can allow: 2^47 bytes.
    pub const PAGES_LIMIT: u64 = 1 << 31;

    pub(super) fn memory_options(&self, capacity_from_max: bool) -> MemoryOptions {
        MemoryOptions { kind: self.memory_kind, max_bytes: self.max_memory_pages << 16, capacity_from_max }
    }
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig {
            max_memory_pages: 1 << 16,
            max_table_elements: 10_000_000,
            max_instances: 1 << 20,
            guest_stack_bytes: 16 << 20,
            memory_kind: MemoryKind::Auto,
            max_nesting: 1000,
            interruption: false,
        }
    }
}

/// What a new instance is given beside its imports.
#[derive(Default)]
pub struct InstanceOptions {
    /// Its name in the store's namespace.
    pub name: Option<String>,
    /// What the host keeps with it.
    pub host_state: Option<Box<dyn Any + Send>>,
    /// Says where in the source code the instance's instructions come from, for backtraces.
    pub symbolizer: Option<Arc<dyn Symbolizer>>,
    /// Whether memories that the module defines take address space for their maximum at once, where they have one, so
    /// that growing never moves them.
    pub memory_capacity_from_max: bool,
}

impl std::fmt::Debug for InstanceOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstanceOptions").field("name", &self.name).finish_non_exhaustive()
    }
}
