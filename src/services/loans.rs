//! Loans: who has what, what is overdue, and taking it back, in parts if need be.

use thiserror::Error;
use time::Date;

use super::stock::{Booked, BookingRequest, Refusal, Stock, StockError};
use crate::domain::person::Forbidden;
use crate::domain::{Act, Actor, ItemId, LoanId, Permission, PersonId, Quantity, RequestId};
use crate::store::{Db, StoreError, bookings, stock};

pub use crate::store::stock::Loan;

/// Why nothing happened to a loan.
#[derive(Debug, Error)]
pub enum LoanError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such open loan")]
    NotFound,
    #[error("{0}")]
    Refused(Refusal),
    #[error("this request was already booked with other contents")]
    RequestReused,
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<StockError> for LoanError {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Forbidden(error) => error.into(),
            StockError::Refused { reason, .. } => Self::Refused(reason),
            StockError::Store(error) => error.into(),
            StockError::Empty | StockError::Note | StockError::RequestReused => Self::RequestReused,
        }
    }
}

/// Which loans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoanFilter {
    pub person: Option<PersonId>,
    pub item: Option<ItemId>,
    /// Due before this day.
    pub due_before: Option<Date>,
}

/// Looks after loans.
#[derive(Clone)]
pub struct Loans {
    db: Db,
    stock: Stock,
}

impl Loans {
    pub fn new(db: Db) -> Self {
        Self { stock: Stock::new(db.clone()), db }
    }

    /// Open loans, soonest due first.
    pub async fn list(&self, actor: &Actor, filter: LoanFilter) -> Result<Vec<Loan>, LoanError> {
        actor.require(Permission::SeePrivate)?;
        let client = self.db.client().await?;
        let mut loans = match filter.item {
            Some(item) => stock::open_loans(&client, item).await?,
            None => stock::all_open_loans(&client, filter.person).await?,
        };
        loans.retain(|loan| {
            filter.person.is_none_or(|person| loan.person == Some(person))
                && filter.due_before.is_none_or(|day| loan.due_on.is_some_and(|due| due < day))
        });
        Ok(loans)
    }

    /// One loan, open or closed.
    pub async fn get(&self, actor: &Actor, id: LoanId) -> Result<Loan, LoanError> {
        actor.require(Permission::SeePrivate)?;
        let client = self.db.client().await?;
        stock::loan(&client, id).await?.ok_or(LoanError::NotFound)
    }

    /// Takes back all or part of one loan: into a place, else where the thing belongs.
    pub async fn take_back(
        &self,
        actor: &Actor,
        request: RequestId,
        id: LoanId,
        to: Option<ItemId>,
        quantity: Option<Quantity>,
    ) -> Result<Booked, LoanError> {
        actor.require(Permission::Book)?;
        let client = self.db.client().await?;
        let loan = stock::loan(&client, id).await?.ok_or(LoanError::NotFound)?;
        let to = match to {
            Some(to) => Some(to),
            None => stock::home_of(&client, loan.item).await?,
        };
        drop(client);
        let to = to.ok_or(LoanError::Refused(Refusal::NoHolder))?;
        // What is still out, without an amount; of a closed loan nothing is, and the books say so.
        let all = Quantity::new(loan.outstanding).unwrap_or(Quantity::ONE);
        let act = Act::CheckIn { loan: id, to, quantity: quantity.unwrap_or(all) };
        let booking = BookingRequest { id: request, ..BookingRequest::single(act) };
        match self.stock.book(actor, &booking).await {
            // A repeat of "all of it" after it worked finds nothing out; the first answer still stands.
            Err(StockError::RequestReused) => Ok(self.stock.repeated(actor, request).await?),
            other => Ok(other?),
        }
    }

    /// Sets or clears the day an open loan is due.
    pub async fn set_due(&self, actor: &Actor, id: LoanId, due_on: Option<Date>) -> Result<(), LoanError> {
        actor.require(Permission::Book)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let before =
            stock::loan(&tx, id).await?.filter(|loan| !loan.outstanding.is_zero()).ok_or(LoanError::NotFound)?;
        stock::set_due(&tx, id, due_on).await?;
        let day = |due: Option<Date>| due.map(|day| day.to_string());
        let detail = serde_json::json!({ "loan": id.to_string(), "due_on": day(due_on), "before": day(before.due_on) });
        crate::store::audit::note(&tx, actor, "due_changed", "item", Some(before.item.0), Some(detail)).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}
