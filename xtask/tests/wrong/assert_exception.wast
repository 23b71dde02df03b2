;; Actions that throw no exception and suspend nothing.

(module (func (export "fine")) (func (export "trap") unreachable))
(assert_exception (invoke "fine")) ;; fails
(assert_exception (invoke "trap")) ;; fails
(assert_suspension (invoke "fine") "unhandled") ;; fails
(assert_suspension (invoke "trap") "unhandled") ;; fails
