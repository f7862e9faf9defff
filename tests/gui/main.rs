//! The window: what it looks like and what it does, pressed like a person presses it, without a display.

mod render;
mod support;
mod tokens;
