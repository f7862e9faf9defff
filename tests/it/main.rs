//! Integration tests over the real parts: PostgreSQL, the model, the web endpoint.

mod basket;
mod changes;
mod cluster;
mod crash;
mod eval;
mod ledger;
mod loans;
mod merge;
mod model;
mod people;
mod photos;
mod pool;
mod privileges;
mod program;
mod races;
mod scan;
mod search;
mod stocktake;
mod support;
mod tidy;
mod tls;
mod transfer;
mod web;
