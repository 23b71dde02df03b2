//! Loads and stores of numbers.

use super::Num;

/// A load or a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Its name in the text format.
    pub name: &'static str,
    /// The type of what it loads or stores.
    pub num: Num,
    /// How many bytes it accesses.
    pub bytes: u64,
    /// Whether it stores.
    pub stores: bool,
    /// Whether a load takes the highest bit of what it loads for the sign.
    signed: bool,
}

impl Access {
    /// Every load and store of numbers.
    pub const ALL: [Access; 23] = [
        load("i32.load", Num::I32, 4),
        signed("i32.load8_s", Num::I32, 1),
        load("i32.load8_u", Num::I32, 1),
        signed("i32.load16_s", Num::I32, 2),
        load("i32.load16_u", Num::I32, 2),
        load("i64.load", Num::I64, 8),
        signed("i64.load8_s", Num::I64, 1),
        load("i64.load8_u", Num::I64, 1),
        signed("i64.load16_s", Num::I64, 2),
        load("i64.load16_u", Num::I64, 2),
        signed("i64.load32_s", Num::I64, 4),
        load("i64.load32_u", Num::I64, 4),
        load("f32.load", Num::F32, 4),
        load("f64.load", Num::F64, 8),
        store("i32.store", Num::I32, 4),
        store("i32.store8", Num::I32, 1),
        store("i32.store16", Num::I32, 2),
        store("i64.store", Num::I64, 8),
        store("i64.store8", Num::I64, 1),
        store("i64.store16", Num::I64, 2),
        store("i64.store32", Num::I64, 4),
        store("f32.store", Num::F32, 4),
        store("f64.store", Num::F64, 8),
    ];

    /// What a load makes of these bytes, of which there are as many as it loads.
    pub fn loaded(&self, bytes: &[u8]) -> u64 {
        let mut whole = [0; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        let value = u64::from_le_bytes(whole);
        let above = 64 - 8 * bytes.len() as u32;
        let value = if self.signed { ((value << above) as i64 >> above) as u64 } else { value };
        match self.num {
            Num::I32 | Num::F32 => value as u32 as u64,
            Num::I64 | Num::F64 => value,
        }
    }
}

const fn load(name: &'static str, num: Num, bytes: u64) -> Access {
    Access { name, num, bytes, stores: false, signed: false }
}

const fn signed(name: &'static str, num: Num, bytes: u64) -> Access {
    Access { name, num, bytes, stores: false, signed: true }
}

const fn store(name: &'static str, num: Num, bytes: u64) -> Access {
    Access { name, num, bytes, stores: true, signed: false }
}
