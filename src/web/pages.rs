//! Pages for people: one file each. All work without the script, and get better with it.

pub mod book;
mod book_form;
pub mod code;
pub mod history;
pub mod home;
pub mod item;
pub mod lists;
pub mod more;
pub mod places;
pub mod setup;
pub mod stocktake;
pub mod undo;
