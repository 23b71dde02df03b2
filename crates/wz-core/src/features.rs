//! WebAssembly proposals that can be switched on and off.

use std::fmt;

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        /// A set of WebAssembly proposals.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct Features(u64);

        impl Features {
            $($(#[$doc])* pub const $name: Features = Features(1 << $bit);)*

            /// Every proposal that wz knows by name, with the name that errors and the command line use.
            pub const ALL_NAMES: &'static [(&'static str, Features)] = &[$(($text, Features::$name)),*];
        }
    };
}

features! {
    /// Import and export of mutable globals.
    MUTABLE_GLOBAL = 0, "mutable-global";
    /// `i32.extend8_s` and its family.
    SIGN_EXTENSION_OPS = 1, "sign-extension-ops";
    /// `i32.trunc_sat_f32_s` and its family.
    NONTRAPPING_FLOAT_TO_INT = 2, "nontrapping-float-to-int-conversion";
    /// Several results of functions and blocks, parameters of blocks.
    MULTI_VALUE = 3, "multi-value";
    /// `memory.copy`, `table.init`, passive segments and their family.
    BULK_MEMORY = 4, "bulk-memory-operations";
    /// `externref`, `table.get`, several tables.
    REFERENCE_TYPES = 5, "reference-types";
    /// 128-bit vectors.
    SIMD = 6, "simd";
    /// `return_call` and `return_call_indirect`.
    TAIL_CALL = 7, "tail-call";
    /// Integer arithmetic in constant expressions.
    EXTENDED_CONST = 8, "extended-const";
    /// Atomics and shared memories.
    THREADS = 9, "threads";
    /// `try_table`, `throw` and `exnref`.
    EXCEPTIONS = 10, "exception-handling";
    /// `(ref $t)`, `call_ref`.
    FUNCTION_REFERENCES = 11, "typed-function-references";
    /// 64-bit memories and tables.
    MEMORY64 = 12, "memory64";
    /// Several memories.
    MULTI_MEMORY = 13, "multi-memory";
    /// Relaxed SIMD.
    RELAXED_SIMD = 14, "relaxed-simd";
    /// Structures, arrays and `i31`.
    GC = 15, "gc";
    /// 128-bit addition, subtraction and wide multiplication.
    WIDE_ARITHMETIC = 16, "wide-arithmetic";
    /// Memories with pages other than 64 KiB.
    CUSTOM_PAGE_SIZES = 17, "custom-page-sizes";
}

impl Features {
    /// No proposal: the first version of WebAssembly's core.
    pub const EMPTY: Features = Features(0);
    /// WebAssembly 1.0.
    pub const V1: Features = Features::MUTABLE_GLOBAL;
    /// WebAssembly 2.0 with 128-bit SIMD.
    pub const V2: Features = Features(
        Features::V1.0
            | Features::SIGN_EXTENSION_OPS.0
            | Features::NONTRAPPING_FLOAT_TO_INT.0
            | Features::MULTI_VALUE.0
            | Features::BULK_MEMORY.0
            | Features::REFERENCE_TYPES.0
            | Features::SIMD.0,
    );
    /// WebAssembly 3.0.
    pub const V3: Features = Features(
        Features::V2.0
            | Features::TAIL_CALL.0
            | Features::EXTENDED_CONST.0
            | Features::EXCEPTIONS.0
            | Features::FUNCTION_REFERENCES.0
            | Features::MEMORY64.0
            | Features::MULTI_MEMORY.0
            | Features::RELAXED_SIMD.0
            | Features::GC.0,
    );
    /// What this build can compile and run.
    pub const BUILT: Features = Features(Features::V2.0 | Features::TAIL_CALL.0 | Features::EXTENDED_CONST.0);

    /// Whether all of `other` is in this set.
    #[inline]
    pub const fn contains(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set and `other`.
    #[inline]
    #[must_use]
    pub const fn union(self, other: Features) -> Features {
        Features(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Features) -> Features {
        Features(self.0 & other.0)
    }

    /// This set without `other`.
    #[must_use]
    pub const fn without(self, other: Features) -> Features {
        Features(self.0 & !other.0)
    }

    /// Whether nothing is in this set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as bits, for cache keys.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The proposal called `name`, as in [`Features::ALL_NAMES`].
    pub fn by_name(name: &str) -> Option<Features> {
        Features::ALL_NAMES.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
    }

    /// Names of the proposals in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Features::ALL_NAMES.iter().filter(move |(_, f)| self.contains(*f)).map(|(n, _)| *n)
    }
}

impl std::ops::BitOr for Features {
    type Output = Features;
    fn bitor(self, other: Features) -> Features {
        self.union(other)
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.names().enumerate() {
            if i > 0 {
                f.write_str("|")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({self})")
    }
}
