//! Calls of guest functions: typed and dynamic, with values of every type.

use wz_api::{ErrorKind, ExternRef, Func, FuncType, Module, ModuleConfig, Runtime, TrapCode, ValType, Value};

fn instance(source: &str) -> (Runtime, Module) {
    let mut rt = Runtime::new(Default::default()).unwrap();
    let code = rt.compile(source).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    (rt, module)
}

const IDENTITIES: &str = r#"
    (module
        (func (export "i32") (param i32) (result i32) local.get 0)
        (func (export "i64") (param i64) (result i64) local.get 0)
        (func (export "f32") (param f32) (result f32) local.get 0)
        (func (export "f64") (param f64) (result f64) local.get 0)
        (func (export "v128") (param v128) (result v128) local.get 0)
        (func (export "funcref") (param funcref) (result funcref) local.get 0)
        (func (export "externref") (param externref) (result externref) local.get 0)
        (func (export "mixed") (param i32 v128 f64 i64) (result i64 f64 v128 i32)
            local.get 3 local.get 2 local.get 1 local.get 0)
        (func (export "trap") unreachable))"#;

#[test]
fn values_of_every_type_arrive_unchanged() {
    let (mut rt, module) = instance(IDENTITIES);
    let trap = module.func_dyn(&rt, "trap").unwrap();
    let reference = ExternRef::new("host");
    for (name, value) in [
        ("i32", Value::I32(i32::MIN)),
        ("i64", Value::I64(i64::MIN)),
        ("f32", Value::F32(0x7fa0_0001)),
        ("f64", Value::F64(0xfff4_0000_0000_0001)),
        ("v128", Value::V128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)),
        ("funcref", Value::FuncRef(None)),
        ("funcref", Value::FuncRef(Some(trap))),
        ("externref", Value::ExternRef(None)),
        ("externref", Value::ExternRef(Some(reference.clone()))),
    ] {
        let func = module.func_dyn(&rt, name).unwrap();
        assert_eq!(func.call_dyn(&mut rt, std::slice::from_ref(&value)).unwrap(), [value], "{name}");
    }
}

#[test]
fn typed_calls_take_and_give_several_values() {
    let (mut rt, module) = instance(IDENTITIES);
    let mixed = module.func::<(u32, u128, f64, u64), (i64, f64, u128, i32)>(&rt, "mixed").unwrap();
    let results = mixed.call(&mut rt, (u32::MAX, u128::MAX - 1, 0.5, 7)).unwrap();
    assert_eq!(results, (7, 0.5, u128::MAX - 1, -1));
    let externref = module.func::<Option<ExternRef>, Option<ExternRef>>(&rt, "externref").unwrap();
    let reference = ExternRef::new(5u8);
    let back = externref.call(&mut rt, Some(reference.clone())).unwrap().unwrap();
    assert!(back.ptr_eq(&reference));
    assert_eq!(back.downcast_ref::<u8>(), Some(&5));
    let funcref = module.func::<Option<Func>, Option<Func>>(&rt, "funcref").unwrap();
    assert_eq!(funcref.call(&mut rt, Some(funcref.func())).unwrap(), Some(funcref.func()));
    assert_eq!(funcref.call(&mut rt, None).unwrap(), None);
}

#[test]
fn sixteen_parameters_fit() {
    let params = "i32 ".repeat(16);
    let sum: String = (0..16).map(|i| format!("local.get {i} ")).collect();
    let adds = "i32.add ".repeat(15);
    let (mut rt, module) =
        instance(&format!(r#"(module (func (export "sum") (param {params}) (result i32) {sum} {adds}))"#));
    type Params = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
    let sum = module.func::<Params, i32>(&rt, "sum").unwrap();
    assert_eq!(sum.call(&mut rt, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)).unwrap(), 136);
}

#[test]
fn what_does_not_fit_is_a_usage_error() {
    let (mut rt, module) = instance(IDENTITIES);
    let usage = |error: wz_api::Error, message: &str| {
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error:?}");
        assert_eq!(error.to_string(), message);
    };
    let func = module.func_dyn(&rt, "i32").unwrap();
    assert_eq!(func.ty(&rt).unwrap(), FuncType::new([ValType::I32], [ValType::I32]));
    usage(func.call_dyn(&mut rt, &[]).unwrap_err(), "expected 1 arguments, got 0");
    usage(func.call_dyn(&mut rt, &[Value::I64(0)]).unwrap_err(), "argument 0 must be i32, got i64");
    usage(
        module.func::<(i32, i32), i32>(&rt, "i32").unwrap_err(),
        "function \"i32\": the function's type is (i32) -> (i32), not (i32, i32) -> (i32)",
    );
    usage(
        module.func::<i64, i32>(&rt, "i32").unwrap_err(),
        "function \"i32\": the function's type is (i32) -> (i32), not (i64) -> (i32)",
    );
    usage(
        module.memory(&rt, "i32").unwrap_err(),
        "the export \"i32\" of the module is a function, not a memory",
    );
    usage(
        module.memory(&rt, "memory").unwrap_err(),
        "the module exports no memory \"memory\", nor any other memory",
    );
    let error = module.func_dyn(&rt, "none").unwrap_err().to_string();
    assert!(
        error.starts_with(
            "the module exports no function \"none\"; its exports of that kind: \"i32\", \"i64\""
        )
    );
}

#[test]
fn traps_say_where() {
    let (mut rt, module) = instance(
        r#"(module $m
            (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
            (func (export "outer") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))"#,
    );
    let outer = module.func::<i32, i32>(&rt, "outer").unwrap();
    assert_eq!(outer.call(&mut rt, 1).unwrap(), 2);
    let error = outer.call(&mut rt, 0).unwrap_err();
    let trap = error.as_trap().unwrap();
    assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
    let names: Vec<_> = trap.backtrace.frames.iter().map(|f| f.name.as_deref()).collect();
    assert_eq!(names, [Some("inner"), Some("outer")]);
    assert!(trap.backtrace.frames.iter().all(|f| f.module.as_deref() == Some("m") && f.offset.is_some()));
    // The instance stays usable.
    assert_eq!(outer.call(&mut rt, 1).unwrap(), 2);
}

#[test]
fn endless_recursion_traps() {
    let (mut rt, module) = instance(r#"(module (func $f (export "f") (call $f)))"#);
    let f = module.func::<(), ()>(&rt, "f").unwrap();
    let error = f.call(&mut rt, ()).unwrap_err();
    let trap = error.as_trap().unwrap();
    assert_eq!(trap.code, TrapCode::StackOverflow);
    assert_eq!(trap.backtrace.frames.len(), wz_api::Backtrace::MAX_FRAMES);
    assert!(trap.backtrace.omitted > 1000);
}
