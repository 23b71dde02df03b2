; An error that nothing catches: the program stops with a message.

(define (average numbers)
  (/ (fold + 0 numbers) (length numbers)))

(define (report name numbers)
  (display name)
  (display ": ")
  (display (average numbers))
  (newline))

(report "first" '(1 2 3 4))
(report "second" '(1.5 2.5))

(try (report "third" 'none)
     (lambda (message) (display message) (newline)))

(report "fourth"
        (list 1 "two" 3))

(report "never reached" '(1))
