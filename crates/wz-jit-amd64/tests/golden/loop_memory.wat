;; A loop over memory.
(module
  (memory 1)
  (func (export "sum") (param i32 i32) (result i32)
    (local i32) (loop (local.set 2 (i32.add (local.get 2) (i32.load offset=4 (local.get 0)))) (local.set 0 (i32.add (local.get 0) (i32.const 4))) (br_if 0 (i32.lt_u (local.get 0) (local.get 1)))) local.get 2)
  (func (export "dot") (param i32 i32 i32) (result f64)
    (local f64) (loop (local.set 3 (f64.add (local.get 3) (f64.mul (f64.load (local.get 0)) (f64.load (local.get 1))))) (local.set 0 (i32.add (local.get 0) (i32.const 8))) (local.set 1 (i32.add (local.get 1) (i32.const 8))) (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))) local.get 3))

(; code
sum: 27 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    xor eax, eax
  L0:
    mov ecx, [r14+rsi+4]  ; out of bounds memory access
    add eax, ecx
    add esi, 4
    cmp esi, edx
    jb L0
    ret
dot: 45 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    xorps xmm0, xmm0
  L0:
    movsd xmm1, [r14+rsi]  ; out of bounds memory access
    movsd xmm2, [r14+rdx]  ; out of bounds memory access
    mulsd xmm1, xmm2
    addsd xmm0, xmm1
    add esi, 8
    add edx, 8
    add ecx, -1
    jne L0
    ret
;)
