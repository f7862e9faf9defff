//! *inventory*: find it, take it, put it back, know what is left.
//!
//! One library, one binary, several faces over one service layer. Read in this order:
//!
//! - [`domain`]: what an item, a quantity, a booking is, and the decisions about them. Pure.
//! - [`store`]: PostgreSQL. The only place with SQL.
//! - [`services`]: the use cases. Every method takes an actor, checks, decides, writes once.
//! - [`embedding`]: text to vectors, and the worker that keeps them fresh.
//! - [`cluster`], [`config`], [`tls`], [`telemetry`], [`systemd`]: the ground it stands on.
//! - [`app`]: puts the above together, the same way for `main` and for tests.
//! - [`web`], [`gui`], [`cli`]: the faces. Siblings; each parses input, calls a service, presents the result.

// The web's catalogue; the macro wants to stand at the root.
rust_i18n::i18n!("src/web/lang", fallback = "en");

pub mod domain;

pub mod store;

pub mod services;

pub mod embedding;
pub mod example;

pub mod cluster;
pub mod config;
pub mod systemd;
pub mod telemetry;
pub mod tls;

pub mod app;

pub mod cli;
#[cfg(feature = "gui")]
pub mod gui;
pub mod web;
