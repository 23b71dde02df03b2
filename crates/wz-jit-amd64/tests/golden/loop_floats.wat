;; Float locals stay in registers.
(module
  (func (export "8 locals") (param i32) (result f64)
    (local f64 f64 f64 f64 f64 f64 f64 f64) (loop (local.set 1 (f64.add (local.get 1) (local.get 2))) (local.set 2 (f64.add (local.get 2) (local.get 3))) (local.set 3 (f64.add (local.get 3) (local.get 4))) (local.set 4 (f64.add (local.get 4) (local.get 5))) (local.set 5 (f64.add (local.get 5) (local.get 6))) (local.set 6 (f64.add (local.get 6) (local.get 7))) (local.set 7 (f64.add (local.get 7) (local.get 8))) (local.set 8 (f64.add (local.get 8) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (local.get 1) (local.get 2)) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6)) (local.get 7)) (local.get 8))))

(; code
8 locals: 93 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    xorps xmm1, xmm1
    xorps xmm2, xmm2
    xorps xmm3, xmm3
    xorps xmm4, xmm4
    xorps xmm5, xmm5
    xorps xmm6, xmm6
    xorps xmm7, xmm7
  L0:
    addsd xmm0, xmm1
    addsd xmm1, xmm2
    addsd xmm2, xmm3
    addsd xmm3, xmm4
    addsd xmm4, xmm5
    addsd xmm5, xmm6
    addsd xmm6, xmm7
    addsd xmm7, xmm0
    add esi, -1
    jne L0
    mulsd xmm0, xmm1
    mulsd xmm0, xmm2
    mulsd xmm0, xmm3
    mulsd xmm0, xmm4
    mulsd xmm0, xmm5
    mulsd xmm0, xmm6
    mulsd xmm0, xmm7
    ret
;)
