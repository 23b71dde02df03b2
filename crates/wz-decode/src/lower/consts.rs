//! The constant pool: equal constants share an entry where a small cache of the last ones finds them.

use wz_core::ir::Operand;

const CACHE: usize = 256;

/// The pool's last entry, kept for the null reference.
const NULL: u16 = Operand::INDEX - 1;

/// Finds constants that are in the pool already. Entries of earlier functions need no clearing: a hit is checked
/// against the pool.
pub(super) struct ConstPool {
    cache: Box<[u16; CACHE]>,
}

impl Default for ConstPool {
    fn default() -> ConstPool {
        ConstPool { cache: Box::new([0; CACHE]) }
    }
}

fn hash(value: u64) -> usize {
    (value.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

impl ConstPool {
    /// The operand for a 64-bit constant; `None` if the pool is full.
    #[inline]
    pub(super) fn intern(&mut self, pool: &mut Vec<u64>, value: u64) -> Option<Operand> {
        let cached = &mut self.cache[hash(value)];
        if pool.get(usize::from(*cached)) == Some(&value) {
            return Some(Operand::constant(*cached));
        }
        let index = u16::try_from(pool.len()).ok().filter(|index| *index < NULL)?;
        pool.push(value);
        *cached = index;
        Some(Operand::constant(index))
    }

    /// The operand for the null reference: there is always room for it.
    pub(super) fn null(&mut self, pool: &mut Vec<u64>) -> Operand {
        if let Some(operand) = self.intern(pool, 0) {
            return operand;
        }
        if pool.len() <= usize::from(NULL) {
            pool.resize(usize::from(NULL) + 1, 0);
        }
        Operand::constant(NULL)
    }

    /// The operand for a 128-bit constant; `None` if the pool is full.
    pub(super) fn intern_v128(&mut self, pool: &mut Vec<u64>, value: u128) -> Option<Operand> {
        let (low, high) = (value as u64, (value >> 64) as u64);
        let cached = &mut self.cache[hash(low ^ high.rotate_left(32))];
        let at = usize::from(*cached);
        if pool.get(at) == Some(&low) && pool.get(at + 1) == Some(&high) {
            return Some(Operand::constant(*cached));
        }
        let index = u16::try_from(pool.len()).ok().filter(|index| *index < NULL - 1)?;
        pool.extend([low, high]);
        *cached = index;
        Some(Operand::constant(index))
    }
}
