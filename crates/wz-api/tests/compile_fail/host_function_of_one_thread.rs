// Host modules are shared by threads, and so is what their functions hold.

use std::rc::Rc;
use wz_api::HostModule;

fn main() {
    let count = Rc::new(1);
    HostModule::<()>::new("env").func("count", move || *count);
}
