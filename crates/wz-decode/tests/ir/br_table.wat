;; Each label of a table once; edges that need moves, and returns, have code of their own.
(module
  (func (export "plain") (param i32)
    (block (block (block (br_table 0 1 2 1 0 (local.get 0))))))
  (func (export "values") (param i32) (result i32)
    (block (result i32)
      (i32.add
        (block (result i32) (i32.const 1) (i32.const 2) (br_table 0 1 2 0 1 (local.get 0)))
        (i32.const 5)))))
