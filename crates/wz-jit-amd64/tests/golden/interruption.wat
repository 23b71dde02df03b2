;; with interruption
;; A comparison at each loop header.
(module
  (func (export "1 locals") (param i32) (result i32)
    (local i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))

(; code
1 locals: 75 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x10000], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    xor eax, eax
    mov rcx, [r15+0x58]
    cmp dword ptr [rcx], 0
    jne L1
  L0:
    mov rcx, [r15+0x58]
    cmp dword ptr [rcx], 0
    jne L2
    add eax, eax
    add esi, -1
    jne L0
    add rsp, 0x28
    ret
  L1:
    mov r11, [r15+0x40]
    call qword ptr [r11+0x70]
  L2:
    mov r11, [r15+0x40]
    call qword ptr [r11+0x70]
;)
