//! Integration tests over the real parts: PostgreSQL, the model, the web endpoint.

mod cluster;
mod model;
mod pool;
mod support;
