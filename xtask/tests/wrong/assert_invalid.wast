;; Modules that are valid, or not even well-formed.

(assert_invalid (module) "type mismatch") ;; fails
(assert_invalid (module (func (result i32) (i32.const 1))) "type mismatch") ;; fails
(assert_invalid (module quote "(func $f) (func $f)") "type mismatch") ;; fails
(assert_invalid (module binary "\00asm\01\00\00\00") "type mismatch") ;; fails
(assert_invalid_custom (module quote "(func $f) (func $f)") "type mismatch") ;; fails
(assert_invalid_custom (module (@custom "name" "\ff\ff")) "unexpected end") ;; fails
(assert_invalid (module (func (result i32))) "type mismatch")
