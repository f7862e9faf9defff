//! Compiles the Slint user interface.

fn main() {}
