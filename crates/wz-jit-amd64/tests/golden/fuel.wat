;; with fuel
;; Fuel is charged at the head of each straight-line segment.
(module
  (func (export "1 locals") (param i32) (result i32)
    (local i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))

(; code
1 locals: 53 bytes, frame 0
    mov r15, rdi
    xor eax, eax
  L0:
    mov rcx, [r15+0x10]
    sub qword ptr [rcx], 9
    jb L1
    add eax, eax
    add esi, -1
    jne L0
    mov rcx, [r15+0x10]
    sub qword ptr [rcx], 1
    jb L2
    ret
  L1:
    add qword ptr [rcx], 9
    ud2  ; out of fuel
  L2:
    add qword ptr [rcx], 1
    ud2  ; out of fuel
;)
