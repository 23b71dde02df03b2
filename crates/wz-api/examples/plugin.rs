//! Plugins that work on state of the host: two modules, written apart, that see each other only through what the host
//! gives them and what it keeps for them.

use std::collections::BTreeMap;
use wz_api::{Caller, Context, Error, HostModule, Module, ModuleConfig, Runtime};

/// What the host keeps for all plugins.
#[derive(Default)]
struct Host {
    /// Key and value.
    scores: BTreeMap<u32, i64>,
    /// Plugins, in the order in which they are asked.
    plugins: Vec<Module>,
}

/// A plugin that doubles a score.
const DOUBLE: &str = r#"
    (module $double
        (import "host" "score" (func $score (param i32) (result i64)))
        (import "host" "set_score" (func $set_score (param i32 i64)))
        (func (export "on_event") (param $player i32)
            (call $set_score (local.get $player)
                (i64.mul (i64.const 2) (call $score (local.get $player))))))
"#;

/// A plugin that adds how often it was asked, which it keeps in a global of its own.
const BONUS: &str = r#"
    (module $bonus
        (import "host" "score" (func $score (param i32) (result i64)))
        (import "host" "set_score" (func $set_score (param i32 i64)))
        (global $asked (mut i64) (i64.const 0))
        (func (export "on_event") (param $player i32)
            (global.set $asked (i64.add (global.get $asked) (i64.const 1)))
            (call $set_score (local.get $player)
                (i64.add (call $score (local.get $player)) (global.get $asked)))))
"#;

fn host_module() -> HostModule<Host> {
    HostModule::new("host")
        .func("score", |caller: Caller<Host>, player: u32| {
            caller.data().scores.get(&player).copied().unwrap_or_default()
        })
        .func("set_score", |mut caller: Caller<Host>, player: u32, score: i64| {
            let by = caller.module().and_then(|module| module.name(&caller).ok().flatten()).unwrap_or("?");
            println!("{by}: player {player} has {score}");
            caller.data_mut().scores.insert(player, score);
        })
}

/// Asks every plugin. `&mut Context` takes a runtime as well as a host function's caller.
fn event(cx: &mut Context<Host>, player: u32) -> Result<(), Error> {
    for i in 0..cx.data().plugins.len() {
        let plugin = cx.data().plugins[i];
        plugin.func::<u32, ()>(cx, "on_event")?.call(cx, player)?;
    }
    Ok(())
}

/// Runs the example.
pub fn main() -> Result<(), Error> {
    let mut rt = Runtime::with_data(Default::default(), Host::default())?;
    rt.instantiate_host(&host_module())?;
    for source in [DOUBLE, BONUS] {
        let code = rt.compile(source)?;
        let plugin = rt.instantiate(&code, ModuleConfig::new())?;
        rt.data_mut().plugins.push(plugin);
    }

    rt.data_mut().scores.insert(1, 10);
    event(&mut rt, 1)?;
    event(&mut rt, 1)?;

    // A plugin can be taken out while the others stay: its name and its memory are free at once.
    let double = rt.data_mut().plugins.remove(0);
    double.close(&mut rt, 0)?;
    event(&mut rt, 2)?;
    println!("{:?}", rt.data().scores);
    Ok(())
}
