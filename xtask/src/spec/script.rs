//! One test script: its directives, carried out in order against one runtime.

use super::spectest::spectest;
use super::suite::Script;
use super::{source, values};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat, parser};
use wz_api::{CompiledModule, Error, ErrorKind, Module, ModuleConfig, Runtime, RuntimeConfig, Value};

/// A directive that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Path of the script.
    pub path: String,
    /// Line of the directive, counted from 1.
    pub line: usize,
    /// Why it failed.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.reason)
    }
}

/// What became of one script.
#[derive(Clone, Debug, Default)]
pub struct ScriptReport {
    /// Number of `assert_*` directives that hold.
    pub passed: usize,
    /// Number of `assert_*` directives after a panic.
    pub skipped: usize,
    /// Directives that failed, in order.
    pub failures: Vec<Failure>,
}

/// Runs a script in a runtime of its own.
pub fn run(script: &Script, config: &RuntimeConfig) -> ScriptReport {
    let mut report = ScriptReport::default();
    let mut fail = |span: Option<Span>, reason: String| {
        let line = span.map_or(1, |span| span.linecol_in(&script.text).0 + 1);
        report.failures.push(Failure { path: script.path.clone(), line, reason });
    };
    let parsed = source::tokens(&script.text);
    let parsed = parsed.as_ref().map_err(|error| (error.span(), error.message())).and_then(|tokens| {
        parser::parse::<Wast<'_>>(tokens).map_err(|error| (error.span(), error.message()))
    });
    let directives = match parsed {
        Ok(script) => script.directives,
        Err((span, message)) => {
            fail(Some(span), format!("the script is malformed: {message}"));
            return report;
        }
    };
    let mut state = match State::new(config) {
        Ok(state) => state,
        Err(error) => {
            fail(None, format!("no runtime: {error}"));
            return report;
        }
    };
    let (mut passed, mut skipped, mut lost) = (0, 0, false);
    for mut directive in directives {
        let (span, name) = (directive.span(), directive_name(&directive));
        let asserts = name.starts_with("assert_");
        if lost {
            skipped += usize::from(asserts);
            continue;
        }
        let done =
            catch_unwind(AssertUnwindSafe(|| state.directive(&mut directive))).unwrap_or_else(|payload| {
                lost = true;
                Err(format!("panic: {}", panic_message(&*payload)))
            });
        match done {
            Ok(()) => passed += usize::from(asserts),
            Err(reason) => fail(Some(span), format!("{name}: {reason}")),
        }
    }
    (report.passed, report.skipped) = (passed, skipped);
    report
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

fn directive_name(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

/// Why an action gave no results.
enum Stop {
    /// The runtime stopped it.
    Runtime(Error),
    /// The script asks for what does not exist.
    Script(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Runtime(error)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Runtime(error) => error.fmt(f),
            Stop::Script(reason) => f.write_str(reason),
        }
    }
}

/// What earlier directives left behind.
struct State {
    runtime: Runtime,
    /// Instances by the name that the script gave them.
    instances: HashMap<String, Module>,
    /// The last instance.
    current: Option<Module>,
    /// Module definitions by name.
    definitions: HashMap<String, CompiledModule>,
    /// The last module definition.
    definition: Option<CompiledModule>,
}

impl State {
    fn new(config: &RuntimeConfig) -> Result<State, Error> {
        let mut runtime = Runtime::new(config.clone())?;
        let host = spectest(runtime.features());
        runtime.instantiate_host(&host)?;
        Ok(State {
            runtime,
            instances: HashMap::new(),
            current: None,
            definitions: HashMap::new(),
            definition: None,
        })
    }

    /// Carries out a directive.
    fn directive(&mut self, directive: &mut WastDirective<'_>) -> Result<(), String> {
        match directive {
            WastDirective::Module(module) => {
                // What follows is meant for this module: without it, nothing else shall answer.
                self.current = None;
                let code = self.compile(module)?;
                self.enter(module.name(), &code)
            }
            WastDirective::ModuleDefinition(module) => {
                self.definition = None;
                let code = self.compile(module)?;
                if let Some(id) = module.name() {
                    self.definitions.insert(id.name().to_string(), code.clone());
                }
                self.definition = Some(code);
                Ok(())
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let code = match module {
                    Some(id) => self.definitions.get(id.name()),
                    None => self.definition.as_ref(),
                };
                let code = code.ok_or("no such module definition")?.clone();
                self.enter(*instance, &code)
            }
            WastDirective::Register { name, module, .. } => {
                let module = self.instance(*module)?;
                self.runtime.register(*name, module).map_err(|error| error.to_string())
            }
            WastDirective::Invoke(invoke) => match self.invoke(invoke) {
                Ok(_) => Ok(()),
                Err(stop) => Err(stop.to_string()),
            },
            WastDirective::AssertReturn { exec, results, .. } => match self.execute(exec) {
                Ok(got) => values::compare(results, &got),
                Err(stop) => Err(stop.to_string()),
            },
            WastDirective::AssertTrap { exec, message, .. } => {
                let outcome = self.execute(exec);
                trapped(outcome, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let outcome = self.invoke(call);
                trapped(outcome, message)
            }
            WastDirective::AssertMalformed { module, .. }
            | WastDirective::AssertMalformedCustom { module, .. } => match source::binary(module) {
                Err(_) => Ok(()),
                Ok(bytes) => self.refused(&bytes),
            },
            WastDirective::AssertInvalid { module, .. }
            | WastDirective::AssertInvalidCustom { module, .. } => {
                let bytes =
                    source::binary(module).map_err(|error| format!("malformed, not invalid: {error}"))?;
                self.refused(&bytes)
            }
            WastDirective::AssertUnlinkable { module, .. } => match self.instantiate_text(module) {
                Ok(_) => Err("instantiated".into()),
                Err(Stop::Runtime(error)) if matches!(error.kind(), ErrorKind::Link(_)) => Ok(()),
                Err(stop) => Err(format!("no link error: {stop}")),
            },
            WastDirective::AssertException { exec, .. } => {
                Err(format!("no exception: {}", outcome_text(&self.execute(exec))))
            }
            WastDirective::AssertSuspension { exec, .. } => {
                Err(format!("no suspension: {}", outcome_text(&self.execute(exec))))
            }
            WastDirective::Thread(_) => Err("threads of scripts are not supported".into()),
            WastDirective::Wait { .. } => Err("no such thread".into()),
        }
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<CompiledModule, String> {
        let bytes = source::binary(module)?;
        self.runtime.compile(&bytes).map_err(|error| error.to_string())
    }

    /// Checks that a binary is refused by compilation.
    fn refused(&self, bytes: &[u8]) -> Result<(), String> {
        match self.runtime.compile(bytes) {
            Ok(_) => Err("compiled".into()),
            Err(error) if matches!(error.kind(), ErrorKind::Compile(_)) => Ok(()),
            Err(error) => Err(format!("no compile error: {error}")),
        }
    }

    /// Instantiates a module and makes it the current one.
    fn enter(&mut self, id: Option<Id<'_>>, code: &CompiledModule) -> Result<(), String> {
        self.current = None;
        let module = self.instantiate(code).map_err(|error| error.to_string())?;
        if let Some(id) = id {
            self.instances.insert(id.name().to_string(), module);
        }
        self.current = Some(module);
        Ok(())
    }

    fn instantiate(&mut self, code: &CompiledModule) -> Result<Module, Error> {
        // Scripts give names with `register` only, and call what they want called.
        let config = ModuleConfig::default().with_name("").with_start_functions::<&str>([]);
        self.runtime.instantiate(code, config)
    }

    fn instantiate_text(&mut self, module: &mut Wat<'_>) -> Result<Module, Stop> {
        let bytes = source::encode(module).map_err(Stop::Script)?;
        let code =
            self.runtime.compile(&bytes).map_err(|error| Stop::Script(format!("not valid: {error}")))?;
        Ok(self.instantiate(&code)?)
    }

    fn instance(&self, id: Option<Id<'_>>) -> Result<Module, String> {
        let found = match id {
            Some(id) => self.instances.get(id.name()).copied(),
            None => self.current,
        };
        found.ok_or_else(|| match id {
            Some(id) => format!("no instance is called ${}", id.name()),
            None => "there is no instance".into(),
        })
    }

    fn execute(&mut self, exec: &mut WastExecute<'_>) -> Result<Vec<Value>, Stop> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Wat(module) => self.instantiate_text(module).map(|_| Vec::new()),
            WastExecute::Get { module, global, .. } => {
                let module = self.instance(*module).map_err(Stop::Script)?;
                let global = module.global(&self.runtime, global)?;
                Ok(vec![global.get(&self.runtime)?])
            }
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Vec<Value>, Stop> {
        let module = self.instance(invoke.module).map_err(Stop::Script)?;
        let arguments: Result<Vec<Value>, String> = invoke.args.iter().map(values::argument).collect();
        let func = module.func_dyn(&self.runtime, invoke.name)?;
        Ok(func.call_dyn(&mut self.runtime, &arguments.map_err(Stop::Script)?)?)
    }
}

/// Checks that an action trapped with the expected message.
fn trapped(outcome: Result<Vec<Value>, Stop>, expected: &str) -> Result<(), String> {
    let code = match &outcome {
        Err(Stop::Runtime(error)) => error.trap_code(),
        _ => None,
    };
    match code.map(|code| code.message()) {
        Some(message) if message.starts_with(expected) || expected.starts_with(message) => Ok(()),
        Some(message) => Err(format!("expected trap `{expected}`, got trap `{message}`")),
        None => Err(format!("expected trap `{expected}`: {}", outcome_text(&outcome))),
    }
}

fn outcome_text(outcome: &Result<Vec<Value>, Stop>) -> String {
    match outcome {
        Ok(results) => format!("returned {results:?}"),
        Err(stop) => stop.to_string(),
    }
}
