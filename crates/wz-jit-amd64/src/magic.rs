//! Division by constants as multiplication.
//!
//! The numbers are those of Granlund and Montgomery, "Division by Invariant Integers using Multiplication" (1994), in
//! the form of Warren, "Hacker's Delight", chapter 10.

/// How to divide unsigned numbers of `bits` bits by a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unsigned {
    /// The multiplier's low `bits` bits.
    pub(crate) multiplier: u64,
    /// Whether the multiplier has one more bit, the highest, which is set.
    pub(crate) extra_bit: bool,
    /// How far the high half of the product is shifted to the right.
    pub(crate) shift: u8,
}

impl Unsigned {
    /// For a divisor that is not 0 and no power of 2.
    pub(crate) fn new(divisor: u64, bits: u32) -> Unsigned {
        let divisor = u128::from(divisor.max(1));
        let log = divisor.ilog2();
        // The multiplier is 2^(bits + log) / divisor rounded up, if its error is small enough; else the next longer one.
        let power = 1_u128 << (bits + log);
        let (quotient, remainder) = (power / divisor, power % divisor);
        if divisor - remainder < 1 << log {
            return Unsigned { multiplier: (quotient + 1) as u64, extra_bit: false, shift: log as u8 };
        }
        let carry = u128::from(2 * remainder >= divisor);
        let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let multiplier = (2 * quotient + carry + 1) as u64 & mask;
        Unsigned { multiplier, extra_bit: true, shift: log as u8 }
    }
}

/// How to divide signed numbers of `bits` bits by a positive constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Signed {
    /// The multiplier, below 2^bits.
    pub(crate) multiplier: u64,
    /// How far the high half of the product is shifted to the right.
    pub(crate) shift: u8,
}

impl Signed {
    /// For a divisor of at least 3 that is no power of 2.
    pub(crate) fn new(divisor: u64, bits: u32) -> Signed {
        let divisor = u128::from(divisor.max(1));
        let log = divisor.ilog2();
        // As for unsigned numbers of one bit less, rounded up always: the error may be twice as large.
        let power = 1_u128 << (bits - 1 + log);
        let (quotient, remainder) = (power / divisor, power % divisor);
        if divisor - remainder < 1 << log {
            // 2^(bits - 1 + log) / divisor: the shift is one less than the logarithm.
            return Signed { multiplier: (quotient + 1) as u64, shift: (log - 1) as u8 };
        }
        let carry = u128::from(2 * remainder >= divisor);
        Signed { multiplier: (2 * quotient + carry + 1) as u64, shift: log as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(x: u64, divisor: u64, bits: u32) -> u64 {
        let magic = Unsigned::new(divisor, bits);
        let high = ((u128::from(x) * u128::from(magic.multiplier)) >> bits) as u64;
        let high = if magic.extra_bit { ((x - high) >> 1) + high } else { high };
        high >> magic.shift
    }

    fn divide_signed(x: i64, divisor: u64, bits: u32) -> i64 {
        let magic = Signed::new(divisor, bits);
        assert!(bits == 64 || magic.multiplier < 1 << bits);
        let high = ((i128::from(x) * i128::from(magic.multiplier)) >> bits) as i64;
        (high >> magic.shift) + i64::from(x < 0)
    }

    /// Numbers at which errors show first: multiples of the divisor, and those next to them, near powers of 2.
    fn near(divisor: u64, max: u64) -> impl Iterator<Item = u64> {
        (0..64)
            .flat_map(move |bit| {
                let multiple = (max >> bit) / divisor * divisor;
                [
                    multiple,
                    multiple.wrapping_sub(1),
                    multiple.saturating_add(1),
                    multiple.saturating_add(divisor - 1),
                    max >> bit,
                ]
            })
            .filter(move |x| *x <= max)
    }

    fn divisors(max: u64) -> Vec<u64> {
        let mut divisors: Vec<u64> = (3..3000).collect();
        for bit in 2..64 {
            let power = 1_u64 << bit;
            divisors.extend([
                power - 1,
                power + 1,
                power / 3,
                power / 5 + 1,
                power / 7 * 6,
                power + power / 2,
            ]);
        }
        divisors.extend([max, max - 1, max / 2, max / 3, max / 10]);
        divisors.retain(|d| *d >= 3 && *d <= max && !d.is_power_of_two());
        divisors
    }

    #[test]
    fn unsigned_quotients_are_exact() {
        for (bits, max) in [(32, u64::from(u32::MAX)), (64, u64::MAX)] {
            for divisor in divisors(max) {
                for x in near(divisor, max) {
                    assert_eq!(divide(x, divisor, bits), x / divisor, "{x} / {divisor}");
                }
            }
        }
    }

    #[test]
    fn signed_quotients_are_exact() {
        for (bits, max) in [(32, i64::from(i32::MAX)), (64, i64::MAX)] {
            for divisor in divisors(max as u64) {
                for x in near(divisor, max as u64) {
                    let x = x as i64;
                    for x in [x, -x, -x - 1] {
                        assert_eq!(divide_signed(x, divisor, bits), x / divisor as i64, "{x} / {divisor}");
                    }
                }
            }
        }
    }
}
