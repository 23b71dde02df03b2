//! Where the operands of an operator come from and where its result goes: functions that use an operator in each way
//! that a compiler may treat on its own.

use super::{Num, Operator};
use std::fmt::Write;

/// Which operands a function is to be called with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operands {
    /// All pairs of all edges.
    All,
    /// All pairs of a part of the edges.
    Part,
    /// Few pairs, for the call takes long.
    Few,
    /// All edges as the first operand; the second is this constant in the code.
    Second(u64),
    /// All edges as the second operand; the first is this constant in the code.
    First(u64),
    /// Both are constants in the code.
    Constants(u64, u64),
    /// All edges, each as both operands.
    Same,
}

/// What a function gives, made of what the operator gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// The result.
    Result,
    /// The result as an i64, zero-extended.
    Extended,
    /// 1 as an i32 where the result is not 0, else 0.
    Truth,
    /// The bits of the first operand as an i64 where the result is not 0, else 0.
    FirstIfTrue,
    /// 0 as an i32, whatever the result is.
    Nothing,
    /// The result, and the bits of the operands as i64.
    ResultAndOperands,
    /// The result, and [`KEPT`].
    ResultAndKept,
}

/// How many integers, and how many floats, are alive around an operator under pressure.
const ALIVE: u64 = 20;
/// What they add up to.
pub const KEPT: u64 = 2 * (ALIVE * 1000 + ALIVE * (ALIVE - 1) / 2);

/// A function that uses an operator.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The name that it is exported by.
    pub name: String,
    /// What it is called with.
    pub operands: Operands,
    /// What it gives.
    pub gives: Gives,
    locals: String,
    body: String,
}

/// A module of functions that use `operator`, and what they are.
///
/// Each function has the operator's parameters, whether or not it uses them.
pub fn module(operator: &Operator, constants: &[u64], part: &[u64]) -> (String, Vec<Placement>) {
    let mut placements = Vec::new();
    Placements { operator, all: &mut placements }.add(constants, part);
    let mut text = String::from(
        "(module
        (func $nothing)
        (func $true (result i32) (i32.const 1))
        (func $integer (result i64) (i64.const 1000))
        (func $float (result f64) (f64.const 1000))\n",
    );
    for num in ["i32", "i64", "f32", "f64"] {
        let _ = writeln!(text, "(func ${num} (param {num}) (result {num}) (local.get 0))");
    }
    text += &behind_many_parameters(operator);
    for Placement { name, gives, locals, body, .. } in &placements {
        let params = params(operator);
        let results = results(operator, *gives);
        let _ = writeln!(text, "(func (export \"{name}\") {params} {results} {locals} {body})");
    }
    text.push(')');
    (text, placements)
}

fn params(operator: &Operator) -> String {
    let name = |(num, name): (&Num, &str)| format!("(param ${name} {})", num.name());
    operator.params.iter().zip(["a", "b"]).map(name).collect()
}

fn results(operator: &Operator, gives: Gives) -> String {
    let result = operator.result.name();
    match gives {
        Gives::Result => format!("(result {result})"),
        Gives::Extended | Gives::FirstIfTrue => "(result i64)".into(),
        Gives::Truth | Gives::Nothing => "(result i32)".into(),
        Gives::ResultAndKept => format!("(result {result} i64)"),
        Gives::ResultAndOperands => {
            format!("(result {result} i64{})", if operator.is_binary() { " i64" } else { "" })
        }
    }
}

/// The operator on the last of so many parameters that they are not in registers.
fn behind_many_parameters(operator: &Operator) -> String {
    let result = operator.result.name();
    let many = "i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32";
    let gets = if operator.is_binary() { "local.get $a local.get $b" } else { "local.get $a" };
    format!("(func $behind (param {many}) {} (result {result}) {gets} {})\n", params(operator), operator.name)
}

struct Placements<'a> {
    operator: &'a Operator,
    all: &'a mut Vec<Placement>,
}

