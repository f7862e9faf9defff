//! Undo: a booking that takes another one back, or one line of it, once; undoing an undo is redo.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use thiserror::Error;

use super::stock::{Booked, Refusal, reason_of};
use crate::domain::person::Forbidden;
use crate::domain::undo::{self, FieldEdit};
use crate::domain::{Actor, BookingId, ItemId, Movement, Permission, RequestId};
use crate::store::bookings::{self, BookedLine, BookingHead, BookingKind, NewBooking};
use crate::store::{Db, StoreError, merging, undoing};

/// How long a member may take back their own bookings.
pub const MEMBER_MINUTES: i64 = 15;

/// Why nothing was taken back.
#[derive(Debug, Error)]
pub enum UndoError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("no such booking")]
    NotFound,
    #[error("it was taken back already")]
    AlreadyUndone,
    #[error("taking a merge back is final; merge the two again instead")]
    MergeAgain,
    #[error("this request was already booked with other contents")]
    RequestReused,
    #[error("a merge is taken back as a whole")]
    MergeWhole,
    #[error("a member takes back only their own bookings, for {MEMBER_MINUTES} minutes")]
    NotYours,
    /// What has happened since stands in the way.
    #[error("line {line}: {reason}")]
    InTheWay { line: i32, item: ItemId, reason: Refusal },
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What an undo did beside moving stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub booked: Booked,
    /// Things the booking had made that others have used since: they stay.
    pub kept: Vec<ItemId>,
    /// Fields changed again since: they stay as they are. `photos`: pictures it added to things that were there before.
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
            if before.body_hash != hash {
                return Err(UndoError::RequestReused);
            }
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
        let made = if whole { undoing::items_made_by(&tx, booking).await? } else { Vec::new() };
        let edits = if whole { undoing::edits_of(&tx, booking).await? } else { Vec::new() };
        let belongings = whole && merged.is_none() && undoing::has_belongings(&tx, booking).await?;
        let nothing = open.is_empty() && edits.is_empty() && made.is_empty() && !belongings;
        if nothing || (whole && bookings::undone(&tx, booking).await?) {
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

        // What the booking archived must be back before things can move, so edits come first; archiving again comes last.
        let mut fields_kept = restore_fields(&tx, &edits).await?;
        reverse(&tx, id, booking, &open).await?;
        if let Some(moved) = &merged {
            merging::move_back(&tx, moved).await.map_err(|e| in_the_way(0, ItemId(moved.other), e))?;
        }
        if belongings {
            undoing::restore_belongings(&tx, booking).await?;
        }
        if whole && merged.is_none() {
            let pictured = undoing::pictured_by(&tx, booking).await?;
            fields_kept.extend(pictured.into_iter().map(|item| (item, "photos".to_owned())));
        }
        let kept = archive_made(&tx, booking, &made).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Undone { booked: Booked { booking: id, repeated: false }, kept, fields_kept })
    }
}

/// So many rows are written in one statement. Where it is refused they are written one by one, so that the refusal can
/// be told of one of them.
const AT_ONCE: usize = 1_000;

/// Puts fields back that still hold what the booking wrote. Returns the others.
async fn restore_fields(tx: &Transaction<'_>, edits: &[FieldEdit]) -> Result<Vec<(ItemId, String)>, UndoError> {
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let mut items: Vec<ItemId> = edits.iter().map(|edit| edit.item).collect();
    items.sort_unstable();
    items.dedup();
    let restored = undo::restore(edits, undoing::fields_now(tx, &items).await?);
    for (columns, rows) in &restored.changes {
        for rows in rows.chunks(AT_ONCE) {
            if rows.len() > 1 && undoing::attempt(tx, undoing::set_fields(tx, columns, rows)).await? {
                continue;
            }
            for row in rows {
                let set = undoing::set_fields(tx, columns, std::slice::from_ref(row)).await;
                set.map_err(|e| in_the_way(0, row.0, e))?;
            }
        }
    }
    Ok(restored.kept)
}

/// Takes lines back, the latest first, so that each finds the state it left.
async fn reverse(
    tx: &Transaction<'_>,
    id: BookingId,
    booking: BookingId,
    open: &[&BookedLine],
) -> Result<(), UndoError> {
    let latest_first: Vec<&BookedLine> = open.iter().rev().copied().collect();
    let mut number = 1;
    for lines in latest_first.chunks(AT_ONCE) {
        let back: Vec<Movement> = lines.iter().map(|line| line.movement.reversal((booking, line.line))).collect();
        if lines.len() == 1 || !undoing::attempt(tx, bookings::append(tx, id, number, &back)).await? {
            for ((at, line), back) in (number..).zip(lines).zip(&back) {
                bookings::append(tx, id, at, std::slice::from_ref(back)).await.map_err(|e| match e.constraint() {
                    Some("movement_reversed_once") => UndoError::AlreadyUndone,
                    _ => in_the_way(line.line, line.movement.item, e),
                })?;
            }
        }
        number += i32::try_from(lines.len()).unwrap_or(i32::MAX);
    }
    Ok(())
}

/// Archives what the booking made, things before what they lie in. Returns what others have used since, which stays.
async fn archive_made(
    tx: &Transaction<'_>,
    booking: BookingId,
    made: &[(ItemId, bool)],
) -> Result<Vec<ItemId>, UndoError> {
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let touched: HashSet<ItemId> = undoing::touched_since(tx, booking).await?.into_iter().collect();
    let (kept, gone): (Vec<_>, Vec<_>) = made.iter().partition(|(item, _)| touched.contains(item));
    let (holders, things): (Vec<_>, Vec<_>) = gone.into_iter().partition(|(_, holds)| *holds);
    let things: Vec<ItemId> = things.into_iter().map(|(item, _)| item).collect();
    let mut singly: Vec<ItemId> = Vec::new();
    for things in things.chunks(AT_ONCE) {
        if !undoing::attempt(tx, undoing::archive(tx, things)).await? {
            singly.extend(things);
        }
    }
    // Holders were made from the outermost in and go the other way.
    for item in singly.into_iter().chain(holders.into_iter().map(|(item, _)| item)) {
        undoing::archive(tx, &[item]).await.map_err(|e| in_the_way(0, item, e))?;
    }
    Ok(kept.into_iter().map(|(item, _)| item).collect())
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
