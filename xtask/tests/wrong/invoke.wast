;; Calls that trap, or of what is not there.

(module
  (func (export "trap") unreachable)
  (func (export "one") (param i32) (result i32) (local.get 0))
  (global (export "g") i32 (i32.const 1)))
(invoke "trap") ;; fails
(invoke "none") ;; fails
(invoke "g") ;; fails
(invoke "one") ;; fails
(invoke "one" (i64.const 1)) ;; fails
(invoke "one" (i32.const 1) (i32.const 2)) ;; fails
(invoke "one" (i32.const 1))
(module (func (result i32))) ;; fails
(invoke "one" (i32.const 1)) ;; fails
