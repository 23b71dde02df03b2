;; Actions that do not trap, trap for another reason, or never start.

(module
  (func (export "unreachable") unreachable)
  (func (export "divide") (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
  (func (export "fine")))
(assert_trap (invoke "fine") "unreachable") ;; fails
(assert_trap (invoke "divide") "unreachable") ;; fails
(assert_trap (invoke "unreachable") "integer divide by zero") ;; fails
(assert_trap (invoke "absent") "unreachable") ;; fails
(assert_trap (invoke "unreachable" (i32.const 1)) "unreachable") ;; fails
(assert_trap (get "absent") "unreachable") ;; fails
(assert_trap (module (func $main) (start $main)) "unreachable") ;; fails
(assert_trap (module (import "spectest" "nothing" (func))) "unreachable") ;; fails
(assert_trap (module (func $main (result i32) unreachable) (start $main)) "unreachable") ;; fails
(assert_trap (module (memory 1) (data (i32.const 65536) "a")) "unreachable") ;; fails
(assert_trap (invoke "unreachable") "unreachable")
