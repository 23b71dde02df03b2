;; with checked
;; Constant addresses, checked.
(module
  (memory 1)
  (func (export "0") (result i32)
    (i32.load offset=0 (i32.const 0)))
  (func (export "-1") (result i32)
    (i32.load offset=4 (i32.const -1))))

(; code
0: 33 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    cmp qword ptr [rax+8], 4
    jb L0
    mov edx, [r14]
    mov eax, edx
    ret
  L0:
    ud2  ; out of bounds memory access
-1: 44 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    mov rcx, 0x100000007
    cmp rcx, [rax+8]
    ja L0
    mov edx, [r14+rcx-4]
    mov eax, edx
    ret
  L0:
    ud2  ; out of bounds memory access
;)
