;; Results that differ from what is expected, by value, type, number or pattern.

(module
  (func (export "i32") (result i32) (i32.const 1))
  (func (export "i64") (result i64) (i64.const 1))
  (func (export "f32") (result f32) (f32.const -0.0))
  (func (export "f64") (result f64) (f64.const -0.0))
  (func (export "nan32") (result f32) (f32.const nan:0x600000))
  (func (export "nan64") (result f64) (f64.const nan:0xc000000000000))
  (func (export "snan32") (result f32) (f32.const nan:0x200000))
  (func (export "snan64") (result f64) (f64.const nan:0x4000000000000))
  (func (export "v128") (result v128) (v128.const i32x4 1 2 3 4))
  (func (export "f32x4") (result v128) (v128.const f32x4 1 nan:0x600000 nan:0x200000 4))
  (func (export "f64x2") (result v128) (v128.const f64x2 nan:0xc000000000000 2))
  (func $f (export "func") (result funcref) (ref.func $f))
  (func (export "nofunc") (result funcref) (ref.null func))
  (func (export "noextern") (result externref) (ref.null extern))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2))
  (func (export "none"))
  (func (export "trap") unreachable)
  (global (export "g") i32 (i32.const 1)))

(assert_return (invoke "i32") (i32.const 2)) ;; fails
(assert_return (invoke "i32") (i64.const 1)) ;; fails
(assert_return (invoke "i32")) ;; fails
(assert_return (invoke "i64") (i64.const 2)) ;; fails
(assert_return (invoke "f32") (f32.const 0.0)) ;; fails
(assert_return (invoke "f64") (f64.const 0.0)) ;; fails
(assert_return (invoke "f32") (f32.const nan:canonical)) ;; fails
(assert_return (invoke "f64") (f64.const nan:arithmetic)) ;; fails
(assert_return (invoke "nan32") (f32.const nan:canonical)) ;; fails
(assert_return (invoke "nan64") (f64.const nan:canonical)) ;; fails
(assert_return (invoke "snan32") (f32.const nan:arithmetic)) ;; fails
(assert_return (invoke "snan64") (f64.const nan:arithmetic)) ;; fails
(assert_return (invoke "v128") (v128.const i32x4 1 2 3 5)) ;; fails
(assert_return (invoke "v128") (v128.const i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 1)) ;; fails
(assert_return (invoke "v128") (v128.const i16x8 1 0 2 0 3 0 4 1)) ;; fails
(assert_return (invoke "v128") (v128.const i64x2 0 0)) ;; fails
(assert_return (invoke "f32x4") (v128.const f32x4 1 nan:canonical nan:0x200000 4)) ;; fails
(assert_return (invoke "f32x4") (v128.const f32x4 1 nan:arithmetic nan:arithmetic 4)) ;; fails
(assert_return (invoke "f64x2") (v128.const f64x2 nan:canonical 2)) ;; fails
(assert_return (invoke "func") (ref.null func)) ;; fails
(assert_return (invoke "func") (ref.extern 1)) ;; fails
(assert_return (invoke "nofunc") (ref.func)) ;; fails
(assert_return (invoke "nofunc") (ref.null extern)) ;; fails
(assert_return (invoke "noextern") (ref.null func)) ;; fails
(assert_return (invoke "noextern") (ref.extern 0)) ;; fails
(assert_return (invoke "same" (ref.extern 1)) (ref.extern 2)) ;; fails
(assert_return (invoke "same" (ref.extern 1)) (ref.null extern)) ;; fails
(assert_return (invoke "same" (ref.null extern)) (ref.extern)) ;; fails
(assert_return (invoke "two") (i32.const 1)) ;; fails
(assert_return (invoke "two") (i32.const 2) (i32.const 1)) ;; fails
(assert_return (invoke "none") (i32.const 0)) ;; fails
(assert_return (invoke "trap")) ;; fails
(assert_return (invoke "absent")) ;; fails
(assert_return (invoke "i32") (either (i32.const 2) (i32.const 3))) ;; fails
(assert_return (get "g") (i32.const 2)) ;; fails
(assert_return (get "h") (i32.const 1)) ;; fails
(assert_return (module (func $main unreachable) (start $main))) ;; fails
(assert_return (invoke "i32") (i32.const 1))
