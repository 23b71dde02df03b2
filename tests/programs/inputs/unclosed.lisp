(display "before")
(newline)

(define (f x)
  (if (> x 0)
      (display "positive")
      (display "not positive"))

(f 1)
