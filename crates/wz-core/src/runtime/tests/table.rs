use super::fake::table_type;
use crate::error::ErrorKind;
use crate::runtime::table::{Element, Table};
use crate::trap::TrapCode;
use crate::types::{RefType, TableType};

const LIMIT: u64 = 10_000_000;

fn externs(min: u64, max: Option<u64>) -> Table {
    Table::new(table_type(RefType::EXTERNREF, min, max), LIMIT).unwrap()
}

#[test]
fn elements_are_null_at_first_and_bounded() {
    let mut table = externs(3, None);
    assert_eq!(table.get(2), Ok(0));
    assert_eq!(table.get(3), Err(TrapCode::TableOutOfBounds));
    table.fill(1, Element::Slot(6), 2);
    assert_eq!(table.slots().unwrap(), [0, 6, 6]);
    for (index, len, expected) in [
        (0, 3, Ok(())),
        (3, 0, Ok(())),
        (1, 3, Err(TrapCode::TableOutOfBounds)),
        (4, 0, Err(TrapCode::TableOutOfBounds)),
        (u64::MAX, 1, Err(TrapCode::TableOutOfBounds)),
        (2, u64::MAX, Err(TrapCode::TableOutOfBounds)),
    ] {
        assert_eq!(table.check(index, len), expected, "{index} {len}");
    }
}

#[test]
fn growth_one_by_one_is_not_quadratic() {
    let mut table = externs(0, Some(1_000_000));
    for i in 0..1_000_000 {
        assert_eq!(table.grow(1, Element::Slot(i << 2 | 2)), Some(i));
    }
    assert_eq!(table.grow(1, Element::Slot(0)), None);
    assert_eq!(table.grow(0, Element::Slot(0)), Some(1_000_000));
    assert!((0..).zip(table.slots().unwrap()).all(|(i, raw)| *raw == i << 2 | 2));
    assert_eq!(table.ty(), table_type(RefType::EXTERNREF, 1_000_000, Some(1_000_000)));
}

#[test]
fn limits_are_typed_errors() {
    let all = u64::from(u32::MAX);
    for (ty, limit) in [
        (table_type(RefType::FUNCREF, all, None), LIMIT),
        (table_type(RefType::FUNCREF, LIMIT + 1, None), LIMIT),
        (table_type(RefType::EXTERNREF, all + 1, None), u64::MAX),
        (TableType { table64: true, ..table_type(RefType::FUNCREF, u64::MAX, None) }, u64::MAX),
        (TableType { table64: true, ..table_type(RefType::FUNCREF, 1 << 59, None) }, u64::MAX),
    ] {
        let error = Table::new(ty, limit).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
    let error = Table::new(table_type(RefType::FUNCREF, 2, Some(1)), LIMIT).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");

    let mut table = externs(LIMIT - 1, None);
    assert_eq!(table.grow(2, Element::Slot(0)), None);
    assert_eq!(table.grow(u64::MAX, Element::Slot(0)), None);
    assert_eq!(table.grow(1, Element::Slot(0)), Some(LIMIT - 1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_table_takes_no_memory_until_it_is_used() {
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * rustix::param::page_size()
    };
    let before = resident();
    let mut tables: Vec<Table> =
        (0..4).map(|_| Table::new(table_type(RefType::FUNCREF, LIMIT, None), LIMIT).unwrap()).collect();
    assert_eq!(tables[3].get(LIMIT - 1), Ok(0));
    // Four times 320 MB; other tests run at the same time.
    assert!(resident() < before + (300 << 20));
}
