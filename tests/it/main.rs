//! Integration tests over the real parts: PostgreSQL, the model, the web endpoint.

mod cluster;
mod ledger;
mod model;
mod pool;
mod races;
mod support;
