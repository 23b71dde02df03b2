;; `local.set` makes the last op write the local, unless the local's old value is still on the stack.
(module
  (func $g (result i64) (i64.const 1))
  (func (export "op") (param i32) (local i32) (local.set 1 (i32.clz (local.get 0))))
  (func (export "call") (local i64) (local.set 0 (call $g)))
  (func (export "still_needed") (param i32) (result i32)
    (local.get 0) (local.set 0 (i32.add (local.get 0) (i32.const 1))))
  (func (export "after_a_label") (param i32)
    (local.set 0 (block (result i32) (br_if 0 (i32.const 1) (local.get 0)) (drop) (i32.ctz (local.get 0))))))
