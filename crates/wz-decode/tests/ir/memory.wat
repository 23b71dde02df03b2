;; Loads and stores: 16 bits of offset in the word, more in a following one; the address is never folded.
(module
  (memory 1)
  (data $d "abc")
  (func (export "near") (param i32) (result i32) (i32.load offset=65535 (i32.add (local.get 0) (i32.const 8))))
  (func (export "far") (param i32) (result i64) (i64.load32_u offset=4294967295 (local.get 0)))
  (func (export "store") (param i32 f64) (f64.store offset=65536 (local.get 0) (local.get 1)))
  (func (export "bulk") (param i32)
    (memory.fill (local.get 0) (i32.const 1) (i32.const 2))
    (memory.copy (local.get 0) (i32.const 1) (i32.const 2))
    (memory.init $d (local.get 0) (i32.const 1) (i32.const 2))
    (data.drop $d)
    (drop (memory.grow (memory.size)))))
