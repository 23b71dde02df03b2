;; The same for floats.
(module
  (func (export "20 live f64") (param f64 f64) (result f64)
    (local f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64) (local.set 2 (f64.add (local.get 0) (local.get 1))) (local.set 3 (f64.add (local.get 1) (local.get 2))) (local.set 4 (f64.add (local.get 2) (local.get 3))) (local.set 5 (f64.add (local.get 3) (local.get 4))) (local.set 6 (f64.add (local.get 4) (local.get 5))) (local.set 7 (f64.add (local.get 5) (local.get 6))) (local.set 8 (f64.add (local.get 6) (local.get 7))) (local.set 9 (f64.add (local.get 7) (local.get 8))) (local.set 10 (f64.add (local.get 8) (local.get 9))) (local.set 11 (f64.add (local.get 9) (local.get 10))) (local.set 12 (f64.add (local.get 10) (local.get 11))) (local.set 13 (f64.add (local.get 11) (local.get 12))) (local.set 14 (f64.add (local.get 12) (local.get 13))) (local.set 15 (f64.add (local.get 13) (local.get 14))) (local.set 16 (f64.add (local.get 14) (local.get 15))) (local.set 17 (f64.add (local.get 15) (local.get 16))) (local.set 18 (f64.add (local.get 16) (local.get 17))) (local.set 19 (f64.add (local.get 17) (local.get 18))) (local.set 20 (f64.add (local.get 18) (local.get 19))) (local.set 21 (f64.add (local.get 19) (local.get 20))) (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (f64.mul (local.get 2) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6)) (local.get 7)) (local.get 8)) (local.get 9)) (local.get 10)) (local.get 11)) (local.get 12)) (local.get 13)) (local.get 14)) (local.get 15)) (local.get 16)) (local.get 17)) (local.get 18)) (local.get 19)) (local.get 20)) (local.get 21))))

(; code
20 live f64: 247 bytes, frame 200
    mov r15, rdi
    sub rsp, 0xC8
    mov [rsp], r15
    addsd xmm0, xmm1
    addsd xmm1, xmm0
    vaddsd xmm2, xmm0, xmm1
    vaddsd xmm3, xmm1, xmm2
    vaddsd xmm4, xmm2, xmm3
    vaddsd xmm5, xmm3, xmm4
    vaddsd xmm6, xmm4, xmm5
    vaddsd xmm7, xmm5, xmm6
    vaddsd xmm8, xmm6, xmm7
    vaddsd xmm9, xmm7, xmm8
    vaddsd xmm10, xmm8, xmm9
    vaddsd xmm11, xmm9, xmm10
    vaddsd xmm12, xmm10, xmm11
    vaddsd xmm13, xmm11, xmm12
    vaddsd xmm14, xmm12, xmm13
    movsd [rsp+0x18], xmm0
    vaddsd xmm0, xmm13, xmm14
    movsd [rsp+0x20], xmm1
    vaddsd xmm1, xmm14, xmm0
    movsd [rsp+0x28], xmm2
    vaddsd xmm2, xmm0, xmm1
    movsd [rsp+0x30], xmm3
    vaddsd xmm3, xmm1, xmm2
    movsd [rsp+0x38], xmm4
    vaddsd xmm4, xmm2, xmm3
    movsd [rsp+0x40], xmm5
    movsd xmm5, [rsp+0x18]
    mulsd xmm5, [rsp+0x20]
    mulsd xmm5, [rsp+0x28]
    mulsd xmm5, [rsp+0x30]
    mulsd xmm5, [rsp+0x38]
    mulsd xmm5, [rsp+0x40]
    mulsd xmm5, xmm6
    mulsd xmm5, xmm7
    mulsd xmm5, xmm8
    mulsd xmm5, xmm9
    mulsd xmm5, xmm10
    mulsd xmm5, xmm11
    mulsd xmm5, xmm12
    mulsd xmm5, xmm13
    mulsd xmm5, xmm14
    mulsd xmm5, xmm0
    mulsd xmm5, xmm1
    mulsd xmm5, xmm2
    mulsd xmm5, xmm3
    mulsd xmm5, xmm4
    movaps xmm0, xmm5
    add rsp, 0xC8
    ret
;)
