;; Subtraction of a constant adds its negative; from 0 it negates.
(module
  (func (export "i32.sub") (param i32 i32) (result i32)
    (i32.sub (local.get 0) (local.get 1)))
  (func (export "i32.sub kept") (param i32 i32) (result i32 i32 i32)
    (i32.sub (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "i32.sub 5") (param i32) (result i32)
    (i32.sub (local.get 0) (i32.const 5)))
  (func (export "i64.sub -0x80000000") (param i64) (result i64)
    (i64.sub (local.get 0) (i64.const -0x80000000)))
  (func (export "negate") (param i32) (result i32)
    (i32.sub (i32.const 0) (local.get 0)))
  (func (export "from a constant") (param i32) (result i32)
    (i32.sub (i32.const 100) (local.get 0)))
  (func (export "from itself in the result") (param i32 i32) (result i32 i32)
    (local.set 1 (i32.sub (local.get 0) (local.get 1))) local.get 1 local.get 0))

(; code
i32.sub: 8 bytes, frame 0
    mov r15, rdi
    sub esi, edx
    mov eax, esi
    ret
i32.sub kept: 12 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sub eax, edx
    mov ecx, edx
    mov edx, esi
    ret
i32.sub 5: 9 bytes, frame 0
    mov r15, rdi
    add esi, -5
    mov eax, esi
    ret
i64.sub -0x80000000: 14 bytes, frame 0
    mov r15, rdi
    sub rsi, -0x80000000
    mov rax, rsi
    ret
negate: 8 bytes, frame 0
    mov r15, rdi
    neg esi
    mov eax, esi
    ret
from a constant: 11 bytes, frame 0
    mov r15, rdi
    mov eax, 0x64
    sub eax, esi
    ret
from itself in the result: 10 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sub eax, edx
    mov edx, esi
    ret
;)
