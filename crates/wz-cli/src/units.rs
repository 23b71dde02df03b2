//! Times, sizes and feature sets on the command line.

use std::time::Duration;
use wz_api::Features;

/// A time such as `2s`, `1.5s`, `500ms` or `1m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds_per_unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a number and a unit: us, ms, s, m or h".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|error| error.to_string())
}

/// A size in bytes such as `64MiB`, `65536` or `1GB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let bytes_per_unit: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(format!("{unit:?} is not a unit: B, KB, MB, GB, KiB, MiB or GiB")),
    };
    let number: u64 = number.parse().map_err(|_| format!("{number:?} is not a whole number"))?;
    number.checked_mul(bytes_per_unit).ok_or_else(|| "the size is too large".to_owned())
}

/// A set of features such as `v2,+tail-call,-simd`: a preset, if the first item is one, with features added and
/// removed.
pub(crate) fn features(text: &str) -> Result<Features, String> {
    let mut set = Features::BUILT;
    for (i, item) in text.split(',').enumerate() {
        let preset = match item {
            "v1" => Some(Features::V1),
            "v2" => Some(Features::V2),
            "v3" => Some(Features::V3),
            "all" => Some(Features::BUILT),
            _ => None,
        };
        set = match (preset, item.strip_prefix('+'), item.strip_prefix('-')) {
            (Some(preset), ..) if i == 0 => preset,
            (Some(_), ..) => return Err(format!("{item} must come first")),
            (_, Some(name), _) => set.union(feature(name)?),
            (_, _, Some(name)) => set.without(feature(name)?),
            _ if Features::by_name(item).is_some() => {
                return Err(format!("{item:?}: write +{item} or -{item}"));
            }
            _ => return Err(format!("{item:?} is not v1, v2, v3, all, +FEATURE or -FEATURE")),
        };
    }
    let missing: Vec<&str> = set.without(Features::BUILT).names().collect();
    if !missing.is_empty() {
        return Err(format!("this build of wz does not have {}", missing.join(", ")));
    }
    Ok(set)
}

fn feature(name: &str) -> Result<Features, String> {
    Features::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = Features::ALL_NAMES.iter().map(|(name, _)| *name).collect();
        format!("{name:?} is not a feature; the features are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [("2s", 2000), ("500ms", 500), ("1.5s", 1500), ("1m", 60_000), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "2", "s", "-1s", "2 s", "1e400s", "nans", "2d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, size) in [("65536", 65536), ("64MiB", 64 << 20), ("1GB", 1_000_000_000), ("0B", 0)] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "1TiB", "99999999999999999999", "18446744073709551615KiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn feature_sets() {
        assert_eq!(features("v1"), Ok(Features::V1));
        assert_eq!(
            features("v2,+tail-call,-simd"),
            Ok(Features::V2.union(Features::TAIL_CALL).without(Features::SIMD))
        );
        // What is not built can be left out.
        let unbuilt = Features::V3.without(Features::BUILT).names().map(|name| format!(",-{name}"));
        let built: String = std::iter::once("v3".to_owned()).chain(unbuilt).collect();
        assert_eq!(features(&built), Ok(Features::V3.intersection(Features::BUILT)));
        assert_eq!(features("-simd"), Ok(Features::BUILT.without(Features::SIMD)));
        assert_eq!(features("simd"), Err("\"simd\": write +simd or -simd".to_owned()));
        for text in ["", "v4", "simd", "+v2", "+simd,v2", "+nothing", "v2,", "+gc", "v3"] {
            assert!(features(text).is_err(), "{text}");
        }
    }
}
