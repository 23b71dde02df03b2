//! Features of processors that code can make use of.

use std::fmt;

/// Features beyond the baseline, which is SSE4.1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CpuFeatures(u64);

impl CpuFeatures {
    /// Counting leading zeros.
    pub const LZCNT: CpuFeatures = CpuFeatures(1 << 0);
    /// Counting set bits.
    pub const POPCNT: CpuFeatures = CpuFeatures(1 << 1);
    /// Counting trailing zeros, among others.
    pub const BMI1: CpuFeatures = CpuFeatures(1 << 2);
    /// Shifts that leave the flags alone and take their count from any register.
    pub const BMI2: CpuFeatures = CpuFeatures(1 << 3);
    /// Float instructions with a destination apart from their sources.
    pub const AVX: CpuFeatures = CpuFeatures(1 << 4);

    const NAMES: [(CpuFeatures, &'static str); 5] = [
        (CpuFeatures::LZCNT, "lzcnt"),
        (CpuFeatures::POPCNT, "popcnt"),
        (CpuFeatures::BMI1, "bmi1"),
        (CpuFeatures::BMI2, "bmi2"),
        (CpuFeatures::AVX, "avx"),
    ];

    /// None of them: what code for every processor uses.
    pub const fn baseline() -> CpuFeatures {
        CpuFeatures(0)
    }

    /// Those of the processor that this runs on; none on other architectures.
    #[cfg(target_arch = "x86_64")]
    pub fn detect() -> CpuFeatures {
        let mut found = CpuFeatures::baseline();
        let mut note = |present: bool, feature: CpuFeatures| {
            if present {
                found.0 |= feature.0;
            }
        };
        note(is_x86_feature_detected!("lzcnt"), CpuFeatures::LZCNT);
        note(is_x86_feature_detected!("popcnt"), CpuFeatures::POPCNT);
        note(is_x86_feature_detected!("bmi1"), CpuFeatures::BMI1);
        note(is_x86_feature_detected!("bmi2"), CpuFeatures::BMI2);
        note(is_x86_feature_detected!("avx"), CpuFeatures::AVX);
        found
    }

    /// Those of the processor that this runs on; none on other architectures.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn detect() -> CpuFeatures {
        CpuFeatures::baseline()
    }

    /// Whether the processor that this runs on has the baseline.
    pub fn baseline_detected() -> bool {
        #[cfg(target_arch = "x86_64")]
        return is_x86_feature_detected!("sse4.1");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// As a number, with a bit for each feature.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set that [`CpuFeatures::bits`] gave; bits of features that are not known are dropped.
    pub const fn from_bits(bits: u64) -> CpuFeatures {
        CpuFeatures(bits & ((1 << CpuFeatures::NAMES.len()) - 1))
    }

    /// Whether all of `features` are in the set.
    pub const fn has(self, features: CpuFeatures) -> bool {
        self.0 & features.0 == features.0
    }

    /// Both sets together.
    pub const fn with(self, features: CpuFeatures) -> CpuFeatures {
        CpuFeatures(self.0 | features.0)
    }
}

impl fmt::Debug for CpuFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = CpuFeatures::NAMES.iter().filter(|(feature, _)| self.has(*feature)).map(|(_, name)| name);
        f.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_back_from_their_bits() {
        let features = CpuFeatures::BMI2.with(CpuFeatures::LZCNT);
        assert_eq!(CpuFeatures::from_bits(features.bits()), features);
        assert!(features.has(CpuFeatures::BMI2) && !features.has(CpuFeatures::BMI1.with(CpuFeatures::BMI2)));
        assert_eq!(format!("{features:?}"), r#"{"lzcnt", "bmi2"}"#);
        assert_eq!(CpuFeatures::from_bits(1 << 60), CpuFeatures::baseline());
    }
}
