//! The window: what it looks like and what it does, pressed like a person presses it, without a display.

#[path = "../it/support.rs"]
mod database;

mod booking;
mod finding;
mod first_run;
mod keeping;
mod kiosk;
mod layout;
mod ready;
mod render;
mod soak;
mod speed;
mod stage;
mod support;
mod tokens;
mod words;
