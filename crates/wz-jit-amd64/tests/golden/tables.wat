;; Tables and references.
(module
  (table 10 funcref) (elem declare func $f)
  (func (export "get") (param i32) (result funcref)
    (table.get (local.get 0)))
  (func (export "set") (param i32 funcref)
    (table.set (local.get 0) (local.get 1)))
  (func (export "size") (result i32)
    table.size)
  (func (export "null") (param externref) (result i32)
    (ref.is_null (local.get 0)))
  (func (export "func") (result funcref)
    (ref.func $f))
  (func $f))

(; code
get: 52 bytes, frame 32
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x20
    mov [rsp], r15
    xorps xmm15, xmm15
    movsd [rsp+0x18], xmm15
    mov edx, esi
    xor esi, esi
    mov r11, [r15+0x40]
    call qword ptr [r11+0x28]
    mov [rsp+0x18], rax
    add rsp, 0x20
    ret
set: 55 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    xorps xmm15, xmm15
    movsd [rsp+0x20], xmm15
    mov [rsp+0x18], rdx
    mov rcx, rdx
    mov edx, esi
    xor esi, esi
    mov r11, [r15+0x40]
    call qword ptr [r11+0x30]
    add rsp, 0x28
    ret
size: 12 bytes, frame 0
    mov r15, rdi
    mov rax, [r15+0x60]
    mov rax, [rax+8]
    ret
null: 40 bytes, frame 32
    mov r15, rdi
    sub rsp, 0x20
    mov [rsp], r15
    xorps xmm15, xmm15
    movsd [rsp+0x18], xmm15
    mov [rsp+0x10], rsi
    xor eax, eax
    test rsi, rsi
    sete al
    add rsp, 0x20
    ret
func: 53 bytes, frame 16
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x10
    mov [rsp], r15
    xorps xmm15, xmm15
    movsd [rsp+8], xmm15
    mov esi, 5
    mov r11, [r15+0x40]
    call qword ptr [r11+0x60]
    mov [rsp+8], rax
    add rsp, 0x10
    ret
5: 4 bytes, frame 0
    mov r15, rdi
    ret
;)
