;; Modules that are malformed, invalid, unlinkable, or trap. Each line that ends with a mark must fail, no other.

(module (func (result i32))) ;; fails
(module quote "(func $f) (func $f)") ;; fails
(module quote "(func (result i32) i64.const 0)") ;; fails
(module binary "\00asm\01\00\00") ;; fails
(module (import "spectest" "nothing" (func))) ;; fails
(module (import "spectest" "print" (global i32))) ;; fails
(module (func $main unreachable) (start $main)) ;; fails
(module (memory 1) (data (i32.const 65536) "a")) ;; fails
(module (func (export "f")))
(invoke "f")
