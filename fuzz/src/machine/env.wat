;; What modules under test import: items to share, and functions whose calls leave the instance.
(module
  (type $wide (func (param i32 i64 f64 i32 i64 i32 i64 i32 i64 f32 i64)
    (result i64 f64 i64 i32 i64 i64 i64 i64)))
  (type $unary (func (param i32) (result i32)))
  (memory (export "memory") 1 8)
  (table $table (export "table") 8 32 funcref)
  (global (export "constant") i32 (i32.const 3))
  (global $variable (export "variable") (mut i64) (i64.const 7))
  (global $float (export "float") (mut f64) (f64.const 1.5))
  (elem (table $table) (i32.const 0) func $bump $grow $bump)

  ;; Changes a global and the memory.
  (func $bump (export "bump") (param i32) (result i32)
    (global.set $variable (i64.add (global.get $variable) (i64.extend_i32_s (local.get 0))))
    (i32.store offset=16
      (i32.and (local.get 0) (i32.const 0xfffc))
      (i32.wrap_i64 (global.get $variable)))
    (i32.add (local.get 0) (i32.const 3)))

  ;; Grows the memory, which may move it.
  (func $grow (export "grow") (param i32) (result i32)
    (i32.add (memory.grow (i32.and (local.get 0) (i32.const 1))) (memory.size)))

  ;; More arguments and results than registers.
  (func (export "many")
    (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 i32 i64 i32 i64)
    (result i64 f64 i32 i64 f32 i32 i64 i64)
    (i64.add (local.get 1) (local.get 13))
    (f64.promote_f32 (local.get 2))
    (i32.sub (local.get 0) (local.get 12))
    (i64.xor (local.get 5) (local.get 9))
    (local.get 6)
    (i32.mul (local.get 4) (local.get 10))
    (i64.shl (local.get 11) (i64.const 3))
    (i64.extend_i32_u (local.get 8)))

  ;; Goes on in the last of the shared elements, with as many arguments and results in memory, or gives some back.
  (func (export "wide") (type $wide)
    (if (i32.and (local.get 0) (i32.const 1)) (then (return
      (local.get 1) (local.get 2) (local.get 4) (i32.add (local.get 3) (local.get 5)) (local.get 6) (local.get 8)
      (i64.extend_i32_u (local.get 7)) (local.get 10))))
    (return_call_indirect $table (type $wide)
      (i32.shr_u (local.get 0) (i32.const 1)) (local.get 10) (f64.promote_f32 (local.get 9)) (local.get 7)
      (i64.add (local.get 8) (i64.load (i32.const 64))) (local.get 5) (local.get 6) (local.get 3) (local.get 4)
      (f32.convert_i32_s (local.get 3)) (local.get 1)
      (i32.const 7)))

  ;; Calls whatever the module under test put into the table.
  (func (export "through") (param i32 i32) (result i32)
    (call_indirect $table (type $unary)
      (local.get 0)
      (i32.and (local.get 1) (i32.const 7))))

  ;; The same in place of itself.
  (func (export "tail") (param i32 i32) (result i32)
    (return_call_indirect $table (type $unary)
      (local.get 0)
      (i32.and (local.get 1) (i32.const 7)))))
