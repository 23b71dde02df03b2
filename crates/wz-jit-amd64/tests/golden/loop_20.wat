;; Twenty locals: the rest are in the frame.
(module
  (func (export "20 locals") (param i32) (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 2))) (local.set 2 (i32.add (local.get 2) (local.get 3))) (local.set 3 (i32.add (local.get 3) (local.get 4))) (local.set 4 (i32.add (local.get 4) (local.get 5))) (local.set 5 (i32.add (local.get 5) (local.get 6))) (local.set 6 (i32.add (local.get 6) (local.get 7))) (local.set 7 (i32.add (local.get 7) (local.get 8))) (local.set 8 (i32.add (local.get 8) (local.get 9))) (local.set 9 (i32.add (local.get 9) (local.get 10))) (local.set 10 (i32.add (local.get 10) (local.get 11))) (local.set 11 (i32.add (local.get 11) (local.get 12))) (local.set 12 (i32.add (local.get 12) (local.get 13))) (local.set 13 (i32.add (local.get 13) (local.get 14))) (local.set 14 (i32.add (local.get 14) (local.get 15))) (local.set 15 (i32.add (local.get 15) (local.get 16))) (local.set 16 (i32.add (local.get 16) (local.get 17))) (local.set 17 (i32.add (local.get 17) (local.get 18))) (local.set 18 (i32.add (local.get 18) (local.get 19))) (local.set 19 (i32.add (local.get 19) (local.get 20))) (local.set 20 (i32.add (local.get 20) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (i32.xor (local.get 1) (local.get 2)) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6)) (local.get 7)) (local.get 8)) (local.get 9)) (local.get 10)) (local.get 11)) (local.get 12)) (local.get 13)) (local.get 14)) (local.get 15)) (local.get 16)) (local.get 17)) (local.get 18)) (local.get 19)) (local.get 20))))

(; code
20 locals: 388 bytes, frame 224
    mov r15, rdi
    push rbx
    push rbp
    push r12
    push r13
    sub rsp, 0xC0
    mov [rsp], r15
    xor eax, eax
    xor ecx, ecx
    xor edx, edx
    xor edi, edi
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    xorps xmm15, xmm15
    movups [rsp+0x50], xmm15
    movups [rsp+0x60], xmm15
    movups [rsp+0x70], xmm15
    movups [rsp+0x80], xmm15
    movups [rsp+0x90], xmm15
    movups [rsp+0xA0], xmm15
    mov ebx, [rsp+0x50]
  L0:
    add eax, ecx
    add ecx, edx
    add edx, edi
    add edi, r8d
    add r8d, r9d
    add r9d, r10d
    add r10d, r11d
    add r11d, ebx
    mov ebp, [rsp+0x58]
    add ebx, ebp
    mov r12d, [rsp+0x60]
    add ebp, r12d
    mov r13d, [rsp+0x68]
    add r12d, r13d
    mov [rsp+0x58], rbp
    mov ebp, [rsp+0x70]
    add r13d, ebp
    mov [rsp+0x60], r12
    mov r12d, [rsp+0x78]
    add ebp, r12d
    mov [rsp+0x68], r13
    mov r13d, [rsp+0x80]
    add r12d, r13d
    mov [rsp+0x70], rbp
    mov ebp, [rsp+0x88]
    add r13d, ebp
    mov [rsp+0x78], r12
    mov r12d, [rsp+0x90]
    add ebp, r12d
    mov [rsp+0x80], r13
    mov r13d, [rsp+0x98]
    add r12d, r13d
    mov [rsp+0x88], rbp
    mov ebp, [rsp+0xA0]
    add r13d, ebp
    mov [rsp+0x90], r12
    mov r12d, [rsp+0xA8]
    add ebp, r12d
    add r12d, eax
    add esi, -1
    je L1
    mov [rsp+0xA0], rbp
    mov [rsp+0xA8], r12
    mov [rsp+0x98], r13
    jmp L0
  L1:
    xor eax, ecx
    xor eax, edx
    xor eax, edi
    xor eax, r8d
    xor eax, r9d
    xor eax, r10d
    xor eax, r11d
    xor eax, ebx
    xor eax, [rsp+0x58]
    xor eax, [rsp+0x60]
    xor eax, [rsp+0x68]
    xor eax, [rsp+0x70]
    xor eax, [rsp+0x78]
    xor eax, [rsp+0x80]
    xor eax, [rsp+0x88]
    xor eax, [rsp+0x90]
    xor eax, r13d
    xor eax, ebp
    xor eax, r12d
    add rsp, 0xC0
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
;)
