;; The last read of a local carries KILL (`!`): after branches, joins and loops.
(module (memory 1)
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
    (drop (i32.clz (local.get 0))) (local.set 0 (i32.const 1)) (local.get 0))
  ;; What a loop writes before it reads it dies there.
  (func (export "loop_local") (param i32 i32)
    (loop
      (local.set 1 (i32.load (local.get 0)))
      (local.set 0 (i32.add (local.get 1) (local.get 1)))
      (br_if 0 (local.get 0))))
  ;; What is read after another way out of a loop is live in all of it.
  (func (export "other_exit") (param $x i32) (param $i i32) (result i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $i)))
        (block $skip
          (br_if $skip (i32.eq (local.get $i) (i32.const 3)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1))))
        (br_if $again (i32.lt_s (local.get $i) (i32.const 100))))
      (return (i32.const 7)))
    (local.get $x))
  ;; What only the next round of the outer loop reads is live in the inner one.
  (func (export "around") (param $x i32) (param $i i32)
    (loop $outer
      (i32.store (local.get $x) (local.get $x))
      (loop $inner
        (local.set $i (i32.clz (local.get $i)))
        (br_if $inner (local.get $i)))
      (br_if $outer (i32.load (local.get $i))))))
