//! Pages for people: one file each. All work without the script, and get better with it.

pub mod account;
pub mod api;
pub mod book;
mod book_form;
pub mod code;
pub mod edit;
mod edit_form;
pub mod health;
pub mod history;
pub mod home;
pub mod import;
pub mod item;
pub mod lists;
pub mod more;
pub mod people;
pub mod pictures;
pub mod places;
pub mod scan;
pub mod second_factor;
pub mod setup;
pub mod sign_in;
pub mod statistics;
pub mod stocktake;
pub mod tokens;
pub mod undo;
