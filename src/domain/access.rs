//! What a program may do for a person, and what of a sign-in was proved.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Role;

/// How far an API token reaches; never further than its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Looks, as a viewer does.
    Read,
    /// Takes, returns, moves, lends, as a member does.
    Move,
    /// Edits, imports, prints, as a keeper does.
    Edit,
    /// Everything, as an admin does.
    Admin,
}

/// A word that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no scope; known are read, move, edit, admin")]
pub struct UnknownScope(pub String);

impl Scope {
    /// From least to most.
    pub const ALL: [Self; 4] = [Self::Read, Self::Move, Self::Edit, Self::Admin];

    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Move => "move",
            Self::Edit => "edit",
            Self::Admin => "admin",
        }
    }

    /// The most a token of this scope may do.
    pub fn most(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Move => Role::Member,
            Self::Edit => Role::Keeper,
            Self::Admin => Role::Admin,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// What somebody who signs in has proved so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The password; the second factor is awaited, and nothing is open yet.
    Half,
    /// The password, of somebody without a second factor.
    Password,
    /// The password and the second factor.
    Second,
}

/// A word that names no proof.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no proof")]
pub struct UnknownProof(pub String);

impl Proof {
    const ALL: [Self; 3] = [Self::Half, Self::Password, Self::Second];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::Password => "password",
            Self::Second => "second",
        }
    }

    /// What a session of this proof may do for somebody of this role. Where keepers and admins need a second factor, one
    /// who has none yet works as a member until it is set up.
    pub fn role(self, of: Role, second_required: bool) -> Role {
        if second_required && self != Self::Second { of.min(Role::Member) } else { of }
    }
}

impl FromStr for Proof {
    type Err = UnknownProof;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|proof| proof.as_str() == text).ok_or_else(|| UnknownProof(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_scopes_and_proofs() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        for proof in Proof::ALL {
            assert_eq!(proof.as_str().parse(), Ok(proof));
        }
        assert!("everything".parse::<Scope>().is_err() && "".parse::<Proof>().is_err());
    }

    #[test]
    fn where_a_second_factor_is_required_nobody_keeps_without() {
        assert_eq!(Proof::Password.role(Role::Admin, true), Role::Member);
        assert_eq!(Proof::Password.role(Role::Viewer, true), Role::Viewer);
        assert_eq!(Proof::Second.role(Role::Admin, true), Role::Admin);
        assert_eq!(Proof::Password.role(Role::Admin, false), Role::Admin);
    }
}
