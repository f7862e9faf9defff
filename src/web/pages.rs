//! Pages for people: one file each. All work without the script, and get better with it.

pub mod account;
pub mod book;
mod book_form;
pub mod code;
pub mod history;
pub mod home;
pub mod item;
pub mod lists;
pub mod more;
pub mod places;
pub mod second_factor;
pub mod setup;
pub mod sign_in;
pub mod stocktake;
pub mod tokens;
pub mod undo;
