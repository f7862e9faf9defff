//! Pure types and decisions: no I/O, no clock, no async.
