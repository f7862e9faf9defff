//! Undo: a booking that takes another one back, or one line of it, once; undoing an undo is redo.

use thiserror::Error;

use super::stock::{Booked, Refusal, reason_of};
use crate::domain::person::Forbidden;
use crate::domain::{Actor, BookingId, ItemId, Movement, Permission, RequestId};
use crate::store::bookings::{self, BookedLine, BookingHead, BookingKind, NewBooking};
use crate::store::{Db, StoreError, audit, items, merging};

/// How long a member may take back their own bookings.
pub const MEMBER_MINUTES: i64 = 15;

/// Why nothing was taken back.
#[derive(Debug, Error)]
pub enum UndoError {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("no such booking")]
    NotFound,
    #[error("it was taken back already")]
    AlreadyUndone,
    #[error("taking a merge back is final; merge the two again instead")]
    MergeAgain,
    #[error("a merge is taken back as a whole")]
    MergeWhole,
    #[error("a member takes back only their own bookings, for {MEMBER_MINUTES} minutes")]
    NotYours,
    /// What has happened since stands in the way.
    #[error("line {line}: {reason}")]
    InTheWay { line: i32, item: ItemId, reason: Refusal },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an undo did beside moving stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub booked: Booked,
    /// Things the booking had made that others have used since: they stay.
    pub kept: Vec<ItemId>,
    /// Fields changed again since: they stay as they are.
    pub fields_kept: Vec<(ItemId, String)>,
}

/// Takes bookings back.
#[derive(Clone)]
pub struct Undo {
    db: Db,
}

const TRIES: usize = 4;

impl Undo {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Takes back a whole booking, or with `line` one line of it. A repeat of the request is answered, not done again.
    pub async fn undo(
        &self,
        actor: &Actor,
        request: RequestId,
        booking: BookingId,
        line: Option<i32>,
    ) -> Result<Undone, UndoError> {
        actor.require(Permission::Book)?;
        let mut tries = 1;
        loop {
            match self.try_undo(actor, request, booking, line).await {
                Err(UndoError::Store(StoreError::Serialization)) if tries < TRIES => tries += 1,
                Err(UndoError::Store(e)) if e.constraint() == Some(bookings::REQUEST_ONCE) && tries < TRIES => {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn try_undo(
        &self,
        actor: &Actor,
        request: RequestId,
        booking: BookingId,
        line: Option<i32>,
    ) -> Result<Undone, UndoError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let hash = format!("undo {booking} {line:?}");
        if let Some(before) = bookings::by_request(&tx, actor, request).await? {
            let booked = Booked { booking: before.id, repeated: true };
            return Ok(Undone { booked, kept: Vec::new(), fields_kept: Vec::new() });
        }
        let head = bookings::get(&tx, booking).await?.ok_or(UndoError::NotFound)?;
        allow(actor, &head)?;
        let merged = merging::of_booking(&tx, booking).await?;
        if merged.is_some() && line.is_some() {
            return Err(UndoError::MergeWhole);
        }
        if let Some(original) = head.reverses
            && merging::of_booking(&tx, original).await?.is_some()
        {
            return Err(UndoError::MergeAgain);
        }
        let all = bookings::lines(&tx, booking).await?;
        let items_concerned: Vec<ItemId> = all.iter().map(|l| l.movement.item).collect();
        bookings::lock_items(&tx, &items_concerned).await?;
        // Read again under the locks: somebody may just have undone it.
        let all = bookings::lines(&tx, booking).await?;
        let open: Vec<&BookedLine> = all.iter().filter(|l| !l.reversed && line.is_none_or(|n| n == l.line)).collect();
        let whole = line.is_none();
        let made = if whole { audit::items_made_by(&tx, booking).await? } else { Vec::new() };
        let mut edits = if whole { audit::item_edits_of(&tx, booking).await? } else { Vec::new() };
        edits.retain(|(item, ..)| !made.contains(item));
        let taken_back = bookings::undone(&tx, booking).await?;
        if (open.is_empty() && edits.is_empty() && made.is_empty()) || (whole && taken_back) {
            return Err(if line.is_some() && all.iter().all(|l| Some(l.line) != line) {
                UndoError::NotFound
            } else {
                UndoError::AlreadyUndone
            });
        }

        let id = BookingId::new();
        bookings::begin(&tx, actor, Some(id)).await?;
        let reverses = whole.then_some(booking);
        bookings::insert(
            &tx,
            actor,
            &NewBooking { id, request, body_hash: &hash, kind: BookingKind::Undo, note: "", reverses },
        )
        .await?;

        let mut fields_kept = Vec::new();
        // What the booking archived must be back before things can move, so edits come first; archiving again comes last.
        for (item, field, old, new) in &edits {
            if !audit::restore_field(&tx, *item, field, old, new).await.map_err(|e| in_the_way(0, *item, e))? {
                fields_kept.push((*item, field.clone()));
            }
        }
        // Latest first, so that each line finds the state it left.
        for (n, line) in open.iter().rev().enumerate() {
            let back: Movement = line.movement.reversal((booking, line.line));
            let number = i32::try_from(n).unwrap_or(i32::MAX - 1) + 1;
            bookings::append(&tx, id, number, &[back]).await.map_err(|e| match e.constraint() {
                Some("movement_reversed_once") => UndoError::AlreadyUndone,
                _ => in_the_way(line.line, line.movement.item, e),
            })?;
        }
        if let Some(moved) = &merged {
            merging::move_back(&tx, moved).await.map_err(|e| in_the_way(0, ItemId(moved.other), e))?;
        }
        let mut kept = Vec::new();
        for item in made {
            if audit::touched_since(&tx, item, booking).await? {
                kept.push(item);
            } else {
                items::set_archived(&tx, item, true).await.map_err(|e| in_the_way(0, item, e))?;
            }
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Undone { booked: Booked { booking: id, repeated: false }, kept, fields_kept })
    }
}

fn allow(actor: &Actor, head: &BookingHead) -> Result<(), UndoError> {
    if actor.may(Permission::Keep) {
        return Ok(());
    }
    let own = actor.person.is_some() && head.actor == actor.person;
    if own && time::OffsetDateTime::now_utc() - head.at <= time::Duration::minutes(MEMBER_MINUTES) {
        Ok(())
    } else {
        Err(UndoError::NotYours)
    }
}

fn in_the_way(line: i32, item: ItemId, error: StoreError) -> UndoError {
    match reason_of(&error) {
        Some(reason) => UndoError::InTheWay { line, item, reason },
        None => error.into(),
    }
}
