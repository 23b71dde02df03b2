;; Few bytes of a constant, or of a register.
(module
  (memory 1)
  (func (export "3 of (i32.const 0)") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 0) (i32.const 3)))
  (func (export "8 of (i32.const 7)") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 7) (i32.const 8)))
  (func (export "16 of (i32.const 0)") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 0) (i32.const 16)))
  (func (export "20 of (i32.const 7)") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 7) (i32.const 20)))
  (func (export "64 of (i32.const 0)") (param i32 i32)
    (memory.fill (local.get 0) (i32.const 0) (i32.const 64)))
  (func (export "1 of (local.get 1)") (param i32 i32)
    (memory.fill (local.get 0) (local.get 1) (i32.const 1)))
  (func (export "13 of (local.get 1)") (param i32 i32)
    (memory.fill (local.get 0) (local.get 1) (i32.const 13))))

(; code
3 of (i32.const 0): 24 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov byte ptr [r14+rsi+2], 0  ; out of bounds memory access
    mov word ptr [r14+rsi], 0  ; out of bounds memory access
    ret
8 of (i32.const 7): 25 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, 0x707070707070707
    mov [r14+rsi], rax  ; out of bounds memory access
    ret
16 of (i32.const 0): 20 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    xorps xmm15, xmm15
    movups [r14+rsi], xmm15  ; out of bounds memory access
    ret
20 of (i32.const 7): 33 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movups xmm15, [0x07070707070707070707070707070707]
    mov dword ptr [r14+rsi+0x10], 0x7070707  ; out of bounds memory access
    movups [r14+rsi], xmm15  ; out of bounds memory access
    ret
64 of (i32.const 0): 38 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    xorps xmm15, xmm15
    movups [r14+rsi+0x30], xmm15  ; out of bounds memory access
    movups [r14+rsi+0x20], xmm15  ; out of bounds memory access
    movups [r14+rsi+0x10], xmm15  ; out of bounds memory access
    movups [r14+rsi], xmm15  ; out of bounds memory access
    ret
1 of (local.get 1): 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], dl  ; out of bounds memory access
    ret
13 of (local.get 1): 37 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx ecx, dl
    mov rax, 0x101010101010101
    imul rcx, rax
    mov [r14+rsi+5], rcx  ; out of bounds memory access
    mov [r14+rsi], rcx  ; out of bounds memory access
    ret
;)
