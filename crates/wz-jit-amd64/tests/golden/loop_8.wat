;; Eight locals stay in registers.
(module
  (func (export "8 locals") (param i32) (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 2))) (local.set 2 (i32.add (local.get 2) (local.get 3))) (local.set 3 (i32.add (local.get 3) (local.get 4))) (local.set 4 (i32.add (local.get 4) (local.get 5))) (local.set 5 (i32.add (local.get 5) (local.get 6))) (local.set 6 (i32.add (local.get 6) (local.get 7))) (local.set 7 (i32.add (local.get 7) (local.get 8))) (local.set 8 (i32.add (local.get 8) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (local.get 1) (local.get 2)) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6)) (local.get 7)) (local.get 8))))

(; code
8 locals: 68 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    xor ecx, ecx
    xor edx, edx
    xor edi, edi
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
  L0:
    add eax, ecx
    add ecx, edx
    add edx, edi
    add edi, r8d
    add r8d, r9d
    add r9d, r10d
    add r10d, r11d
    add r11d, eax
    add esi, -1
    jne L0
    xor eax, ecx
    xor eax, edx
    xor eax, edi
    xor eax, r8d
    xor eax, r9d
    xor eax, r10d
    xor eax, r11d
    ret
;)
