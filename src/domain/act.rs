//! What a person confirms: the acts of a booking, and which act a verb on the screen means.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::Date;

use super::{ItemId, ItemKind, LoanId, LotId, Movement, MovementKind, PersonId, Quantity};

/// Who has a lent thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Borrower {
    Person(PersonId),
    /// Somebody without an account.
    Named(String),
}

/// One line of what a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    Receive {
        item: ItemId,
        to: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    Issue {
        item: ItemId,
        from: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    Return {
        item: ItemId,
        to: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    /// `from` or `to` is `None` only for a location that was, or becomes, a root.
    Transfer {
        item: ItemId,
        from: Option<ItemId>,
        to: Option<ItemId>,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    /// Counted: the difference to what the books say now is booked; nothing, when they agree.
    Adjust {
        item: ItemId,
        holder: ItemId,
        counted: Decimal,
        lot: Option<LotId>,
    },
    CheckOut {
        item: ItemId,
        from: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
        borrower: Borrower,
        due_on: Option<Date>,
    },
    CheckIn {
        loan: LoanId,
        to: ItemId,
        quantity: Quantity,
    },
    Missing {
        item: ItemId,
        from: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    /// A borrower lost it: no longer lent, now missing.
    Lost {
        loan: LoanId,
        quantity: Quantity,
    },
    Found {
        item: ItemId,
        to: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
    },
    /// `from: None` gives up what is missing.
    Scrap {
        item: ItemId,
        from: Option<ItemId>,
        quantity: Quantity,
        lot: Option<LotId>,
    },
}

/// What the books say about an act's item, loaded before deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// On the line (item, holder, lot) the act is about.
    pub there: Decimal,
    /// The loan's item and lot, for acts that name a loan.
    pub loan: Option<(ItemId, Option<LotId>)>,
    /// What is still out on it.
    pub outstanding: Decimal,
    /// What of the item is missing.
    pub missing: Decimal,
}

/// Why an act cannot be booked as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ActError {
    #[error("{available} there, {asked} asked for")]
    NotEnough { item: ItemId, available: Decimal, asked: Decimal },
    #[error("only {outstanding} are out on this loan, {asked} were to come back")]
    NotThatManyLent { loan: LoanId, outstanding: Decimal, asked: Decimal },
    #[error("only {missing} are missing, {asked} were found or given up")]
    NotThatManyMissing { item: ItemId, missing: Decimal, asked: Decimal },
    #[error("no such loan")]
    NoSuchLoan { loan: LoanId },
    #[error("a counted quantity is not negative and has at most six decimals")]
    Count,
    #[error("it is there already")]
    SamePlace { item: ItemId },
}

impl Act {
    /// The (item, holder, lot) line whose stock the decision needs.
    pub fn line(&self) -> Option<(ItemId, ItemId, Option<LotId>)> {
        match *self {
            Self::Issue { item, from, lot, .. }
            | Self::CheckOut { item, from, lot, .. }
            | Self::Missing { item, from, lot, .. }
            | Self::Transfer { item, from: Some(from), lot, .. }
            | Self::Scrap { item, from: Some(from), lot, .. } => Some((item, from, lot)),
            Self::Adjust { item, holder, lot, .. } => Some((item, holder, lot)),
            _ => None,
        }
    }

    /// The loan it names.
    pub fn loan(&self) -> Option<LoanId> {
        match *self {
            Self::CheckIn { loan, .. } | Self::Lost { loan, .. } => Some(loan),
            _ => None,
        }
    }

    /// The item it names; acts on a loan name none.
    pub fn item(&self) -> Option<ItemId> {
        match *self {
            Self::Receive { item, .. }
            | Self::Issue { item, .. }
            | Self::Return { item, .. }
            | Self::Transfer { item, .. }
            | Self::Adjust { item, .. }
            | Self::CheckOut { item, .. }
            | Self::Missing { item, .. }
            | Self::Found { item, .. }
            | Self::Scrap { item, .. } => Some(item),
            Self::CheckIn { .. } | Self::Lost { .. } => None,
        }
    }

    /// Does it need more than a member's rights? Correcting and scrapping change what is owned.
    pub fn is_keeping(&self) -> bool {
        matches!(self, Self::Receive { .. } | Self::Adjust { .. } | Self::Scrap { .. })
    }

    /// The movement it books, or `None` when there is nothing to book; refuses what the books contradict.
    /// A check-out's loan is given by `new_loan`.
    pub fn decide(&self, facts: &Facts, new_loan: LoanId) -> Result<Option<Movement>, ActError> {
        let enough = |item: ItemId, asked: Quantity| {
            if facts.there < asked.get() {
                Err(ActError::NotEnough { item, available: facts.there, asked: asked.get() })
            } else {
                Ok(())
            }
        };
        let lent = |loan: LoanId, asked: Quantity| {
            let (item, lot) = facts.loan.ok_or(ActError::NoSuchLoan { loan })?;
            if facts.outstanding < asked.get() {
                return Err(ActError::NotThatManyLent { loan, outstanding: facts.outstanding, asked: asked.get() });
            }
            Ok((item, lot))
        };
        let was_missing = |item: ItemId, asked: Quantity| {
            if facts.missing < asked.get() {
                Err(ActError::NotThatManyMissing { item, missing: facts.missing, asked: asked.get() })
            } else {
                Ok(())
            }
        };
        let movement = match *self {
            Self::Receive { item, to, quantity, lot } => into(MovementKind::Receive, item, to, quantity, lot),
            Self::Return { item, to, quantity, lot } => into(MovementKind::Return, item, to, quantity, lot),
            Self::Issue { item, from, quantity, lot } => {
                enough(item, quantity)?;
                out_of(MovementKind::Issue, item, from, quantity, lot)
            }
            Self::Missing { item, from, quantity, lot } => {
                enough(item, quantity)?;
                out_of(MovementKind::Missing, item, from, quantity, lot)
            }
            Self::Transfer { item, from, to, quantity, lot } => {
                if from == to {
                    return Err(ActError::SamePlace { item });
                }
                if from.is_some() {
                    enough(item, quantity)?;
                }
                Movement { lot, from, to, ..Movement::new(MovementKind::Transfer, item, quantity) }
            }
            Self::Adjust { item, holder, counted, lot } => {
                if counted.is_sign_negative() && !counted.is_zero() {
                    return Err(ActError::Count);
                }
                let difference = counted - facts.there;
                if difference.is_zero() {
                    return Ok(None);
                }
                let quantity = Quantity::new(difference.abs()).map_err(|_| ActError::Count)?;
                if difference.is_sign_positive() {
                    into(MovementKind::Adjust, item, holder, quantity, lot)
                } else {
                    out_of(MovementKind::Adjust, item, holder, quantity, lot)
                }
            }
            Self::CheckOut { item, from, quantity, lot, .. } => {
                enough(item, quantity)?;
                Movement { loan: Some(new_loan), ..out_of(MovementKind::CheckOut, item, from, quantity, lot) }
            }
            Self::CheckIn { loan, to, quantity } => {
                let (item, lot) = lent(loan, quantity)?;
                Movement { loan: Some(loan), ..into(MovementKind::CheckIn, item, to, quantity, lot) }
            }
            Self::Lost { loan, quantity } => {
                let (item, lot) = lent(loan, quantity)?;
                Movement { loan: Some(loan), lot, ..Movement::new(MovementKind::Missing, item, quantity) }
            }
            Self::Found { item, to, quantity, lot } => {
                was_missing(item, quantity)?;
                into(MovementKind::Found, item, to, quantity, lot)
            }
            Self::Scrap { item, from: Some(from), quantity, lot } => {
                enough(item, quantity)?;
                out_of(MovementKind::Scrap, item, from, quantity, lot)
            }
            Self::Scrap { item, from: None, quantity, lot } => {
                was_missing(item, quantity)?;
                Movement { lot, ..Movement::new(MovementKind::Scrap, item, quantity) }
            }
        };
        Ok(Some(movement))
    }

    /// *Take*: a consumable is used up; anything else goes with the person who takes it.
    pub fn take(
        kind: ItemKind,
        item: ItemId,
        from: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
        taker: Borrower,
        due_on: Option<Date>,
    ) -> Self {
        if kind.is_counted() {
            Self::Issue { item, from, quantity, lot }
        } else {
            Self::CheckOut { item, from, quantity, lot, borrower: taker, due_on }
        }
    }

    /// *Put back*: what is lent comes in; a consumable returns; anything else moves home, or turns up again.
    pub fn put_back(
        kind: ItemKind,
        item: ItemId,
        to: ItemId,
        quantity: Quantity,
        lot: Option<LotId>,
        state: PutBack,
    ) -> Self {
        match (kind.is_counted(), state) {
            (_, PutBack::Lent(loan)) => Self::CheckIn { loan, to, quantity },
            (true, _) => Self::Return { item, to, quantity, lot },
            (false, PutBack::In(from)) => Self::Transfer { item, from: Some(from), to: Some(to), quantity, lot },
            (false, PutBack::Missing) => Self::Found { item, to, quantity, lot },
            (false, PutBack::Nowhere) => Self::Receive { item, to, quantity, lot },
        }
    }
}

/// Where a thing was before it is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBack {
    Lent(LoanId),
    In(ItemId),
    Missing,
    Nowhere,
}

