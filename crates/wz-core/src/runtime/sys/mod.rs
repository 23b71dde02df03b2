//! What memories and stacks need of the operating system, with a twin for each.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod imp;

pub(super) use imp::{Mapping, host_page_size, stack_bounds};

/// The twin for hosts without one of their own works on every host.
#[cfg(test)]
#[path = "other.rs"]
mod other;

#[cfg(test)]
mod tests {
    use super::{imp, other, stack_bounds};
    use std::io;

    macro_rules! twin_tests {
        ($twin:ident) => {
            let page = $twin::host_page_size();
            assert!(page.is_power_of_two());
            let mut allocation = $twin::Mapping::allocate(page)?;
            // SAFETY: in the mapping, and committed.
            unsafe { allocation.base().add(page - 1).write(7) };
            allocation.resize(100 * page)?;
            // SAFETY: in the mapping, and committed.
            unsafe {
                assert_eq!(allocation.base().add(page - 1).read(), 7);
                assert!((page..100 * page).all(|i| allocation.base().add(i).read() == 0));
            }
            let mut reservation = $twin::Mapping::reserve(10 * page)?;
            reservation.commit(page..3 * page)?;
            reservation.commit(3 * page..3 * page)?;
            // SAFETY: in the mapping, and committed.
            unsafe { reservation.base().add(3 * page - 1).write(9) };
            assert!(reservation.commit(9 * page..11 * page).is_err());
            assert!($twin::Mapping::allocate(usize::MAX / 2 + 1).is_err());
        };
    }

    #[test]
    fn mappings_of_this_host() -> io::Result<()> {
        twin_tests!(imp);
        Ok(())
    }

    #[test]
    fn mappings_of_other_hosts() -> io::Result<()> {
        twin_tests!(other);
        assert!(!other::Mapping::GUARDS && other::stack_bounds().is_none());
        Ok(())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_stack_contains_its_variables() {
        let variable = 0u8;
        for _ in 0..2 {
            let bounds = stack_bounds().unwrap();
            assert!(bounds.contains(&(&raw const variable).addr()));
        }
    }
}
