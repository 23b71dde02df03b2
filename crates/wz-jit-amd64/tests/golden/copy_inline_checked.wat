;; with checked
;; Both ranges are checked before anything is written.
(module
  (memory 1)
  (func (export "24") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 24))))

(; code
24: 71 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+0x18]
    cmp rcx, [rax+8]
    ja L0
    mov rdi, [r15+0x50]
    lea r8, [rdx+0x18]
    cmp r8, [rdi+8]
    ja L1
    movups xmm0, [r14+rdx]
    mov r9, [r14+rdx+0x10]
    mov [r14+rsi+0x10], r9
    movups [r14+rsi], xmm0
    ret
  L0:
    ud2  ; out of bounds memory access
  L1:
    ud2  ; out of bounds memory access
;)
