;; with baseline
;; BSR and BSF with their case for 0; POPCNT by sums.
(module
  (func (export "i32.clz") (param i32) (result i32)
    (i32.clz (local.get 0)))
  (func (export "i32.ctz") (param i32) (result i32)
    (i32.ctz (local.get 0)))
  (func (export "i32.popcnt") (param i32) (result i32)
    (i32.popcnt (local.get 0)))
  (func (export "i64.clz") (param i64) (result i64)
    (i64.clz (local.get 0)))
  (func (export "i64.ctz") (param i64) (result i64)
    (i64.ctz (local.get 0)))
  (func (export "i64.popcnt") (param i64) (result i64)
    (i64.popcnt (local.get 0))))

(; code
i32.clz: 20 bytes, frame 0
    mov r15, rdi
    bsr esi, esi
    mov eax, 0x3F
    cmove esi, eax
    xor esi, 0x1F
    mov eax, esi
    ret
i32.ctz: 17 bytes, frame 0
    mov r15, rdi
    bsf esi, esi
    mov eax, 0x20
    cmove esi, eax
    mov eax, esi
    ret
i32.popcnt: 60 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    shr eax, 1
    mov ecx, 0x55555555
    and eax, ecx
    sub esi, eax
    mov ecx, 0x33333333
    mov eax, esi
    shr eax, 2
    and eax, ecx
    and esi, ecx
    add esi, eax
    mov eax, esi
    shr eax, 4
    add esi, eax
    mov ecx, 0xF0F0F0F
    and esi, ecx
    mov ecx, 0x1010101
    imul esi, ecx
    shr esi, 0x18
    mov eax, esi
    ret
i64.clz: 22 bytes, frame 0
    mov r15, rdi
    bsr rsi, rsi
    mov eax, 0x7F
    cmove esi, eax
    xor esi, 0x3F
    mov rax, rsi
    ret
i64.ctz: 19 bytes, frame 0
    mov r15, rdi
    bsf rsi, rsi
    mov eax, 0x40
    cmove esi, eax
    mov rax, rsi
    ret
i64.popcnt: 96 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    shr rax, 1
    mov rcx, 0x5555555555555555
    and rax, rcx
    sub rsi, rax
    mov rcx, 0x3333333333333333
    mov rax, rsi
    shr rax, 2
    and rax, rcx
    and rsi, rcx
    add rsi, rax
    mov rax, rsi
    shr rax, 4
    add rsi, rax
    mov rcx, 0xF0F0F0F0F0F0F0F
    and rsi, rcx
    mov rcx, 0x101010101010101
    imul rsi, rcx
    shr rsi, 0x38
    mov rax, rsi
    ret
;)
