;; The last read of a local carries KILL (`!`): after branches, joins and loops.
(module
  (func (export "straight") (param i32 i32) (result i32)
    (i32.add (i32.add (local.get 0) (local.get 1)) (local.get 0)))
  (func (export "same_twice") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func (export "arms") (param i32 i32) (result i32)
    (if (result i32) (local.get 0) (then (local.get 1)) (else (i32.clz (local.get 1)))))
  (func (export "one_arm") (param i32 i32) (result i32)
    (if (local.get 0) (then (drop (i32.clz (local.get 1))))) (local.get 1))
  (func (export "loop_keeps") (param i32 i32) (result i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if 0 (local.get 1))) (local.get 1))
  (func (export "overwritten") (param i32) (result i32)
    (drop (i32.clz (local.get 0))) (local.set 0 (i32.const 1)) (local.get 0)))
