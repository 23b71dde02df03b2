//! What memories and stacks need of the operating system, with a twin for each.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod imp;

pub(super) use imp::{Mapping, host_page_size, stack_bounds};