fn into(kind: MovementKind, item: ItemId, to: ItemId, quantity: Quantity, lot: Option<LotId>) -> Movement {
    Movement { to: Some(to), lot, ..Movement::new(kind, item, quantity) }
}

fn out_of(kind: MovementKind, item: ItemId, from: ItemId, quantity: Quantity, lot: Option<LotId>) -> Movement {
    Movement { from: Some(from), lot, ..Movement::new(kind, item, quantity) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(act: &Act, there: i64) -> Result<Option<Movement>, ActError> {
        act.decide(&Facts { there: there.into(), ..Facts::default() }, LoanId::new())
    }

    #[test]
    fn taking_more_than_is_there_says_how_many_are() {
        let (item, from) = (ItemId::new(), ItemId::new());
        let act = Act::Issue { item, from, quantity: 5.into(), lot: None };
        assert_eq!(decide(&act, 3), Err(ActError::NotEnough { item, available: 3.into(), asked: 5.into() }));
        assert!(decide(&act, 5).expect("enough").is_some());
    }

    #[test]
    fn a_count_books_the_difference_and_nothing_when_it_agrees() {
        let (item, holder) = (ItemId::new(), ItemId::new());
        let count = |counted: i64| {
            decide(&Act::Adjust { item, holder, counted: counted.into(), lot: None }, 10).expect("valid")
        };
        assert_eq!(count(10), None);
        let up = count(12).expect("differs");
        assert_eq!((up.to, up.from, up.quantity), (Some(holder), None, 2.into()));
        let down = count(0).expect("differs");
        assert_eq!((down.to, down.from, down.quantity), (None, Some(holder), 10.into()));
    }

    #[test]
    fn verbs_mean_what_the_table_of_the_data_model_says() {
        let (item, place, loan) = (ItemId::new(), ItemId::new(), LoanId::new());
        let me = || Borrower::Named("me".into());
        let take = |kind| Act::take(kind, item, place, Quantity::ONE, None, me(), None);
        assert!(matches!(take(ItemKind::Consumable), Act::Issue { .. }));
        assert!(matches!(take(ItemKind::Asset), Act::CheckOut { .. }));
        assert!(matches!(take(ItemKind::Container), Act::CheckOut { .. }));
        let back = |kind, state| Act::put_back(kind, item, place, Quantity::ONE, None, state);
        assert!(matches!(back(ItemKind::Consumable, PutBack::Nowhere), Act::Return { .. }));
        assert!(matches!(back(ItemKind::Asset, PutBack::Lent(loan)), Act::CheckIn { .. }));
        assert!(matches!(back(ItemKind::Asset, PutBack::In(ItemId::new())), Act::Transfer { .. }));
        assert!(matches!(back(ItemKind::Asset, PutBack::Missing), Act::Found { .. }));
    }
}
