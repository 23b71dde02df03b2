;; Own globals are part of the vmctx, imported ones behind a pointer.
(module
  (import "m" "g" (global $i i64)) (global $g (mut i32) (i32.const 1)) (global $f (mut f64) (f64.const 1))
  (func (export "own") (param i32) (result i32)
    (global.set $g (i32.add (global.get $g) (local.get 0))) (global.get $g))
  (func (export "imported") (result i64)
    (global.get $i))
  (func (export "float") (param f64)
    (global.set $f (f64.mul (global.get $f) (local.get 0))))
  (func (export "constant") 
    (global.set $g (i32.const 7))))

(; code
own: 18 bytes, frame 0
    mov r15, rdi
    mov eax, [r15+0x60]
    add eax, esi
    mov [r15+0x60], eax
    mov eax, [r15+0x60]
    ret
imported: 17 bytes, frame 0
    mov r15, rdi
    mov rax, [r15+0x80]
    mov rcx, [rax]
    mov rax, rcx
    ret
float: 20 bytes, frame 0
    mov r15, rdi
    movsd xmm1, [r15+0x70]
    mulsd xmm1, xmm0
    movsd [r15+0x70], xmm1
    ret
constant: 12 bytes, frame 0
    mov r15, rdi
    mov dword ptr [r15+0x60], 7
    ret
;)
