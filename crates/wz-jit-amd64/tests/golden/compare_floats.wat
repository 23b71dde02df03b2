;; Less is greater with swapped operands; equal is two conditions.
(module
  (func (export "f64.eq") (param f64 f64) (result i32)
    (f64.eq (local.get 0) (local.get 1)))
  (func (export "f64.ne") (param f64 f64) (result i32)
    (f64.ne (local.get 0) (local.get 1)))
  (func (export "f64.lt") (param f64 f64) (result i32)
    (f64.lt (local.get 0) (local.get 1)))
  (func (export "f64.gt") (param f64 f64) (result i32)
    (f64.gt (local.get 0) (local.get 1)))
  (func (export "f64.le") (param f64 f64) (result i32)
    (f64.le (local.get 0) (local.get 1)))
  (func (export "f64.ge") (param f64 f64) (result i32)
    (f64.ge (local.get 0) (local.get 1)))
  (func (export "f32.lt") (param f32 f32) (result i32)
    (f32.lt (local.get 0) (local.get 1)))
  (func (export "f64.gt 0") (param f64) (result i32)
    (f64.gt (local.get 0) (f64.const 0)))
  (func (export "f64.lt 1.5") (param f64) (result i32)
    (f64.lt (local.get 0) (f64.const 1.5))))

(; code
f64.eq: 21 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm0, xmm1
    mov ecx, 0
    setnp al
    cmovne eax, ecx
    ret
f64.ne: 21 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm0, xmm1
    mov ecx, 1
    setp al
    cmovne eax, ecx
    ret
f64.lt: 13 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm1, xmm0
    seta al
    ret
f64.gt: 13 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm0, xmm1
    seta al
    ret
f64.le: 13 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm1, xmm0
    setae al
    ret
f64.ge: 13 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomisd xmm0, xmm1
    setae al
    ret
f32.lt: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    ucomiss xmm1, xmm0
    seta al
    ret
f64.gt 0: 16 bytes, frame 0
    mov r15, rdi
    xorps xmm1, xmm1
    xor eax, eax
    ucomisd xmm0, xmm1
    seta al
    ret
f64.lt 1.5: 21 bytes, frame 0
    mov r15, rdi
    movsd xmm1, [0x3ff8000000000000]
    xor eax, eax
    ucomisd xmm1, xmm0
    seta al
    ret
;)
