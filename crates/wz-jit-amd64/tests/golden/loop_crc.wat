;; A byte of a CRC: the result goes where its local is.
(module
  (func (export "crc") (param i32) (result i32)
    (local i32) (local.set 1 (i32.const 8)) (loop (local.set 0 (i32.xor (i32.shr_u (local.get 0) (i32.const 1)) (i32.and (i32.const 0xedb88320) (i32.sub (i32.const 0) (i32.and (local.get 0) (i32.const 1)))))) (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) local.get 0))

(; code
crc: 33 bytes, frame 0
    mov r15, rdi
    mov eax, 8
  L0:
    mov ecx, esi
    shr ecx, 1
    and esi, 1
    neg esi
    and esi, -0x12477CE0
    xor esi, ecx
    add eax, -1
    jne L0
    mov eax, esi
    ret
;)
