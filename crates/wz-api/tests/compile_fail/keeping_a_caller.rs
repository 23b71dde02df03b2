// A caller ends with its call.

use std::sync::Mutex;
use std::sync::mpsc::Sender;
use wz_api::{Caller, HostModule};

static KEPT: Mutex<Option<Caller<'static>>> = Mutex::new(None);

fn keep() -> HostModule {
    HostModule::new("env").func("keep", |caller: Caller| *KEPT.lock().unwrap() = Some(caller))
}

fn send(to: Sender<Caller<'static>>) -> HostModule {
    HostModule::new("env").func("send", move |caller: Caller| to.send(caller).unwrap())
}

fn main() {}
