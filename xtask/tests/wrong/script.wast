;; A script that cannot be read fails as a whole.

(module)
(assert_returns (invoke "f")) ;; fails
(module)
