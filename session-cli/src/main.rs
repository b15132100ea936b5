//! session-cli
fn main() {}
