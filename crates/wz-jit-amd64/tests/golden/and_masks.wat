;; Masks that are zero extensions; masks of 64 bits that fit 32.
(module
  (func (export "i32.and 255") (param i32) (result i32)
    (i32.and (local.get 0) (i32.const 255)))
  (func (export "i32.and 65535") (param i32) (result i32)
    (i32.and (local.get 0) (i32.const 65535)))
  (func (export "i32.and 15") (param i32) (result i32)
    (i32.and (local.get 0) (i32.const 15)))
  (func (export "i32.and -16") (param i32) (result i32)
    (i32.and (local.get 0) (i32.const -16)))
  (func (export "i64.and 255") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const 255)))
  (func (export "i64.and 65535") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const 65535)))
  (func (export "i64.and 0xffffffff") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const 0xffffffff)))
  (func (export "i64.and 0x80000000") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const 0x80000000)))
  (func (export "i64.and -256") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const -256)))
  (func (export "i64.and 0xff00ff00ff00ff00") (param i64) (result i64)
    (i64.and (local.get 0) (i64.const 0xff00ff00ff00ff00))))

(; code
i32.and 255: 10 bytes, frame 0
    mov r15, rdi
    movzx esi, sil
    mov eax, esi
    ret
i32.and 65535: 9 bytes, frame 0
    mov r15, rdi
    movzx esi, si
    mov eax, esi
    ret
i32.and 15: 9 bytes, frame 0
    mov r15, rdi
    and esi, 0xF
    mov eax, esi
    ret
i32.and -16: 9 bytes, frame 0
    mov r15, rdi
    and esi, -0x10
    mov eax, esi
    ret
i64.and 255: 11 bytes, frame 0
    mov r15, rdi
    movzx esi, sil
    mov rax, rsi
    ret
i64.and 65535: 10 bytes, frame 0
    mov r15, rdi
    movzx esi, si
    mov rax, rsi
    ret
i64.and 0xffffffff: 9 bytes, frame 0
    mov r15, rdi
    mov esi, esi
    mov rax, rsi
    ret
i64.and 0x80000000: 13 bytes, frame 0
    mov r15, rdi
    and esi, -0x80000000
    mov rax, rsi
    ret
i64.and -256: 14 bytes, frame 0
    mov r15, rdi
    and rsi, -0x100
    mov rax, rsi
    ret
i64.and 0xff00ff00ff00ff00: 20 bytes, frame 0
    mov r15, rdi
    mov rax, -0xFF00FF00FF0100
    and rsi, rax
    mov rax, rsi
    ret
;)
