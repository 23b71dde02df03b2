;; Offsets as displacements of 8 or 32 bits; larger ones are checked.
(module
  (memory 1)
  (func (export "i32.loadoffset=1") (param i32) (result i32)
    (i32.load offset=1 (local.get 0)))
  (func (export "i32.loadoffset=127") (param i32) (result i32)
    (i32.load offset=127 (local.get 0)))
  (func (export "i32.loadoffset=128") (param i32) (result i32)
    (i32.load offset=128 (local.get 0)))
  (func (export "i32.loadoffset=0x7fffffff") (param i32) (result i32)
    (i32.load offset=0x7fffffff (local.get 0)))
  (func (export "i32.loadoffset=0x80000000") (param i32) (result i32)
    (i32.load offset=0x80000000 (local.get 0)))
  (func (export "i32.loadoffset=0xffffffff") (param i32) (result i32)
    (i32.load offset=0xffffffff (local.get 0))))

(; code
i32.loadoffset=1: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi+1]  ; out of bounds memory access
    mov eax, esi
    ret
i32.loadoffset=127: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi+0x7F]  ; out of bounds memory access
    mov eax, esi
    ret
i32.loadoffset=128: 21 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi+0x80]  ; out of bounds memory access
    mov eax, esi
    ret
i32.loadoffset=0x7fffffff: 21 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi+0x7FFFFFFF]  ; out of bounds memory access
    mov eax, esi
    ret
i32.loadoffset=0x80000000: 42 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    mov ecx, -0x7FFFFFFC
    add rcx, rsi
    cmp rcx, [rax+8]
    ja L0
    mov esi, [r14+rcx-4]
    mov eax, esi
    ret
  L0:
    ud2  ; out of bounds memory access
i32.loadoffset=0xffffffff: 47 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    mov rcx, 0x100000003
    add rcx, rsi
    cmp rcx, [rax+8]
    ja L0
    mov esi, [r14+rcx-4]
    mov eax, esi
    ret
  L0:
    ud2  ; out of bounds memory access
;)
