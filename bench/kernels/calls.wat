;; Calls of every kind, each in a loop that does nothing else. `n` is the number of calls.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "host" "nop" (func $host_nop))
  (import "host" "add" (func $host_add (type $binary)))
  (import "callee" "add" (func $other_add (type $binary)))
  (table 2 funcref)
  (elem (i32.const 0) $add $sub)
  ;; Mutable, so that no compiler knows which function is called.
  (global $which (export "which") (mut i32) (i32.const 0))

  (func $add (export "add") (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (export "nop"))

  (func (export "call_loop") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (i32.xor (local.get $x) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "call_host_0") (param $n i32) (result i32)
    (loop $again
      (call $host_nop)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n))

  (func (export "call_host_2") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $host_add (local.get $x) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "call_direct") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $add (local.get $x) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "call_indirect") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect (type $binary) (local.get $x) (local.get $n) (global.get $which)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "call_cross_module") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $other_add (local.get $x) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
