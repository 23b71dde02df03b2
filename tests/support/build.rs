//! Building modules.

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection, ValType,
};

/// A module under construction whose functions are all exported, under the names `f0`, `f1`, and so on.
#[derive(Default)]
pub struct Functions {
    types: TypeSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
}

impl Functions {
    /// No functions.
    pub fn new() -> Functions {
        Functions::default()
    }

    /// Adds a type; its index.
    pub fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.types.len() - 1
    }

    /// Adds a function of a type that was added before; its index.
    pub fn func(&mut self, ty: u32, body: &Function) -> u32 {
        let index = self.functions.len();
        self.functions.function(ty);
        self.exports.export(&format!("f{index}"), ExportKind::Func, index);
        self.code.function(body);
        index
    }

    /// Adds a function with a type of its own; its index.
    pub fn typed(&mut self, params: &[ValType], results: &[ValType], body: &Function) -> u32 {
        let ty = self.ty(params, results);
        self.func(ty, body)
    }

    /// The module, with sections between the exports and the code as `middle` adds them.
    pub fn finish_with(self, before: impl FnOnce(&mut Module), middle: impl FnOnce(&mut Module)) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types);
        module.section(&self.functions);
        before(&mut module);
        module.section(&self.exports);
        middle(&mut module);
        module.section(&self.code);
        module.finish()
    }

    /// The module.
    pub fn finish(self) -> Vec<u8> {
        self.finish_with(|_| {}, |_| {})
    }
}

/// A module with one function, exported as `f0`.
pub fn one_function(params: &[ValType], results: &[ValType], body: &Function) -> Vec<u8> {
    let mut functions = Functions::new();
    functions.typed(params, results, body);
    functions.finish()
}

/// An unsigned LEB128 number, as in binaries.
pub fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// A binary that consists of sections given by their numbers and contents.
pub fn sections(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (number, contents) in sections {
        bytes.push(*number);
        bytes.extend(leb(contents.len() as u64));
        bytes.extend(contents);
    }
    bytes
}
