#!/usr/bin/env bash
# Fetches the real modules of the benchmark from the npm registry into target/real-modules.
set -euo pipefail
cd "$(dirname "$0")/../../.."
mkdir -p target/real-modules
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fetch() { # package, file in it, name
    (cd "$folder" && npm pack --silent "$1" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
    cp "$folder/package/$2" "target/real-modules/$3.wasm"
    rm -rf "$folder/package"
}
fetch sql.js@1.16.0 dist/sql-wasm.wasm sql.js
fetch esbuild-wasm@0.28.2 esbuild.wasm esbuild
fetch @ruby/3.4-wasm-wasi@2.10.1 dist/ruby.wasm ruby
