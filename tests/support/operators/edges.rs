//! Values on both sides of whatever operators may treat in a special way.

use super::Num;
use std::sync::OnceLock;

pub(super) fn of(num: Num) -> &'static [u64] {
    static EDGES: OnceLock<[Vec<u64>; 4]> = OnceLock::new();
    &EDGES.get_or_init(|| [Num::I32, Num::I64, Num::F32, Num::F64].map(make))[num as usize]
}

fn make(num: Num) -> Vec<u64> {
    let mut edges = match num {
        Num::I32 => integers(32),
        Num::I64 => integers(64),
        Num::F32 => floats(num, |x| (x as f32).to_bits().into()),
        Num::F64 => floats(num, f64::to_bits),
    };
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Small numbers, powers of two and their neighbours: sign bits, widths, shift counts, immediates.
fn integers(width: u32) -> Vec<u64> {
    let mask = u64::MAX >> (64 - width);
    let mut edges: Vec<u64> = vec![0, 1, 2, 3, 5, 7, 10, 31, 33, 63, 100, 1000, 641];
    let powers = [7, 8, 15, 16, 31, 32, 53, 63];
    for power in powers.into_iter().filter(|power| *power < width) {
        edges.extend([(1 << power) - 1, 1 << power]);
    }
    edges.extend([width.into(), 0xaaaa_aaaa_aaaa_aaab, 0x1234_5678_9abc_def0, 0x8000_0001]);
    let negative: Vec<u64> = edges.iter().map(|x| x.wrapping_neg()).collect();
    edges.extend(negative);
    edges.into_iter().map(|x| x & mask).collect()
}

/// Zeros, subnormals, the largest numbers, infinities, halves, the limits of the integer types, and NaNs.
fn floats(num: Num, bits: fn(f64) -> u64) -> Vec<u64> {
    let (sign, infinity, one_unit) = match num {
        Num::F32 => (1 << 31, 0x7f80_0000, 1u64 << 23),
        _ => (1 << 63, 0x7ff0_0000_0000_0000, 1 << 52),
    };
    let (quiet, _) = num.payload();
    let mut edges = vec![
        0,
        1,
        one_unit - 1,
        one_unit,
        infinity - 1,
        infinity,
        // NaNs: canonical, with a payload, signalling.
        infinity | quiet,
        infinity | quiet | 5,
        infinity | 1,
        infinity | quiet >> 1,
    ];
    let limits = [31, 32, 63, 64].map(|power| bits((power as f64).exp2()));
    for limit in limits {
        edges.extend([limit - 1, limit, limit + 1]);
    }
    // All of these are exact in both types, or become a number that is not less of an edge.
    let numbers = [0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.5, 8_388_607.5, 8_388_608.5, 16_777_217.0, 1e-40, 1e-310];
    let wide =
        [2_147_483_647.5, 2_147_483_648.5, 4_294_967_295.5, 4_503_599_627_370_497.5, 3.4028235677973366e38];
    edges.extend(numbers.into_iter().chain(wide).map(bits));
    let negative: Vec<u64> = edges.iter().map(|x| x ^ sign).collect();
    edges.extend(negative);
    edges
}
