//! Logs and spans: the only module that names the tracing subscriber.
