//! People, roles, and who may do what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::PersonId;

/// What a person may do; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Takes, returns, moves, lends.
    Member,
    /// Edits, imports, prints, approves counts.
    Keeper,
    /// People, backup, settings.
    Admin,
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no role; known are viewer, member, keeper, admin")]
pub struct UnknownRole(pub String);

impl Role {
    /// From least to most.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Keeper, Self::Admin];

    /// The word in the database, the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Keeper => "keeper",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// What a service method asks for before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See items, places, stock, history.
    Look,
    /// See what it cost and who has it.
    SeePrivate,
    /// Book: take, put back, move, lend, count; undo one's own for a while.
    Book,
    /// Create and edit items, import, export, adjust, scrap, archive, undo anyone's.
    Keep,
    /// People, settings, backups.
    Administer,
}

impl Permission {
    /// The least role that has it.
    pub fn least_role(self) -> Role {
        match self {
            Self::Look => Role::Viewer,
            Self::SeePrivate | Self::Book => Role::Member,
            Self::Keep => Role::Keeper,
            Self::Administer => Role::Admin,
        }
    }
}

/// The person on whose behalf a service acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `None`: the program itself (first start, background work).
    pub person: Option<PersonId>,
    pub role: Role,
}

/// The actor may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("needs role {needed}, has {has}")]
pub struct Forbidden {
    pub needed: Role,
    pub has: Role,
}

impl Actor {
    /// A person with a role.
    pub fn person(id: PersonId, role: Role) -> Self {
        Self { person: Some(id), role }
    }

    /// The program itself, as an administrator: migrations, example inventory, evaluation.
    pub fn program() -> Self {
        Self { person: None, role: Role::Admin }
    }

    /// Nobody in particular, who may look.
    pub fn anonymous() -> Self {
        Self { person: None, role: Role::Viewer }
    }

    /// Does the role carry the permission?
    pub fn may(&self, permission: Permission) -> bool {
        self.role >= permission.least_role()
    }

    /// The first line of every service method.
    pub fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.may(permission) { Ok(()) } else { Err(Forbidden { needed: permission.least_role(), has: self.role }) }
    }
}
