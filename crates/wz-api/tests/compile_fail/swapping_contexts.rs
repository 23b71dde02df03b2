// Two runtimes can be swapped, what their guests run in cannot.

use wz_api::{Context, Runtime};

fn swap_contexts(a: &mut Context, b: &mut Context) {
    std::mem::swap(a, b);
}

fn swap_behind_runtimes(a: &mut Runtime, b: &mut Runtime) {
    std::mem::swap(a, b);
    std::mem::swap(&mut **a, &mut **b);
}

fn main() {}
