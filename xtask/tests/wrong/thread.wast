;; Threads need shared memories.

(module $M (func (export "fine")))
(thread $T (shared (module $M)) (invoke "fine")) ;; fails
(wait $T) ;; fails
