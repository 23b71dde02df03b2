use crate::error::ErrorKind;
use crate::runtime::memory::{Memory, MemoryKind, MemoryOptions};
use crate::trap::TrapCode;
use crate::types::{Limits, MemoryType};

const PAGE: u64 = 1 << 16;

fn options(kind: MemoryKind) -> MemoryOptions {
    MemoryOptions { kind, max_bytes: 1 << 32, capacity_from_max: false }
}

fn memory(kind: MemoryKind, min: u64, max: Option<u64>) -> Memory {
    Memory::new(MemoryType::new(min, max), options(kind), None).unwrap()
}

#[test]
fn accesses_end_where_the_memory_ends() {
    for kind in [MemoryKind::Auto, MemoryKind::Checked] {
        let mut memory = memory(kind, 1, None);
        memory.write(PAGE - 4, &[1, 2, 3, 4]).unwrap();
        assert_eq!(memory.write(PAGE - 3, &[9, 9, 9, 9]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(memory.write(u64::MAX, &[9]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(memory.write(u64::MAX - 3, &[9; 8]), Err(TrapCode::MemoryOutOfBounds));
        memory.write(PAGE, &[]).unwrap();
        assert_eq!(memory.write(PAGE + 1, &[]), Err(TrapCode::MemoryOutOfBounds));
        let mut bytes = [0; 4];
        memory.read(PAGE - 4, &mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 3, 4]);
        assert_eq!(memory.read(PAGE - 3, &mut bytes), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(bytes, [1, 2, 3, 4]);
        assert_eq!(memory.data().unwrap().len() as u64, PAGE);
    }
}

#[test]
fn growth_keeps_contents_and_adds_zeros() {
    for kind in [MemoryKind::Auto, MemoryKind::Checked] {
        let mut memory = memory(kind, 0, Some(40));
        assert_eq!((memory.len(), memory.grow(0)), (0, Some(0)));
        assert_eq!(memory.data().unwrap(), []);
        assert_eq!(memory.grow(2), Some(0));
        memory.data_mut().unwrap().fill(0xaa);
        let base = memory.data().unwrap().as_ptr();
        for pages in 2..40 {
            assert_eq!(memory.grow(1), Some(pages));
        }
        let data = memory.data().unwrap();
        assert!(data[..2 * PAGE as usize].iter().all(|b| *b == 0xaa));
        assert!(data[2 * PAGE as usize..].iter().all(|b| *b == 0));
        if memory.kind() == MemoryKind::Guarded {
            assert_eq!(base, data.as_ptr());
        }
        assert_eq!(memory.ty(), MemoryType::new(40, Some(40)));
        for delta in [1, u64::MAX, u64::MAX - 39] {
            assert_eq!(memory.grow(delta), None);
        }
        assert_eq!(memory.grow(0), Some(40));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_guarded_memory_can_be_as_large_as_its_index_type_allows() {
    let mut memory = memory(MemoryKind::Guarded, 65536, None);
    assert_eq!((memory.kind(), memory.len()), (MemoryKind::Guarded, 1 << 32));
    memory.write((1 << 32) - 1, &[7]).unwrap();
    assert_eq!(memory.write(1 << 32, &[7]), Err(TrapCode::MemoryOutOfBounds));
    assert_eq!(memory.grow(1), None);
}

#[test]
fn limits_are_checked_before_anything_is_allocated() {
    for (min, max_bytes) in [(65536, 100 * PAGE), (101, 100 * PAGE), (1, PAGE - 1), (65537, u64::MAX)] {
        let options = MemoryOptions { kind: MemoryKind::Auto, max_bytes, capacity_from_max: false };
        let error = Memory::new(MemoryType::new(min, None), options, None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
    let small = MemoryOptions { kind: MemoryKind::Auto, max_bytes: 3 * PAGE, capacity_from_max: false };
    let mut memory = Memory::new(MemoryType::new(1, None), small, None).unwrap();
    assert_eq!(memory.grow(3), None);
    assert_eq!(memory.grow(2), Some(1));
    // A type whose maximum is less than its minimum, or pages of unheard-of size: not from a validated module.
    let odd = MemoryType { page_size_log2: 63, ..MemoryType::new(0, None) };
    for ty in [MemoryType::new(2, Some(1)), odd] {
        let error = Memory::new(ty, small, None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    }
}

#[test]
fn small_pages_and_64_bit_addresses_are_checked() {
    let bytes = MemoryType { page_size_log2: 0, ..MemoryType::new(5, Some(100_000)) };
    let mut memory = Memory::new(bytes, options(MemoryKind::Auto), None).unwrap();
    assert_eq!((memory.kind(), memory.len()), (MemoryKind::Checked, 5));
    memory.write(4, &[1]).unwrap();
    assert_eq!(memory.write(5, &[1]), Err(TrapCode::MemoryOutOfBounds));
    assert_eq!(memory.grow(70_000), Some(5));
    memory.write(70_004, &[1]).unwrap();
    assert_eq!(memory.write(70_005, &[1]), Err(TrapCode::MemoryOutOfBounds));
    assert_eq!((memory.grow(29_995), memory.grow(1)), (Some(70_005), None));

    let wide = MemoryType { memory64: true, ..MemoryType::new(1, None) };
    let mut memory = Memory::new(wide, options(MemoryKind::Auto), None).unwrap();
    assert_eq!((memory.kind(), memory.grow(1), memory.grow(1 << 47)), (MemoryKind::Checked, Some(1), None));
    let huge = MemoryType { limits: Limits { min: 1 << 48, max: None }, ..wide };
    let error = Memory::new(huge, options(MemoryKind::Auto), None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
}

#[test]
fn a_shared_memory_does_not_move() {
    let ty = MemoryType { shared: true, ..MemoryType::new(1, Some(1000)) };
    let mut memory = Memory::new(ty, options(MemoryKind::Auto), None).unwrap();
    let start = memory.range(0, 0).unwrap();
    assert_eq!(memory.grow(998), Some(1));
    assert_eq!(memory.range(0, 0).unwrap(), start);
    assert!(memory.data().is_none() && memory.data_mut().is_none());
    memory.write(999 * PAGE - 3, &[1, 2, 3]).unwrap();
    let mut bytes = [0; 3];
    memory.read(999 * PAGE - 3, &mut bytes).unwrap();
    assert_eq!(bytes, [1, 2, 3]);
    assert_eq!((memory.grow(2), memory.grow(1)), (None, Some(999)));
}

/// The test runs itself again with little address space.
#[test]
#[cfg(target_os = "linux")]
fn a_refused_reservation_is_a_checked_memory_or_an_error() {
    const CHILD: &str = "WZ_TEST_LITTLE_ADDRESS_SPACE";
    if std::env::var_os(CHILD).is_some() {
        let mut fallback = memory(MemoryKind::Auto, 1, None);
        assert_eq!(fallback.kind(), MemoryKind::Checked);
        assert_eq!(fallback.grow(10), Some(1));
        assert_eq!(fallback.grow(60_000), None);
        assert_eq!(fallback.size_pages(), 11);
        fallback.write(11 * PAGE - 1, &[1]).unwrap();
        for (kind, pages) in [(MemoryKind::Guarded, 1), (MemoryKind::Checked, 60_000)] {
            let error = Memory::new(MemoryType::new(pages, None), options(kind), None).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
        }
        let shared = MemoryType { shared: true, ..MemoryType::new(1, Some(65536)) };
        let error = Memory::new(shared, options(MemoryKind::Auto), None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
        return;
    }
    if std::env::var_os("WZ_SANITIZE").is_some() {
        println!("skipped: a sanitizer's shadow does not fit in a limited address space");
        return;
    }
    let name = "runtime::tests::memory::a_refused_reservation_is_a_checked_memory_or_an_error";
    let status = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 1500000 && exec \"$0\" --exact \"$1\" --test-threads 1"])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(CHILD, "1")
        .status()
        .unwrap();
    assert!(status.success());
}
