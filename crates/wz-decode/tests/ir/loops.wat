;; Loop facts: depth, calls, locals with weighted uses, written ones marked.
(module
  (func $f)
  (func (export "nest") (param i32 i32 i64) (local f64)
    (loop
      (local.set 0 (i32.add (local.get 0) (local.get 1)))
      (loop
        (local.set 3 (f64.add (local.get 3) (local.get 3)))
        (br_if 0 (i32.lt_s (local.get 0) (local.get 1))))
      (br_if 0 (i64.eqz (local.get 2)))))
  (func (export "calls") (param i32)
    (loop (loop (call $f)) (br_if 0 (local.get 0))))
  (func (export "ten_deep") (param i32)
    (loop (loop (loop (loop (loop (loop (loop (loop (loop (loop
      (br_if 0 (local.get 0)) (br_if 9 (local.get 0))))))))))))))
