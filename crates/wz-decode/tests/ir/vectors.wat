;; Vectors take two slots and two constants.
(module
  (memory 1)
  (func (export "ops") (param v128 i32) (result v128) (local v128)
    (local.set 2 (i32x4.add (local.get 0) (v128.const i32x4 1 2 3 4)))
    (v128.bitselect (local.get 0) (local.get 2) (i8x16.splat (local.get 1))))
  (func (export "lanes") (param v128 i32) (result i32)
    (i16x8.extract_lane_s 3 (i16x8.replace_lane 2 (local.get 0) (local.get 1))))
  (func (export "shuffle") (param v128 v128) (result v128)
    (i8x16.shuffle 0 31 1 30 2 29 3 28 4 27 5 26 6 25 7 24 (local.get 0) (local.get 1)))
  (func (export "memory") (param i32 v128)
    (v128.store16_lane offset=70000 5 (local.get 0) (v128.load8_lane 3 (local.get 0) (local.get 1)))))
