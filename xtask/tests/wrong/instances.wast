;; Definitions, instances and names that do not exist.

(module definition $A (func (result i32))) ;; fails
(module instance $a $A) ;; fails
(module instance $b $B) ;; fails
(register "nobody") ;; fails
(module $C (global (export "g") i32 (i32.const 1)))
(register "C" $D) ;; fails
(register "C" $C)
(module $D (import "C" "g" (global i32)))
(module definition $E (func (export "f") (result i32) (i32.const 1)))
(module instance $e $E)
(assert_return (invoke $e "f") (i32.const 1))
(assert_return (invoke $E "f") (i32.const 1)) ;; fails
