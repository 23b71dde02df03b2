;; Calls that do not use up the stack.

(module
  (func (export "fine"))
  (func (export "trap") unreachable)
  (func $forever (export "forever") (call $forever)))
(assert_exhaustion (invoke "fine") "call stack exhausted") ;; fails
(assert_exhaustion (invoke "trap") "call stack exhausted") ;; fails
(assert_exhaustion (invoke "absent") "call stack exhausted") ;; fails
(assert_exhaustion (invoke "forever") "unreachable") ;; fails
(assert_exhaustion (invoke "forever") "call stack exhausted")
