; A tour of the interpreter, and some work for it.

(define (print . things)
  (for-each display things)
  (newline))

(define (show label value)
  (display label)
  (display " = ")
  (write value)
  (newline))

;; ---- recursion -----------------------------------------------------------

(define (fib n)
  (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))

(define (ackermann m n)
  (cond ((= m 0) (+ n 1))
        ((= n 0) (ackermann (- m 1) 1))
        (else (ackermann (- m 1) (ackermann m (- n 1))))))

(define (hanoi n from to via)
  (if (= n 0)
      0
      (+ (hanoi (- n 1) from via to)
         1
         (hanoi (- n 1) via to from))))

(define (even2? n) (if (= n 0) #t (odd2? (- n 1))))
(define (odd2? n) (if (= n 0) #f (even2? (- n 1))))

(show "fib 0..15" (map fib (iota 16)))
(show "fib 18" (fib 18))
(show "ackermann 2 9" (ackermann 2 9))
(show "ackermann 3 4" (ackermann 3 4))
(show "hanoi 10" (hanoi 10 'left 'right 'middle))
(show "20001 is even" (even2? 20001))

; not in tail position: as deep as the heap allows
(define (count-down n) (if (= n 0) 0 (+ 1 (count-down (- n 1)))))
(show "depth" (count-down 30000))

;; ---- queens --------------------------------------------------------------

(define (safe? row dist placed)
  (or (null? placed)
      (and (not (= (car placed) row))
           (not (= (car placed) (+ row dist)))
           (not (= (car placed) (- row dist)))
           (safe? row (+ dist 1) (cdr placed)))))

(define (queens n)
  (let place ((column 0) (placed '()))
    (if (= column n)
        1
        (let try-row ((row 0) (total 0))
          (cond ((= row n) total)
                ((safe? row 1 placed)
                 (try-row (+ row 1)
                          (+ total (place (+ column 1) (cons row placed)))))
                (else (try-row (+ row 1) total)))))))

(define (first-solution n)
  (define (search column placed)
    (if (= column n)
        placed
        (let loop ((row 0))
          (cond ((= row n) #f)
                ((and (safe? row 1 placed) (search (+ column 1) (cons row placed))))
                (else (loop (+ row 1)))))))
  (search 0 '()))

(define (draw-board solution)
  (let ((n (length solution)))
    (for-each
      (lambda (queen)
        (let loop ((i 0) (line ""))
          (if (= i n)
              (print line)
              (loop (+ i 1) (string-append line (if (= i queen) " Q" " ."))))))
      solution)))

(show "queens 4..6" (map queens '(4 5 6)))
(draw-board (first-solution 8))

;; ---- strings -------------------------------------------------------------

(define (repeat text times)
  (if (= times 0) "" (string-append text (repeat text (- times 1)))))

(define (join words separator)
  (if (null? words)
      ""
      (fold (lambda (acc word) (string-append acc separator word))
            (car words)
            (cdr words))))

(define (string-reverse text)
  (let loop ((i 0) (acc ""))
    (if (= i (string-length text))
        acc
        (loop (+ i 1) (string-append (substring text i (+ i 1)) acc)))))

(define (split text separator)
  (let loop ((start 0) (i 0) (words '()))
    (cond ((= i (string-length text))
           (reverse (cons (substring text start i) words)))
          ((equal? (substring text i (+ i 1)) separator)
           (loop (+ i 1) (+ i 1) (cons (substring text start i) words)))
          (else (loop start (+ i 1) words)))))

(define (triangle n)
  (when (> n 0)
    (triangle (- n 1))
    (print (repeat " " (- 8 n)) (repeat "* " n))))

(triangle 8)
(show "joined" (join '("one" "two" "three") ", "))
(show "reversed" (string-reverse "a man, a plan"))
(show "split" (split "usr:local:bin::x" ":"))
(show "long string" (string-length (repeat "abc" 400)))
(show "escapes" "tab\there, \"quotes\" and a\nnew line")
(show "numbers" (map string->number '("42" "-17" "2.5" "1e3" "x1")))
(show "symbols" (map symbol->string '(alpha beta)))

;; ---- higher-order functions ----------------------------------------------

(define (compose . functions)
  (lambda (x) (fold (lambda (acc f) (f acc)) x (reverse functions))))

(define (curry f x) (lambda (y) (f x y)))

(define (flat-map f xs) (fold (lambda (acc x) (append acc (f x))) '() xs))

(define (permutations xs)
  (if (null? xs)
      '(())
      (flat-map (lambda (x)
                  (map (curry cons x)
                       (permutations (filter (lambda (y) (not (equal? x y))) xs))))
                xs)))

(define (make-counter)
  (let ((count 0))
    (lambda () (set! count (+ count 1)) count)))

(define counter (make-counter))
(define other (make-counter))
(counter)
(counter)
(show "counters" (list (counter) (other)))
(show "composed" ((compose (curry * 2) (curry + 1) abs) -20))
(show "permutations" (permutations '(a b c)))
(show "how many of 5" (length (permutations (iota 5))))
(show "apply" (apply + (map (curry * 3) '(1 2 3 4))))
(show "dotted" (cons 1 (cons 2 3)))

;; ---- sorting -------------------------------------------------------------

(define (merge less? a b)
  (let loop ((a a) (b b) (acc '()))
    (cond ((null? a) (append (reverse acc) b))
          ((null? b) (append (reverse acc) a))
          ((less? (car b) (car a)) (loop a (cdr b) (cons (car b) acc)))
          (else (loop (cdr a) b (cons (car a) acc))))))

(define (sort xs less?)
  (define (take-half slow fast acc)
    (if (or (null? fast) (null? (cdr fast)))
        (cons (reverse acc) slow)
        (take-half (cdr slow) (cddr fast) (cons (car slow) acc))))
  (if (or (null? xs) (null? (cdr xs)))
      xs
      (let ((halves (take-half xs xs '())))
        (merge less? (sort (car halves) less?) (sort (cdr halves) less?)))))

(define (quicksort xs)
  (if (null? xs)
      '()
      (let* ((pivot (car xs))
             (rest (cdr xs))
             (smaller (filter (lambda (x) (< x pivot)) rest))
             (larger (filter (lambda (x) (>= x pivot)) rest)))
        (append (quicksort smaller) (list pivot) (quicksort larger)))))

(define (random-list n)
  (let loop ((i 0) (seed 42) (acc '()))
    (if (= i n)
        acc
        (let ((next (modulo (+ (* seed 1103515245) 12345) 2147483648)))
          (loop (+ i 1) next (cons (quotient next 65536) acc))))))

(define (sorted? xs)
  (or (null? xs) (null? (cdr xs))
      (and (<= (car xs) (cadr xs)) (sorted? (cdr xs)))))

(define numbers (random-list 800))
(show "few" (sort (random-list 10) <))
(show "words" (sort '("pear" "fig" "apple" "cherry" "date") string<?))
(show "sorted" (sorted? (sort numbers <)))
(show "same" (equal? (sort numbers <) (quicksort numbers)))
(show "largest" (fold max 0 numbers))

;; ---- numbers -------------------------------------------------------------

(define (newton f guess)
  (let loop ((x guess) (i 0))
    (let* ((dx 1e-6)
           (slope (/ (- (f (+ x dx)) (f (- x dx))) (* 2 dx)))
           (next (- x (/ (f x) slope))))
      (if (or (= i 50) (< (abs (- next x)) 1e-12))
          next
          (loop next (+ i 1))))))

(define (gcd2 a b) (if (= b 0) a (gcd2 b (remainder a b))))

(define (primes n)
  (let loop ((i 2) (found '()))
    (cond ((> i n) (reverse found))
          ((let divides? ((ps (reverse found)))
             (and (pair? ps)
                  (<= (* (car ps) (car ps)) i)
                  (or (= 0 (remainder i (car ps))) (divides? (cdr ps)))))
           (loop (+ i 1) found))
          (else (loop (+ i 1) (cons i found))))))

(show "sqrt 2" (newton (lambda (x) (- (* x x) 2)) 1.0))
(show "cube root 10" (newton (lambda (x) (- (* x x x) 10)) 2.0))
(show "gcd" (gcd2 123456789 987654321))
(show "primes" (primes 60))
(show "factorial 20" (fold * 1 (map (lambda (i) (+ i 1)) (iota 20))))
(show "division" (list (/ 1 3) (/ 6 3) (quotient -7 2) (remainder -7 2) (modulo -7 2)))
(show "reals" (list 1.5 -0.25 1e100 3.0 (sqrt 16) (floor 2.7) (floor -2.7)))

;; ---- errors that are caught ----------------------------------------------

(define (safely thunk) (try (thunk) (lambda (message) (string-append "caught: " message))))

(show "car" (safely (lambda () (car '()))))
(show "overflow" (safely (lambda () (fold * 1 (map (lambda (i) (+ i 1)) (iota 21))))))
(show "zero" (safely (lambda () (quotient 1 0))))
(show "own" (safely (lambda () (error "bad value:" '(1 "two" 3.0)))))
(show "arity" (safely (lambda () (gcd2 1))))
(show "depth" (safely (lambda () (count-down 10000000))))
(show "unbound" (safely (lambda () no-such-name)))

;; ---- a table, and garbage ------------------------------------------------

(define table '())
(define (put! key value)
  (let ((entry (assoc key table)))
    (if entry (set-cdr! entry value) (set! table (cons (cons key value) table)))))

(for-each (lambda (i) (put! (list 'key (modulo i 7)) i)) (iota 200))
(show "table" (sort (map cdr table) <))

(define (churn n)
  (unless (= n 0)
    (list n (number->string n) (lambda () n))
    (churn (- n 1))))
(churn 10000)
(show "garbage was collected" (> (collections) 1))
(show "few cells are left" (< (live-cells) 40000))
