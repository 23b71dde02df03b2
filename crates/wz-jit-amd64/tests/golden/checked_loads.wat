;; with checked
;; The end of the access is compared with the length.
(module
  (memory 1)
  (func (export "i32.load") (param i32) (result i32)
    (i32.load  (local.get 0)))
  (func (export "i64.loadoffset=100") (param i32) (result i64)
    (i64.load offset=100 (local.get 0)))
  (func (export "i32.load8_uoffset=0xffffffff") (param i32) (result i32)
    (i32.load8_u offset=0xffffffff (local.get 0)))
  (func (export "f64.load") (param i32) (result f64)
    (f64.load  (local.get 0))))

(; code
i32.load: 37 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+4]
    cmp rcx, [rax+8]
    ja L0
    mov esi, [r14+rsi]
    mov eax, esi
    ret
  L0:
    ud2  ; out of bounds memory access
i64.loadoffset=100: 39 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+0x6C]
    cmp rcx, [rax+8]
    ja L0
    mov rsi, [r14+rsi+0x64]
    mov rax, rsi
    ret
  L0:
    ud2  ; out of bounds memory access
i32.load8_uoffset=0xffffffff: 48 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    mov rcx, 0x100000000
    add rcx, rsi
    cmp rcx, [rax+8]
    ja L0
    movzx esi, byte ptr [r14+rcx-1]
    mov eax, esi
    ret
  L0:
    ud2  ; out of bounds memory access
f64.load: 37 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+8]
    cmp rcx, [rax+8]
    ja L0
    movsd xmm0, [r14+rsi]
    ret
  L0:
    ud2  ; out of bounds memory access
;)
