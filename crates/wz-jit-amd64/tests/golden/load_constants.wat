;; Constant addresses.
(module
  (memory 1)
  (func (export "0") (result i32)
    (i32.load offset=0 (i32.const 0)))
  (func (export "1024") (result i32)
    (i32.load offset=4 (i32.const 1024)))
  (func (export "0x7fffffff") (result i32)
    (i32.load offset=1 (i32.const 0x7fffffff)))
  (func (export "-1") (result i32)
    (i32.load offset=0 (i32.const -1))))

(; code
0: 14 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, [r14]  ; out of bounds memory access
    ret
1024: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, [r14+0x404]  ; out of bounds memory access
    ret
0x7fffffff: 23 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, 0x7FFFFFFF
    mov ecx, [r14+rax+1]  ; out of bounds memory access
    mov eax, ecx
    ret
-1: 22 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, -1
    mov ecx, [r14+rax]  ; out of bounds memory access
    mov eax, ecx
    ret
;)
