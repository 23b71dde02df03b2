;; Modules that link, or fail for another reason.

(assert_unlinkable (module) "unknown import") ;; fails
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import") ;; fails
(assert_unlinkable (module (func $main unreachable) (start $main)) "unknown import") ;; fails
(assert_unlinkable (module (import "spectest" "nothing" (func)) (func (result i32))) "unknown import") ;; fails
(assert_unlinkable (module (import "spectest" "nothing" (func))) "unknown import")
(assert_unlinkable (module (import "nobody" "print" (func))) "unknown import")
(assert_unlinkable (module (import "spectest" "global_i32" (global i64))) "incompatible import type")
(assert_unlinkable (module (import "spectest" "memory" (memory 2))) "incompatible import type")
