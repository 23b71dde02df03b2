;; Few bytes: loads, then stores from the end.
(module
  (memory 1)
  (func (export "1") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 1)))
  (func (export "3") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 3)))
  (func (export "4") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 4)))
  (func (export "7") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 7)))
  (func (export "8") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
  (func (export "16") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 16)))
  (func (export "24") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 24)))
  (func (export "64") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 64))))

(; code
1: 20 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx eax, byte ptr [r14+rdx]  ; out of bounds memory access
    mov [r14+rsi], al  ; out of bounds memory access
    ret
3: 32 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx eax, word ptr [r14+rdx]  ; out of bounds memory access
    movzx ecx, byte ptr [r14+rdx+2]  ; out of bounds memory access
    mov [r14+rsi+2], cl  ; out of bounds memory access
    mov [r14+rsi], ax  ; out of bounds memory access
    ret
4: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, [r14+rdx]  ; out of bounds memory access
    mov [r14+rsi], eax  ; out of bounds memory access
    ret
7: 29 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, [r14+rdx]  ; out of bounds memory access
    mov ecx, [r14+rdx+3]  ; out of bounds memory access
    mov [r14+rsi+3], ecx  ; out of bounds memory access
    mov [r14+rsi], eax  ; out of bounds memory access
    ret
8: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r14+rdx]  ; out of bounds memory access
    mov [r14+rsi], rax  ; out of bounds memory access
    ret
16: 21 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movups xmm0, [r14+rdx]  ; out of bounds memory access
    movups [r14+rsi], xmm0  ; out of bounds memory access
    ret
24: 31 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movups xmm0, [r14+rdx]  ; out of bounds memory access
    mov rax, [r14+rdx+0x10]  ; out of bounds memory access
    mov [r14+rsi+0x10], rax  ; out of bounds memory access
    movups [r14+rsi], xmm0  ; out of bounds memory access
    ret
64: 57 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movups xmm0, [r14+rdx]  ; out of bounds memory access
    movups xmm1, [r14+rdx+0x10]  ; out of bounds memory access
    movups xmm2, [r14+rdx+0x20]  ; out of bounds memory access
    movups xmm3, [r14+rdx+0x30]  ; out of bounds memory access
    movups [r14+rsi+0x30], xmm3  ; out of bounds memory access
    movups [r14+rsi+0x20], xmm2  ; out of bounds memory access
    movups [r14+rsi+0x10], xmm1  ; out of bounds memory access
    movups [r14+rsi], xmm0  ; out of bounds memory access
    ret
;)
