//! What memories and stacks need of the operating system, with a twin for each.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod imp;

pub(super) use imp::{ImageFile, Mapping, host_page_size, stack_bounds};

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
        // Without guards there are no reservations to keep for later, nor images.
        let page = other::host_page_size();
        let mut mapping = other::Mapping::allocate(page)?;
        assert!(mapping.withdraw(0..page).is_err() && mapping.reset(0..page).is_err());
        assert!(mapping.renew(0..page).is_err());
        match other::ImageFile::new(&[0]) {
            Ok(image) => mapping.map_image(image.bytes(), &image)?,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::Unsupported),
        }
        Ok(())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn images_are_mapped_any_number_of_times() -> io::Result<()> {
        let page = imp::host_page_size();
        let mut bytes = vec![0; 40 * page];
        (bytes[3], bytes[33 * page]) = (3, 33);
        let image = imp::ImageFile::new(&bytes)?;
        assert_eq!(image.bytes(), bytes.len());
        let mut mappings = [imp::Mapping::reserve(50 * page)?, imp::Mapping::reserve(50 * page)?];
        let read = |mapping: &imp::Mapping, at: usize| {
            // SAFETY: in the mapping, and accessible where the test asks.
            unsafe { mapping.base().add(at).read() }
        };
        for mapping in &mut mappings {
            mapping.map_image(2 * page, &image)?;
            assert_eq!((read(mapping, 2 * page + 3), read(mapping, 35 * page)), (3, 33));
            // SAFETY: in the mapping, where the image made it writable.
            unsafe { mapping.base().add(2 * page + 3).write(7) };
        }
        let [first, _] = &mut mappings;
        first.reset(2 * page..42 * page)?;
        assert_eq!(read(first, 2 * page + 3), 3);
        first.renew(0..50 * page)?;
        first.commit(0..42 * page)?;
        assert!((0..42 * page).all(|at| read(first, at) == 0));
        assert!(first.map_image(11 * page, &image).is_err() && first.reset(0..51 * page).is_err());
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
