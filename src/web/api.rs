//! The JSON API for programs: one file per resource. Each answer's shape is a type of its own, so that a change inside does
//! not change it by accident.

pub mod items;
pub mod places;
pub mod search;
mod shapes;
