;; NaN takes the branch of "not".
(module
  (func (export "lt") (param f64 f64) (result i32)
    (block (br_if 0 (f64.lt (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "not lt") (param f64 f64) (result i32)
    (block (br_if 0 (i32.eqz (f64.lt (local.get 0) (local.get 1)))) (return (i32.const 1))) i32.const 2)
  (func (export "eq") (param f64 f64) (result i32)
    (block (br_if 0 (f64.eq (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "ne") (param f32 f32) (result i32)
    (block (br_if 0 (f32.ne (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2))

(; code
lt: 29 bytes, frame 0
    mov r15, rdi
    ucomisd xmm1, xmm0
    ja L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
not lt: 29 bytes, frame 0
    mov r15, rdi
    ucomisd xmm1, xmm0
    jbe L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
eq: 31 bytes, frame 0
    mov r15, rdi
    ucomisd xmm0, xmm1
    jne L0
    jnp L1
  L0:
    mov eax, 1
    jmp L2
  L1:
    mov eax, 2
  L2:
    ret
ne: 34 bytes, frame 0
    mov r15, rdi
    ucomiss xmm0, xmm1
    jne L0
    jp L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
;)
