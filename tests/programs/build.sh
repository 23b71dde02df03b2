#!/bin/sh
# Rebuilds all the .wasm files next to their sources, or only the programs that
# are named. The compiler is clang as packaged on PyPI with Zig 0.17.0:
#
#     pip install ziglang==0.17.0
#
# PYTHON says which Python has it (python3 unless told).
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}

build() {
    program=$1
    shift
    echo "$program"
    "$python" -m ziglang cc -target wasm32-wasi -std=c11 -D_GNU_SOURCE -O2 \
        -Wall -Wextra -Wl,-z,stack-size=1048576 "$@" "$program.c" -o "$program.wasm"
    chmod 644 "$program.wasm"
}

for program in ${*:-wordcount json sha256 lisp nbody forth wasi_env simd mandelbrot lines}; do
    case $program in
    json | lisp)
        # these keep their name section, so that traps can name functions
        build "$program"
        "$python" strip_debug.py "$program.wasm"
        ;;
    lines)
        # keeps its debug information, which traps read; the path in it is made up
        echo "$program"
        "$python" -m ziglang cc -target wasm32-freestanding -nostdlib -g -O1 -Wl,--no-entry \
            -fdebug-prefix-map="$PWD"=/src "$program.c" -o "$program.wasm"
        chmod 644 "$program.wasm"
        ;;
    simd) build "$program" -s -msimd128 ;;
    *) build "$program" -s ;;
    esac
done
