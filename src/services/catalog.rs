//! Items: make, edit, archive, look at; lists of them.

mod listing;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;

use super::stock::{Refusal, StockError, book_acts};
use crate::domain::code::normalise;
use crate::domain::item::DraftError;
use crate::domain::person::Forbidden;
use crate::domain::{Act, Actor, BookingId, ItemDraft, ItemId, Permission, Quantity, RequestId};
use crate::store::bookings::{self, BookingKind, NewBooking};
use crate::store::{Db, audit, codes, items, lists, photos, stock, summaries, suppliers, undoing};

// What the calls take and return, for the faces, which know nothing below the services.
pub use self::listing::LONGEST_LIST;
pub use crate::store::StoreError;
pub use crate::store::codes::ItemCode;
pub use crate::store::items::ItemRecord;
pub use crate::store::lists::{ListFilter, ListOrder, Overview, PlaceNode};
pub use crate::store::photos::Photo;
pub use crate::store::stock::{Loan, StockLine};
pub use crate::store::summaries::{ItemSummary, Path, PathHead, PlaceRef};
pub use crate::store::suppliers::SupplierPart;

/// A new item and where its first stock lies.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// A repeat under the same request returns the item already made.
    pub request: RequestId,
    pub draft: ItemDraft,
    /// `None`: a root location, a product, or something not in the room yet.
    pub place: Option<Placement>,
    /// Codes already on it: GTINs, other systems' labels.
    pub codes: Vec<String>,
}

/// Where how many of a new item lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub holder: ItemId,
    pub quantity: Quantity,
    /// A batch and its expiry.
    pub lot: Option<(String, Option<time::Date>)>,
}

/// A made item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    pub item: ItemId,
    /// Undo this to take it back.
    pub booking: BookingId,
    /// It had been made under the same request before.
    pub repeated: bool,
}

/// Everything an item page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemView {
    pub summary: ItemSummary,
    pub draft: ItemDraft,
    pub version: i32,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    /// Where this item now is, after a merge.
    pub merged_into: Option<ItemId>,
    /// What its product is called.
    pub product: Option<(ItemId, String)>,
    pub stock: Vec<StockLine>,
    pub loans: Vec<Loan>,
    pub codes: Vec<ItemCode>,
    pub photos: Vec<Photo>,
    pub suppliers: Vec<SupplierPart>,
    /// Items directly in it, for a holder.
    pub contents: i64,
    /// Owned = on hand + lent + missing.
    pub owned: Decimal,
}

