;; Neither can one that is not made of tokens.

(module)
(assert_trap (invoke "f) "unreachable") ;; fails
