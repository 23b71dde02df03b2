; An evaluator for a part of the language, written in the language itself,
; which then runs a program that it gets as a quoted list.

(define (list-ref xs n) (if (= n 0) (car xs) (list-ref (cdr xs) (- n 1))))

;; An environment is a list of frames; a frame is a pair whose cdr is a list of
;; (name . value).
(define (extend names values env)
  (define (pair-up names values)
    (cond ((null? names) '())
          ((symbol? names) (list (cons names values)))
          (else (cons (cons (car names) (car values))
                      (pair-up (cdr names) (cdr values))))))
  (cons (cons 'frame (pair-up names values)) env))

(define (lookup name env)
  (if (null? env)
      (error "metacircular: no such name:" name)
      (let ((entry (assoc name (cdr (car env)))))
        (if entry entry (lookup name (cdr env))))))

(define (define-in! env name value)
  (let ((frame (car env)))
    (set-cdr! frame (cons (cons name value) (cdr frame)))))

(define (m-eval x env)
  (cond ((symbol? x) (cdr (lookup x env)))
        ((not (pair? x)) x)
        (else
          (let ((op (car x)))
            (cond ((eq? op 'quote) (cadr x))
                  ((eq? op 'if)
                   (if (m-eval (cadr x) env)
                       (m-eval (list-ref x 2) env)
                       (m-eval (list-ref x 3) env)))
                  ((eq? op 'lambda) (list 'closure (cadr x) (cddr x) env))
                  ((eq? op 'define) (define-in! env (cadr x) (m-eval (list-ref x 2) env)))
                  ((eq? op 'set!)
                   (set-cdr! (lookup (cadr x) env) (m-eval (list-ref x 2) env)))
                  (else
                    (m-apply (m-eval op env)
                             (map (lambda (arg) (m-eval arg env)) (cdr x)))))))))

(define (m-apply f args)
  (if (procedure? f)
      (apply f args)
      (m-body (list-ref f 2) (extend (cadr f) args (list-ref f 3)))))

(define (m-body body env)
  (if (null? (cdr body))
      (m-eval (car body) env)
      (begin (m-eval (car body) env)
             (m-body (cdr body) env))))

(define global
  (extend '(+ - * < = car cdr cons null? display newline list)
          (list + - * < = car cdr cons null? display newline list)
          '()))

(define program
  '((define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))
    (define map (lambda (f xs) (if (null? xs) (quote ()) (cons (f (car xs)) (map f (cdr xs))))))
    (define fold (lambda (f acc xs) (if (null? xs) acc (fold f (f acc (car xs)) (cdr xs)))))
    (define make-adder (lambda (n) (lambda (x) (+ x n))))
    (define total 0)
    (define add-to-total (lambda (x) (set! total (+ total x)) total))
    (display (map fib (quote (1 2 3 4 5 6 7 8 9 10))))
    (newline)
    (display (map (make-adder 100) (list 1 2 3)))
    (newline)
    (add-to-total 5)
    (add-to-total 37)
    (display (list total (fold + 0 (list 1 2 3 4))))
    (newline)
    ((lambda args (display args) (newline)) 1 2 (quote three))
    (display (fib 15))
    (newline)))

(for-each (lambda (form) (m-eval form global)) program)
(display (try (m-eval '(car missing) global) (lambda (message) message)))
(newline)
