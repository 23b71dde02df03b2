;; with interruption
;; A comparison at each loop header.
(module
  (func (export "1 locals") (param i32) (result i32)
    (local i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))

(; code
1 locals: 43 bytes, frame 0
    mov r15, rdi
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
    ret
  L1:
    ud2  ; interrupted
  L2:
    ud2  ; interrupted
;)
