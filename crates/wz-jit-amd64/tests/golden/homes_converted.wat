;; Conversions from memory.
(module
  (func (export "i32.wrap_i64") (param i64) (result i32)
    (call $c) (i32.wrap_i64 (local.get 0)))
  (func (export "i64.extend_i32_s") (param i32) (result i64)
    (call $c) (i64.extend_i32_s (local.get 0)))
  (func (export "i64.extend_i32_u") (param i32) (result i64)
    (call $c) (i64.extend_i32_u (local.get 0)))
  (func (export "f64.convert_i32_s") (param i32) (result f64)
    (call $c) (f64.convert_i32_s (local.get 0)))
  (func (export "f64.promote_f32") (param f32) (result f64)
    (call $c) (f64.promote_f32 (local.get 0)))
  (func (export "i32.reinterpret_f32") (param f32) (result i32)
    (call $c) (i32.reinterpret_f32 (local.get 0)))
  (func (export "f64.reinterpret_i64") (param i64) (result f64)
    (call $c) (f64.reinterpret_i64 (local.get 0)))
  (func (export "i32.clz") (param i32) (result i32)
    (call $c) (i32.clz (local.get 0)))
  (func (export "f64.sqrt") (param f64) (result f64)
    (call $c) (f64.sqrt (local.get 0)))
  (func (export "f64.floor") (param f64) (result f64)
    (call $c) (f64.floor (local.get 0)))
  (func (export "i32.extend8_s") (param i32) (result i32)
    (call $c) (i32.extend8_s (local.get 0)))
  (func $c))

(; code
i32.wrap_i64: 38 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    mov eax, [rsp+8]
    add rsp, 0x18
    ret
i64.extend_i32_s: 39 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    movsxd rax, [rsp+8]
    add rsp, 0x18
    ret
i64.extend_i32_u: 38 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    mov eax, [rsp+8]
    add rsp, 0x18
    ret
f64.convert_i32_s: 43 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    xorps xmm0, xmm0
    cvtsi2sd xmm0, dword ptr [rsp+8]
    add rsp, 0x18
    ret
f64.promote_f32: 44 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    movss [rsp+8], xmm0
    call 11
    xorps xmm0, xmm0
    cvtss2sd xmm0, [rsp+8]
    add rsp, 0x18
    ret
i32.reinterpret_f32: 39 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    movss [rsp+8], xmm0
    call 11
    mov eax, [rsp+8]
    add rsp, 0x18
    ret
f64.reinterpret_i64: 40 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    movsd xmm0, [rsp+8]
    add rsp, 0x18
    ret
i32.clz: 40 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    lzcnt eax, [rsp+8]
    add rsp, 0x18
    ret
f64.sqrt: 44 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    movsd [rsp+8], xmm0
    call 11
    xorps xmm0, xmm0
    sqrtsd xmm0, [rsp+8]
    add rsp, 0x18
    ret
f64.floor: 46 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    movsd [rsp+8], xmm0
    call 11
    xorps xmm0, xmm0
    roundsd xmm0, [rsp+8], 9
    add rsp, 0x18
    ret
i32.extend8_s: 39 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 11
    movsx eax, byte ptr [rsp+8]
    add rsp, 0x18
    ret
11: 4 bytes, frame 0
    mov r15, rdi
    ret
;)
