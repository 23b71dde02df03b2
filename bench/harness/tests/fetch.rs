//! Fetching modules: what is fetched is checked, what is there is checked again, and offline nothing is fetched.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wz_bench_harness::catalogue::RealModule;
use wz_bench_harness::fetch::{Archive, Cache, FetchError, Registry, Tools, digest};

const CONTENT: &[u8] = b"\0asm\x01\0\0\0";

/// A registry's client that copies an archive, and notes that it was asked.
struct Registries {
    folder: tempfile::TempDir,
    sha256: &'static str,
}

impl Registries {
    /// An archive that holds `package/dist/a.wasm`, as npm packs.
    fn new() -> Registries {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("package/dist")).unwrap();
        fs::write(root.join("package/dist/a.wasm"), CONTENT).unwrap();
        let packed = Command::new("python3")
            .args(["-m", "tarfile", "-c", "archive.tgz", "package"])
            .current_dir(root)
            .status()
            .unwrap();
        assert!(packed.success());
        let sha256 = digest(&fs::read(root.join("archive.tgz")).unwrap()).leak();
        let copy = format!("echo \"$@\" >> {0}/asked && cp {0}/archive.tgz a-1.0.tgz", root.display());
        let registries = Registries { folder, sha256 };
        registries.client(&copy);
        registries
    }

    fn client(&self, script: &str) {
        let root = self.folder.path();
        fs::write(root.join("script"), format!("#!/bin/sh\n{script}\n")).unwrap();
        // Another process makes the program: while this one had it open, no thread could start it.
        let made =
            Command::new("sh").args(["-c", "cp script npm && chmod 755 npm"]).current_dir(root).status();
        assert!(made.unwrap().success());
    }

    fn cache(&self, offline: bool) -> Cache {
        let tools = Tools { npm: self.folder.path().join("npm").into(), ..Tools::default() };
        Cache::new(self.place(), offline, tools)
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn module(&self) -> RealModule {
        let archive =
            Archive { registry: Registry::Npm, package: "@some/a", version: "1.0", sha256: self.sha256 };
        let sha256 = digest(CONTENT).leak();
        RealModule { name: "a", archive, file: "dist/a.wasm", sha256, quick: true, optimised: &[] }
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default()
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

#[test]
fn a_module_is_fetched_once_and_then_found() {
    let registries = Registries::new();
    let (folder, file) = registries.cache(false).module(&registries.module()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), CONTENT);
    assert_eq!(file, folder.join("dist/a.wasm"));
    assert_eq!(registries.asked(), "pack --silent @some/a@1.0\n");
    // Now it needs nobody.
    let (_, again) = registries.cache(true).module(&registries.module()).unwrap();
    assert_eq!(again, file);
    assert_eq!(registries.asked(), "pack --silent @some/a@1.0\n");
}

#[test]
fn offline_nothing_is_fetched() {
    let registries = Registries::new();
    let error = registries.cache(true).module(&registries.module()).unwrap_err();
    assert!(matches!(error, FetchError::Offline { .. }), "{error}");
    assert!(error.to_string().ends_with("is not there, and --offline forbids fetching it"), "{error}");
    assert_eq!(registries.asked(), "");
}

#[test]
fn an_archive_with_a_wrong_digest_is_not_kept() {
    let registries = Registries::new();
    let mut module = registries.module();
    module.archive.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    let error = registries.cache(false).module(&module).unwrap_err();
    let FetchError::WrongDigest { found, .. } = &error else { panic!("{error}") };
    assert_eq!(found, registries.sha256);
    assert!(is_empty(&registries.place()));
}

#[test]
fn a_module_with_a_wrong_digest_is_not_used() {
    let registries = Registries::new();
    let module = registries.module();
    let (_, file) = registries.cache(false).module(&module).unwrap();
    // Changed after it was fetched.
    fs::write(&file, b"something else").unwrap();
    for offline in [false, true] {
        let error = registries.cache(offline).module(&module).unwrap_err();
        assert!(matches!(&error, FetchError::WrongDigest { .. }), "{error}");
        assert!(error.to_string().contains(&digest(b"something else")), "{error}");
    }
}

#[test]
fn a_client_that_is_missing_or_fails_is_named() {
    let registries = Registries::new();
    registries.client("echo no such version >&2; exit 7");
    let error = registries.cache(false).module(&registries.module()).unwrap_err();
    assert!(matches!(error, FetchError::Tool { .. }));
    assert!(error.to_string().ends_with("npm: exit status: 7: no such version"), "{error}");
    assert!(is_empty(&registries.place()));

    registries.client("true");
    let error = registries.cache(false).module(&registries.module()).unwrap_err();
    assert_eq!(error.to_string(), "the registry's client: left no file");

    let tools = Tools { npm: "no-such-npm".into(), ..Tools::default() };
    let error = Cache::new(registries.place(), false, tools).module(&registries.module()).unwrap_err();
    assert!(error.to_string().starts_with("no-such-npm: cannot be started"), "{error}");
}
