;; Powers of 2 are shifts; 3, 5 and 9 are one `lea`; -1 negates.
(module
  (func (export "i32.mul 0") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 0)))
  (func (export "i32.mul 1") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 1)))
  (func (export "i32.mul 2") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 2)))
  (func (export "i32.mul 3") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 3)))
  (func (export "i32.mul 4") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 4)))
  (func (export "i32.mul 5") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 5)))
  (func (export "i32.mul 8") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 8)))
  (func (export "i32.mul 9") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 9)))
  (func (export "i32.mul -1") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const -1)))
  (func (export "i64.mul 0x100000000") (param i64) (result i64)
    (i64.mul (local.get 0) (i64.const 0x100000000)))
  (func (export "3 kept") (param i32) (result i32 i32)
    (i32.mul (local.get 0) (i32.const 3)) local.get 0))

(; code
i32.mul 0: 8 bytes, frame 0
    mov r15, rdi
    xor esi, esi
    mov eax, esi
    ret
i32.mul 1: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
i32.mul 2: 8 bytes, frame 0
    mov r15, rdi
    add esi, esi
    mov eax, esi
    ret
i32.mul 3: 9 bytes, frame 0
    mov r15, rdi
    lea esi, [rsi+rsi*2]
    mov eax, esi
    ret
i32.mul 4: 9 bytes, frame 0
    mov r15, rdi
    shl esi, 2
    mov eax, esi
    ret
i32.mul 5: 9 bytes, frame 0
    mov r15, rdi
    lea esi, [rsi+rsi*4]
    mov eax, esi
    ret
i32.mul 8: 9 bytes, frame 0
    mov r15, rdi
    shl esi, 3
    mov eax, esi
    ret
i32.mul 9: 9 bytes, frame 0
    mov r15, rdi
    lea esi, [rsi+rsi*8]
    mov eax, esi
    ret
i32.mul -1: 8 bytes, frame 0
    mov r15, rdi
    neg esi
    mov eax, esi
    ret
i64.mul 0x100000000: 11 bytes, frame 0
    mov r15, rdi
    shl rsi, 0x20
    mov rax, rsi
    ret
3 kept: 9 bytes, frame 0
    mov r15, rdi
    lea eax, [rsi+rsi*2]
    mov edx, esi
    ret
;)
