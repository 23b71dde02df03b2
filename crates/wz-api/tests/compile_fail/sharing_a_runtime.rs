// A runtime can be sent to another thread, but not be used by two.

use std::thread;
use wz_api::Runtime;

fn main() {
    let rt = Runtime::new(Default::default()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| rt.fuel());
        scope.spawn(|| rt.fuel());
    });
}
