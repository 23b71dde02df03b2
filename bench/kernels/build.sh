#!/bin/sh
# Rebuilds the .wasm files of all kernels, or of those that are named, next to their sources. The compiler is clang as
# packaged on PyPI with Zig 0.17.0:
#
#     pip install ziglang==0.17.0
#
# PYTHON says which Python has it (python3 unless told). The same version gives the same bytes.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}

build() { # output, source, further options
    output=$1
    source=$2
    shift 2
    echo "$output"
    "$python" -m ziglang cc -target wasm32-wasi -std=c11 -O2 -s -Wall -Wextra -ffp-contract=off \
        -Wl,-z,stack-size=1048576 "$@" "$source.c" -o "$output.wasm"
    chmod 644 "$output.wasm"
}

all="align bits blur_simd bytecode chacha20 crc32 dot_simd fft fib hashmap hello json lz mandelbrot matmul_f32
matmul_f64 matmul_i32 nbody primes queens quicksort regex search sha256 sieve sparse virtual"

for kernel in ${*:-$all}; do
    case $kernel in
    matmul_f32) build "$kernel" matmul -DNAME='"matmul_f32"' -DELEMENT=float -DROUNDS=11 ;;
    matmul_f64) build "$kernel" matmul -DNAME='"matmul_f64"' -DELEMENT=double -DROUNDS=8 ;;
    matmul_i32) build "$kernel" matmul -DNAME='"matmul_i32"' -DELEMENT=int32_t -DROUNDS=11 ;;
    *_simd) build "$kernel" "$kernel" -msimd128 ;;
    *) build "$kernel" "$kernel" ;;
    esac
done
