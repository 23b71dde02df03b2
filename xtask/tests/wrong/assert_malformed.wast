;; Modules that are well-formed.

(assert_malformed (module quote "(func)") "unexpected token") ;; fails
(assert_malformed (module quote "(memory 1)" "(data (i32.const 0) \"a\")") "unexpected token") ;; fails
(assert_malformed (module binary "\00asm" "\01\00\00\00") "unexpected end") ;; fails
(assert_malformed_custom (module quote "(@custom \"a\" \"b\")") "malformed") ;; fails
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module binary "\00asm") "unexpected end")
