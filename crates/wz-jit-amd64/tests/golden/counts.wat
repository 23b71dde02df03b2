;; LZCNT, TZCNT, POPCNT.
(module
  (func (export "i32.clz") (param i32) (result i32)
    (i32.clz (local.get 0)))
  (func (export "i32.ctz") (param i32) (result i32)
    (i32.ctz (local.get 0)))
  (func (export "i32.popcnt") (param i32) (result i32)
    (i32.popcnt (local.get 0)))
  (func (export "i64.clz") (param i64) (result i64)
    (i64.clz (local.get 0)))
  (func (export "i64.ctz") (param i64) (result i64)
    (i64.ctz (local.get 0)))
  (func (export "i64.popcnt") (param i64) (result i64)
    (i64.popcnt (local.get 0)))
  (func (export "popcnt kept") (param i32) (result i32 i32)
    (i32.popcnt (local.get 0)) local.get 0))

(; code
i32.clz: 10 bytes, frame 0
    mov r15, rdi
    lzcnt esi, esi
    mov eax, esi
    ret
i32.ctz: 10 bytes, frame 0
    mov r15, rdi
    tzcnt esi, esi
    mov eax, esi
    ret
i32.popcnt: 10 bytes, frame 0
    mov r15, rdi
    popcnt esi, esi
    mov eax, esi
    ret
i64.clz: 12 bytes, frame 0
    mov r15, rdi
    lzcnt rsi, rsi
    mov rax, rsi
    ret
i64.ctz: 12 bytes, frame 0
    mov r15, rdi
    tzcnt rsi, rsi
    mov rax, rsi
    ret
i64.popcnt: 12 bytes, frame 0
    mov r15, rdi
    popcnt rsi, rsi
    mov rax, rsi
    ret
popcnt kept: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    popcnt eax, esi
    mov edx, esi
    ret
;)
