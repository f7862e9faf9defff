//! Pure types and decisions: no I/O, no clock, no async.
//!
//! One word, one meaning: an *item* is anything a person can look for; a *holder* is an item that holds others (a
//! location or a container); *stock* is how many of an item lie in a holder; a *booking* is what a person confirms at
//! once, made of *movements*.

pub mod access;
pub mod act;
pub mod backoff;
pub mod basket;
pub mod code;
pub mod command;
pub mod id;
pub mod item;
pub mod label;

pub mod movement;
pub mod person;
pub mod quantity;
pub mod reorder;
pub mod retention;
pub mod scan;
pub mod scanner;
pub mod search;
pub mod stocktake;
pub mod undo;
pub mod whereabouts;

pub use access::{Proof, Scope};
pub use act::{Act, Borrower};
pub use code::OwnCode;
pub use id::{BookingId, ItemId, LoanId, LotId, PersonId, PhotoId, RequestId, SessionId, StocktakeId, TokenId};
pub use item::{ItemDraft, ItemKind, Money};
pub use movement::{Movement, MovementKind};
pub use person::{Actor, Permission, Role};
pub use quantity::Quantity;
pub use retention::Retention;
pub use whereabouts::Whereabouts;
