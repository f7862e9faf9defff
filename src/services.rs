//! The use cases: permission, load, decide, write. One transaction each.
