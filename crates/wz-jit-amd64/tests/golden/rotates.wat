;; Rotations.
(module
  (func (export "i32.rotl") (param i32 i32) (result i32)
    (i32.rotl (local.get 0) (local.get 1)))
  (func (export "i64.rotr") (param i64 i64) (result i64)
    (i64.rotr (local.get 0) (local.get 1)))
  (func (export "i32.rotl 7") (param i32) (result i32)
    (i32.rotl (local.get 0) (i32.const 7)))
  (func (export "i64.rotr 7") (param i64) (result i64)
    (i64.rotr (local.get 0) (i64.const 7)))
  (func (export "rorx left") (param i32) (result i32 i32)
    (i32.rotl (local.get 0) (i32.const 7)) local.get 0)
  (func (export "rorx right") (param i64) (result i64 i64)
    (i64.rotr (local.get 0) (i64.const 7)) local.get 0))

(; code
i32.rotl: 10 bytes, frame 0
    mov r15, rdi
    mov ecx, edx
    rol esi, cl
    mov eax, esi
    ret
i64.rotr: 13 bytes, frame 0
    mov r15, rdi
    mov rcx, rdx
    ror rsi, cl
    mov rax, rsi
    ret
i32.rotl 7: 9 bytes, frame 0
    mov r15, rdi
    rol esi, 7
    mov eax, esi
    ret
i64.rotr 7: 11 bytes, frame 0
    mov r15, rdi
    ror rsi, 7
    mov rax, rsi
    ret
rorx left: 12 bytes, frame 0
    mov r15, rdi
    rorx eax, esi, 0x19
    mov edx, esi
    ret
rorx right: 13 bytes, frame 0
    mov r15, rdi
    rorx rax, rsi, 7
    mov rdx, rsi
    ret
;)
