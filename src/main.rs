//! Parses the command, starts telemetry, dispatches.

fn main() {}