impl Placements<'_> {
    fn push(
        &mut self,
        name: impl Into<String>,
        operands: Operands,
        gives: Gives,
        locals: &str,
        body: String,
    ) {
        let (name, locals) = (name.into(), locals.into());
        self.all.push(Placement { name, operands, gives, locals, body });
    }

    /// A function without locals that gives the result.
    fn simple(&mut self, name: &str, operands: Operands, body: String) {
        self.push(name, operands, Gives::Result, "", body);
    }

    /// The operator, with its operands in front.
    fn with(&self, a: &str, b: &str) -> String {
        let op = self.operator.name;
        if self.operator.is_binary() { format!("{a} {b} {op}") } else { format!("{a} {op}") }
    }

    fn add(&mut self, constants: &[u64], part: &[u64]) {
        self.constants(constants, part);
        self.operands();
        self.results();
        self.pressure();
        self.control();
        if self.operator.result == Num::I32 {
            self.conditions(part);
        }
    }

    fn constants(&mut self, constants: &[u64], part: &[u64]) {
        let first = self.operator.params[0];
        let Some(second) = self.operator.params.get(1) else {
            for a in part {
                let body = self.with(&first.constant(*a), "");
                self.simple(&format!("constant {a:#x}"), Operands::Constants(*a, 0), body);
            }
            return;
        };
        for b in constants {
            let body = self.with("local.get $a", &second.constant(*b));
            self.simple(&format!("second {b:#x}"), Operands::Second(*b), body);
        }
        for a in constants {
            let body = self.with(&first.constant(*a), "local.get $b");
            self.simple(&format!("first {a:#x}"), Operands::First(*a), body);
        }
        for (a, b) in part.iter().flat_map(|a| part.iter().map(move |b| (a, b))) {
            let body = self.with(&first.constant(*a), &second.constant(*b));
            self.simple(&format!("constants {a:#x} {b:#x}"), Operands::Constants(*a, *b), body);
        }
    }

    /// Operands in locals, temporaries, results of calls, near and far.
    fn operands(&mut self) {
        let [a, b] = ["local.get $a", "local.get $b"];
        let nums = self.operator.params;
        let (first, last) = (nums[0].name(), nums[nums.len() - 1].name());
        self.simple("locals", Operands::All, self.with(a, b));
        let results = self.with(&format!("{a} call ${first}"), &format!("{b} call ${last}"));
        self.simple("results of calls", Operands::Part, results);
        let across = self.with(a, &format!("{b} call ${last}"));
        self.simple("the first across a call", Operands::Part, across);
        let second = self.with(&format!("{a} call ${first}"), b);
        self.simple("the first from a call", Operands::Part, second);
        self.simple("both across a call", Operands::Part, format!("call $nothing {}", self.with(a, b)));
        let fillers = "i64.const 1 f64.const 2 i32.const 3 f32.const 4 ".repeat(5);
        let gets = if self.operator.is_binary() { format!("{a} {b}") } else { a.into() };
        self.simple("arguments on the stack", Operands::Part, format!("{fillers} {gets} call $behind"));
        if self.operator.takes_the_same() {
            self.simple("the same", Operands::Same, self.with(a, a));
            let across = format!("call $nothing {}", self.with(a, a));
            self.simple("the same across a call", Operands::Same, across);
        }
        let result = self.operator.result.name();
        for (name, fill, operands) in [("far", 300, Operands::Part), ("very far", 17_000, Operands::Few)] {
            let locals = format!(
                "(local {}) (local $x {first}) (local $y {last}) (local $r {result})",
                "i64 ".repeat(fill)
            );
            let body = format!(
                "{a} local.set $x {} local.set $y {} local.set $r local.get $r",
                if self.operator.is_binary() { b.into() } else { zero(nums[0]) },
                self.with("local.get $x", "local.get $y")
            );
            self.push(name, operands, Gives::Result, &locals, body);
        }
    }

    /// Results into locals, and results that nobody takes.
    fn results(&mut self) {
        let plain = self.with("local.get $a", "local.get $b");
        let bits = |name: &str, num: Num| format!("local.get ${name} {}", num.bits_as_i64());
        let nums = self.operator.params;
        let operands: String =
            nums.iter().zip(["a", "b"]).map(|(num, name)| bits(name, *num) + " ").collect();
        self.push(
            "operands kept",
            Operands::Part,
            Gives::ResultAndOperands,
            "",
            format!("{plain} {operands}"),
        );
        for (num, name) in nums.iter().zip(["a", "b"]) {
            if *num == self.operator.result {
                let body = format!("{plain} local.set ${name} local.get ${name}");
                self.simple(&format!("into ${name}"), Operands::Part, body);
                let body = format!("{plain} local.tee ${name} drop call $nothing local.get ${name}");
                self.simple(&format!("into ${name} across a call"), Operands::Part, body);
            }
        }
        self.push("dropped", Operands::Part, Gives::Nothing, "", format!("{plain} drop i32.const 0"));
        if self.operator.result == Num::I32 {
            self.push("extended", Operands::All, Gives::Extended, "", format!("{plain} i64.extend_i32_u"));
            let body = format!("{plain} call $i32 i64.extend_i32_u");
            self.push("extended after a call", Operands::Part, Gives::Extended, "", body);
        }
    }

    /// More values alive than there are registers, in temporaries and in locals.
    fn pressure(&mut self) {
        let result = self.operator.result.name();
        let plain = self.with("local.get $a", "local.get $b");
        let r = format!("(local $r {result})");
        let (mut values, mut sum) = (String::new(), String::new());
        for k in 0..ALIVE {
            let _ = write!(values, "local.get $i i64.const {k} i64.add local.get $f f64.const {k} f64.add ");
            sum += "local.get $sum f64.add local.set $sum local.get $total i64.add local.set $total ";
        }
        let locals = format!("{r} (local $i i64) (local $f f64) (local $sum f64) (local $total i64)");
        let body = format!(
            "call $integer local.set $i call $float local.set $f {values} {plain} local.set $r {sum}
            local.get $r local.get $sum i64.trunc_f64_s local.get $total i64.add"
        );
        self.push("under pressure", Operands::Part, Gives::ResultAndKept, &locals, body);

        let (mut locals, mut sets, mut sum) = (r, String::new(), String::new());
        for k in 0..ALIVE {
            let _ = write!(locals, "(local $i{k} i64) (local $f{k} f64)");
            let _ = write!(sets, "call $integer i64.const {k} i64.add local.set $i{k} ");
            let _ = write!(sets, "call $float f64.const {k} f64.add local.set $f{k} ");
            let _ = write!(sum, "local.get $i{k} i64.add local.get $f{k} i64.trunc_f64_s i64.add ");
        }
        // All of them in registers, as far as there are any, and the operands no more.
        let touch: String = (0..ALIVE)
            .map(|k| {
                format!(
                    "local.get $i{k} i64.const 1 i64.xor local.set $i{k} local.get $f{k} f64.neg local.set $f{k}
                    local.get $i{k} i64.const 1 i64.xor local.set $i{k} local.get $f{k} f64.neg local.set $f{k} "
                )
            })
            .collect();
        let body = format!("{sets} {touch} {plain} local.set $r local.get $r i64.const 0 {sum}");
        self.push("under pressure of locals", Operands::Part, Gives::ResultAndKept, &locals, body);
    }

    /// In loops, and where paths meet.
    fn control(&mut self) {
        let plain = self.with("local.get $a", "local.get $b");
        let nums = self.operator.params;
        let (first, last) = (nums[0].name(), nums[nums.len() - 1].name());
        let result = self.operator.result.name();
        let locals = format!("(local $n i32) (local $r {result})");
        let again = "local.get $n i32.const 1 i32.add local.tee $n i32.const 3 i32.lt_u br_if $again";
        for (name, call) in [("in a loop", ""), ("in a loop that calls", "call $nothing")] {
            let body = format!("loop $again {plain} local.set $r {call} {again} end local.get $r");
            self.push(name, Operands::Part, Gives::Result, &locals, body);
        }
        let locals = format!("(local $x {first}) (local $y {last})");
        let b = if self.operator.is_binary() { "local.get $b".into() } else { zero(nums[0]) };
        let body = format!(
            "call $true if local.get $a local.set $x {b} local.set $y
            else call $nothing end {}",
            self.with("local.get $x", "local.get $y")
        );
        self.push("where paths meet", Operands::Part, Gives::Result, &locals, body);
        let body = format!("call $true if (result {result}) {plain} else {} end", zero(self.operator.result));
        self.simple("on one path", Operands::Part, body);
    }

    /// The result as a condition, which may be one with the operator.
    fn conditions(&mut self, part: &[u64]) {
        let plain = self.with("local.get $a", "local.get $b");
        let mut conditions = vec![(String::new(), plain, Operands::Part)];
        if let Some(second) = self.operator.params.get(1) {
            let constant = |b: &u64| {
                let condition = self.with("local.get $a", &second.constant(*b));
                (format!(" {b:#x}"), condition, Operands::Second(*b))
            };
            conditions.extend(part.iter().map(constant));
        }
        for (suffix, condition, operands) in conditions {
            let mut push = |name: &str, locals: &str, body: String| {
                self.push(format!("{name}{suffix}"), operands, Gives::Truth, locals, body);
            };
            push("if", "", format!("{condition} if (result i32) i32.const 1 else i32.const 0 end"));
            push(
                "unless",
                "",
                format!("{condition} i32.eqz if (result i32) i32.const 0 else i32.const 1 end"),
            );
            push("br_if", "", format!("block {condition} br_if 0 i32.const 0 return end i32.const 1"));
            push(
                "branch unless",
                "",
                format!("block {condition} i32.eqz br_if 0 i32.const 1 return end i32.const 0"),
            );
            push(
                "twice",
                "",
                format!("block {condition} i32.eqz i32.eqz br_if 0 i32.const 0 return end i32.const 1"),
            );
            push("as a value", "", format!("{condition} i32.eqz i32.eqz"));
            push("not", "", format!("{condition} i32.eqz i32.const 1 i32.xor"));
            for (num, back) in
                [("i32", ""), ("i64", "i32.wrap_i64"), ("f32", "i32.trunc_f32_s"), ("f64", "i32.trunc_f64_s")]
            {
                let (one, zero) = (format!("{num}.const 1"), format!("{num}.const 0"));
                push(&format!("select {num}"), "", format!("{one} {zero} {condition} select {back}"));
                let locals = format!("(local $x {num}) (local $y {num})");
                let set = format!("{one} call ${num} local.set $x {zero} call ${num} local.set $y");
                let select = "local.get $x local.get $y";
                let name = |what: &str| format!("select {num} {what}");
                push(&name("of locals"), &locals, format!("{set} {select} {condition} select {back}"));
                push(
                    &name("unless"),
                    &locals,
                    format!("{set} local.get $y local.get $x {condition} i32.eqz select {back}"),
                );
                push(
                    &name("into the first"),
                    &locals,
                    format!("{set} {select} {condition} select local.set $x local.get $x {back}"),
                );
                push(
                    &name("into the second"),
                    &locals,
                    format!("{set} {select} {condition} select local.set $y local.get $y {back}"),
                );
            }
        }
        // What is selected is compared, too.
        let first = self.operator.params[0];
        let condition = self.with("local.get $a", "local.get $b");
        let body = format!("local.get $a {} {condition} select {}", zero(first), first.bits_as_i64());
        self.push("select the first", Operands::Part, Gives::FirstIfTrue, "", body);
    }
}

fn zero(num: Num) -> String {
    num.constant(0)
}
