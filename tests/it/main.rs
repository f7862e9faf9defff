//! Integration tests over the real parts: PostgreSQL, the model, the web endpoint.

mod model;
