;; More live values than registers: stored once, read from memory where they die.
(module
  (func (export "20 live i32") (param i32 i32) (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (local.set 2 (i32.add (local.get 0) (local.get 1))) (local.set 3 (i32.add (local.get 1) (local.get 2))) (local.set 4 (i32.add (local.get 2) (local.get 3))) (local.set 5 (i32.add (local.get 3) (local.get 4))) (local.set 6 (i32.add (local.get 4) (local.get 5))) (local.set 7 (i32.add (local.get 5) (local.get 6))) (local.set 8 (i32.add (local.get 6) (local.get 7))) (local.set 9 (i32.add (local.get 7) (local.get 8))) (local.set 10 (i32.add (local.get 8) (local.get 9))) (local.set 11 (i32.add (local.get 9) (local.get 10))) (local.set 12 (i32.add (local.get 10) (local.get 11))) (local.set 13 (i32.add (local.get 11) (local.get 12))) (local.set 14 (i32.add (local.get 12) (local.get 13))) (local.set 15 (i32.add (local.get 13) (local.get 14))) (local.set 16 (i32.add (local.get 14) (local.get 15))) (local.set 17 (i32.add (local.get 15) (local.get 16))) (local.set 18 (i32.add (local.get 16) (local.get 17))) (local.set 19 (i32.add (local.get 17) (local.get 18))) (local.set 20 (i32.add (local.get 18) (local.get 19))) (local.set 21 (i32.add (local.get 19) (local.get 20))) (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (i32.mul (local.get 2) (local.get 3)) (local.get 4)) (local.get 5)) (local.get 6)) (local.get 7)) (local.get 8)) (local.get 9)) (local.get 10)) (local.get 11)) (local.get 12)) (local.get 13)) (local.get 14)) (local.get 15)) (local.get 16)) (local.get 17)) (local.get 18)) (local.get 19)) (local.get 20)) (local.get 21))))

(; code
20 live i32: 241 bytes, frame 232
    mov r15, rdi
    push rbx
    push rbp
    push r12
    push r13
    sub rsp, 0xC8
    mov [rsp], r15
    add esi, edx
    add edx, esi
    lea eax, [rsi+rdx]
    lea ecx, [rdx+rax]
    lea edi, [rax+rcx]
    lea r8d, [rcx+rdi]
    lea r9d, [rdi+r8]
    lea r10d, [r8+r9]
    lea r11d, [r9+r10]
    lea ebx, [r10+r11]
    lea ebp, [r11+rbx]
    lea r12d, [rbx+rbp]
    lea r13d, [r12+rbp]
    mov [rsp+0x30], rcx
    lea ecx, [r12+r13]
    mov [rsp+0x20], rdx
    lea edx, [rcx+r13]
    mov [rsp+0x60], rbx
    lea ebx, [rcx+rdx]
    mov [rsp+0x68], rbp
    lea ebp, [rdx+rbx]
    mov [rsp+0x18], rsi
    lea esi, [rbx+rbp]
    mov [rsp+0x38], rdi
    lea edi, [rsi+rbp]
    mov [rsp+0x40], r8
    lea r8d, [rsi+rdi]
    mov [rsp+0x48], r9
    mov r9d, [rsp+0x18]
    imul r9d, [rsp+0x20]
    imul r9d, eax
    imul r9d, [rsp+0x30]
    imul r9d, [rsp+0x38]
    imul r9d, [rsp+0x40]
    imul r9d, [rsp+0x48]
    imul r9d, r10d
    imul r9d, r11d
    imul r9d, [rsp+0x60]
    imul r9d, [rsp+0x68]
    imul r9d, r12d
    imul r9d, r13d
    imul r9d, ecx
    imul r9d, edx
    imul r9d, ebx
    imul r9d, ebp
    imul r9d, esi
    imul r9d, edi
    imul r9d, r8d
    mov eax, r9d
    add rsp, 0xC8
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
;)
