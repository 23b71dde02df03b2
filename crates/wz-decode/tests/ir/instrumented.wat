;; with fuel interruption
;; Fuel is charged at the head of each straight-line segment; checks stand at the entry and at loop headers.
(module
  (memory 1)
  (func $f (export "f") (param i32) (result i32)
    (loop
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
    (drop (call $f (i32.const 1)))
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))