/// Why a catalogue call failed.
#[derive(Debug, Error)]
pub enum CatalogError {
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Draft(#[from] DraftError),
    #[error("no such item")]
    NotFound,
    /// Somebody else saved it since; here is what it is now.
    #[error("it was changed in the meantime")]
    Stale { current: Box<ItemRecord> },
    #[error("{0}")]
    Refused(Refusal),
    #[error("that is in use, and what is booked contradicts the change")]
    KindContradicted,
    #[error("things still lie inside")]
    NotEmpty,
    #[error("some are still on hand")]
    OnHand,
    #[error("a loan is still open")]
    StillLent,
    #[error("it has a history; archive it instead")]
    HasHistory,
    #[error("it was merged into another; take that back instead")]
    Merged,
    #[error("this request already made something else")]
    RequestReused,
    #[error("the code `{0}` already names something else")]
    CodeTaken(String),
    #[error("a code has 1 to 500 characters")]
    Code,
    #[error("no such place, or it holds nothing")]
    NoHolder,
    #[error("no such product")]
    NoProduct,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Makes, edits, archives, shows and lists items.
#[derive(Clone)]
pub struct Catalog {
    db: Db,
}

impl Catalog {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes an item with its own code and, when placed, its first stock: one undoable booking.
    pub async fn create(&self, actor: &Actor, new: NewItem) -> Result<Created, CatalogError> {
        actor.require(Permission::Keep)?;
        let draft = new.draft.clone().checked()?;
        match self.try_create(actor, &draft, &new).await {
            // The same request won the race on another connection: its answer is ours.
            Err(CatalogError::Store(e)) if e.constraint() == Some(bookings::REQUEST_ONCE) => {
                self.try_create(actor, &draft, &new).await
            }
            other => other,
        }
    }

    async fn try_create(&self, actor: &Actor, draft: &ItemDraft, new: &NewItem) -> Result<Created, CatalogError> {
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        let hash = body_hash(draft, new);
        if let Some(before) = bookings::by_request(&tx, actor, new.request).await? {
            if before.body_hash != hash {
                return Err(CatalogError::RequestReused);
            }
            let made = undoing::items_made_by(&tx, before.id).await?;
            let (item, _) = made.first().copied().ok_or(CatalogError::NotFound)?;
            return Ok(Created { item, booking: before.id, repeated: true });
        }
        let (item, booking) = (ItemId::new(), BookingId::new());
        bookings::begin(&tx, actor, Some(booking)).await?;
        let head = NewBooking {
            id: booking,
            request: new.request,
            body_hash: &hash,
            kind: BookingKind::Create,
            note: "",
            reverses: None,
        };
        bookings::insert(&tx, actor, &head).await?;
        insert_item(&tx, booking, 1, item, draft, new.place.as_ref(), &new.codes).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Created { item, booking, repeated: false })
    }

    /// Saves an edit of `version`; a stale one is refused with what the item is now.
    pub async fn edit(&self, actor: &Actor, id: ItemId, version: i32, draft: ItemDraft) -> Result<(), CatalogError> {
        actor.require(Permission::Keep)?;
        let draft = draft.checked()?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let current = items::lock(&tx, id).await.map_err(not_found)?;
        if current.version != version {
            return Err(CatalogError::Stale { current: Box::new(current) });
        }
        if current.draft != draft {
            items::update(&tx, id, &draft).await.map_err(item_refused)?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Puts an item away for good, restorably. It must be empty, not on hand, not lent.
    pub async fn archive(&self, actor: &Actor, id: ItemId) -> Result<(), CatalogError> {
        self.set_archived(actor, id, true).await
    }

    /// Brings an archived item back.
    pub async fn restore(&self, actor: &Actor, id: ItemId) -> Result<(), CatalogError> {
        self.set_archived(actor, id, false).await
    }

    async fn set_archived(&self, actor: &Actor, id: ItemId, archived: bool) -> Result<(), CatalogError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        bookings::lock_items(&tx, &[id]).await?;
        items::lock(&tx, id).await.map_err(not_found)?;
        items::set_archived(&tx, id, archived).await.map_err(item_refused)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Removes an item without history for good; anything else is archived instead.
    pub async fn remove(&self, actor: &Actor, id: ItemId) -> Result<(), CatalogError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        items::remove(&tx, id).await.map_err(|e| match e {
            StoreError::Refused { .. } => CatalogError::HasHistory,
            other => not_found(other),
        })?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Everything about one item. Prices and names of people are for members.
    pub async fn view(&self, actor: &Actor, id: ItemId) -> Result<ItemView, CatalogError> {
        actor.require(Permission::Look)?;
        let client = self.db.client().await?;
        let record = items::get(&client, id).await?.ok_or(CatalogError::NotFound)?;
        let mut summary = summaries::load(&client, &[id]).await?.pop().ok_or(CatalogError::NotFound)?;
        let mut draft = record.draft;
        let mut loans = stock::open_loans(&client, id).await?;
        let mut supplied = suppliers::of_item(&client, id).await?;
        if !actor.may(Permission::SeePrivate) {
            draft.price = None;
            supplied.clear();
            hide_borrower(&mut summary.path);
            for loan in &mut loans {
                loan.person = None;
                loan.borrower.clear();
            }
        }
        let product = match draft.instance_of {
            Some(product) => items::get(&client, product).await?.map(|p| (product, p.draft.name)),
            None => None,
        };
        let pictured = match (&product, photos::of_item(&client, id).await?) {
            (Some((product, _)), own) if own.is_empty() => photos::of_item(&client, *product).await?,
            (_, own) => own,
        };
        Ok(ItemView {
            owned: summary.on_hand + summary.lent + summary.missing,
            draft,
            version: record.version,
            created_at: record.created_at,
            updated_at: record.updated_at,
            merged_into: record.merged_into,
            product,
            stock: stock::lines(&client, id).await?,
            loans,
            codes: codes::of_item(&client, id).await?,
            photos: pictured,
            suppliers: supplied,
            contents: if summary.kind.is_holder() { lists::count_directly_in(&client, id).await? } else { 0 },
            summary,
        })
    }

    /// Attaches a code from elsewhere to an item.
    pub async fn attach_code(&self, actor: &Actor, id: ItemId, text: &str) -> Result<(), CatalogError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        attach(&tx, id, text).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Takes an attached code off again. `false`: it is not on it, or is the item's own.
    pub async fn detach_code(&self, actor: &Actor, id: ItemId, text: &str) -> Result<bool, CatalogError> {
        actor.require(Permission::Keep)?;
        let mut client = self.db.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        bookings::begin(&tx, actor, None).await?;
        let was_on = codes::detach(&tx, id, text).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(was_on)
    }

    /// The audit trail of one item, newest first.
    pub async fn audit(
        &self,
        actor: &Actor,
        id: ItemId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<audit::AuditEntry>, CatalogError> {
        actor.require(Permission::Keep)?;
        let client = self.db.client().await?;
        Ok(audit::list(&client, Some(id.0), before, limit).await?)
    }
}

/// Inserts an item, its own code, its other codes and its first stock within a transaction that already has its booking.
/// Serves single creation and import alike. Returns how many movement lines it wrote.
pub(super) async fn insert_item(
    tx: &deadpool_postgres::Transaction<'_>,
    booking: BookingId,
    first_line: i32,
    item: ItemId,
    draft: &ItemDraft,
    place: Option<&Placement>,
    extra_codes: &[String],
) -> Result<i32, CatalogError> {
    items::insert(tx, item, draft).await.map_err(item_refused)?;
    codes::assign_own(tx, item).await?;
    for text in extra_codes {
        attach(tx, item, text).await?;
    }
    let Some(place) = place else { return Ok(0) };
    let lot = match &place.lot {
        Some((code, expires_on)) => Some(stock::ensure_lot(tx, item, code, *expires_on).await?),
        None => None,
    };
    let act = Act::Receive { item, to: place.holder, quantity: place.quantity, lot };
    book_acts(tx, booking, first_line, &[act]).await.map_err(|e| match e {
        StockError::Refused { reason: Refusal::NoHolder | Refusal::Unknown, .. } => CatalogError::NoHolder,
        StockError::Refused { reason, .. } => CatalogError::Refused(reason),
        StockError::Store(e) => e.into(),
        StockError::Forbidden(e) => e.into(),
        StockError::Empty | StockError::Note | StockError::RequestReused => CatalogError::NotFound,
    })
}

/// What was asked, so that a request id used twice with other contents is noticed: SHA-256, hexadecimal.
fn body_hash(draft: &ItemDraft, new: &NewItem) -> String {
    let place = new.place.as_ref().map(|place| (place.holder, place.quantity, &place.lot));
    let asked = serde_json::to_vec(&(draft, place, &new.codes)).expect("drafts are plain data");
    hex::encode(Sha256::digest(asked))
}

async fn attach(tx: &deadpool_postgres::Transaction<'_>, item: ItemId, text: &str) -> Result<(), CatalogError> {
    if !(1..=500).contains(&normalise(text).chars().count()) {
        return Err(CatalogError::Code);
    }
    codes::attach(tx, item, text).await.map_err(|e| match e.constraint() {
        Some("code_once") => CatalogError::CodeTaken(text.to_owned()),
        Some("code_item_fkey") => CatalogError::NotFound,
        _ => e.into(),
    })
}

pub(super) fn hide_borrower(path: &mut Path) {
    if let PathHead::Lent(name) = &mut path.head {
        name.clear();
    }
}

fn not_found(error: StoreError) -> CatalogError {
    match error {
        StoreError::NotFound(_) => CatalogError::NotFound,
        other => other.into(),
    }
}

fn item_refused(error: StoreError) -> CatalogError {
    match error.constraint() {
        Some("archive_not_empty") => CatalogError::NotEmpty,
        Some("archive_on_hand") => CatalogError::OnHand,
        Some("archive_lent") => CatalogError::StillLent,
        Some("item_merged_is_archived") => CatalogError::Merged,
        Some("item_instance_of_product") => CatalogError::NoProduct,
        Some("item_home_holder_fkey") => CatalogError::NoHolder,
        Some(name) if name.starts_with("stock_") => CatalogError::KindContradicted,
        _ => not_found(error),
    }
}
