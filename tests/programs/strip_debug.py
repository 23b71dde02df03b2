#!/usr/bin/env python3
"""Removes the custom sections of a WebAssembly module except for its names.

    python strip_debug.py FILE

The linker's own option for that drops the names too.
"""

import pathlib
import sys

KEPT = {b"name"}


def read_leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def strip(data):
    if data[:8] != b"\0asm\x01\0\0\0":
        raise SystemExit("not a WebAssembly module")
    out = bytearray(data[:8])
    at = 8
    while at < len(data):
        start = at
        section = data[at]
        size, body = read_leb128(data, at + 1)
        at = body + size
        if section == 0:
            length, name_at = read_leb128(data, body)
            if data[name_at : name_at + length] not in KEPT:
                continue
        out += data[start:at]
    return bytes(out)


if __name__ == "__main__":
    path = pathlib.Path(sys.argv[1])
    path.write_bytes(strip(path.read_bytes()))
