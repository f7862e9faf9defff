//! Labels that say what to do: printed once, hung beside the shelf, scanned instead of pressing.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a command label asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// One more of what is being taken, put back or counted.
    PlusOne,
    PlusTen,
    /// Put back what is shown.
    PutBack,
    /// Take back what was booked last.
    Undo,
    /// Confirm what is open.
    Done,
    /// What is shown is used up: it goes on the reorder list.
    Empty,
}

/// A word that is no command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no command")]
pub struct UnknownCommand(pub String);

impl Command {
    /// All of them, in the order of the printed sheet.
    pub const ALL: [Self; 6] = [Self::PlusOne, Self::PlusTen, Self::PutBack, Self::Undo, Self::Done, Self::Empty];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlusOne => "plus_1",
            Self::PlusTen => "plus_10",
            Self::PutBack => "put_back",
            Self::Undo => "undo",
            Self::Done => "done",
            Self::Empty => "empty",
        }
    }

    /// What its label encodes: only keys that are the same on every keyboard, so that the first scan of a kiosk whose
    /// layout is not set yet works.
    pub fn code(self) -> &'static str {
        match self {
            Self::PlusOne => "INVPLUS1",
            Self::PlusTen => "INVPLUS10",
            Self::PutBack => "INVPUTBACK",
            Self::Undo => "INVUNDO",
            Self::Done => "INVDONE",
            Self::Empty => "INVREORDER",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Command {
    type Err = UnknownCommand;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|c| c.as_str() == text).ok_or_else(|| UnknownCommand(text.to_owned()))
    }
}
