//! Settings: one documented struct per concern, from file, environment and flags.
