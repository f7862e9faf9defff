//! Stocktakes and their counts: appended as they are made, the latest of a line is valid.

use deadpool_postgres::GenericClient;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{StoreError, parsed};
use crate::domain::stocktake::{Books, Counted, Line, State, Was};
use crate::domain::{BookingId, ItemId, ItemKind, LoanId, LotId, PersonId, RequestId, StocktakeId};

pub mod agenda;

/// A stocktake without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: StocktakeId,
    pub holder: ItemId,
    pub holder_name: String,
    pub state: State,
    pub note: String,
    pub opened_by: Option<PersonId>,
    pub opened_by_name: Option<String>,
    pub opened_at: OffsetDateTime,
    /// When the differences were first shown.
    pub shown_at: Option<OffsetDateTime>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<OffsetDateTime>,
    pub booking: Option<BookingId>,
    /// The booking was taken back as a whole.
    pub taken_back: bool,
    /// Lines with a valid count.
    pub counted: i64,
    pub version: i32,
}

/// One line as the store has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLine {
    pub line: Line,
    pub kind: ItemKind,
    pub item_name: String,
    pub holder_name: String,
    pub unit: Option<String>,
    pub lot_code: Option<String>,
    /// What the books have there now.
    pub on_books: Decimal,
    pub count: Option<StoredCount>,
}

/// The valid count of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCount {
    /// Later counts have greater numbers.
    pub number: i64,
    pub counted: Counted,
    pub by: Option<PersonId>,
    pub by_name: Option<String>,
    pub at: OffsetDateTime,
    /// How often the line was counted.
    pub times: i64,
    /// Counted after the differences had been shown.
    pub informed: bool,
}

const HEAD: &str = "select t.id, t.holder, h.name::text as holder_name, t.state, t.note, t.opened_by, o.name as opened_by_name,
        t.opened_at, t.shown_at, d.name as decided_by_name, t.decided_at, t.booking, t.version,
        exists (select from booking b where b.reverses = t.booking) as taken_back,
        (select count(*) from (select distinct on (c.item, c.holder, c.lot) c.counted from stocktake_count c where c.stocktake = t.id
             order by c.item, c.holder, c.lot, c.id desc) latest where latest.counted is not null) as counted
    from stocktake t join item h on h.id = t.holder left join person o on o.id = t.opened_by left join person d on d.id = t.decided_by";

/// Stocktakes in these states, lately opened first; of these, those opened `before` one of them.
pub async fn list(
    client: &impl GenericClient,
    states: &[State],
    before: Option<(OffsetDateTime, StocktakeId)>,
    limit: i64,
) -> Result<Vec<Head>, StoreError> {
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let (at, id) = before.map(|(at, id)| (at, id.0)).unzip();
    let rows = client
        .query(
            &format!(
                "{HEAD} where t.state = any ($1) and ($2::timestamptz is null or (t.opened_at, t.id) < ($2, $3::uuid))
                 order by t.opened_at desc, t.id desc limit $4"
            ),
            &[&states, &at, &id, &limit],
        )
        .await?;
    rows.iter().map(head).collect()
}

/// One stocktake.
pub async fn get(client: &impl GenericClient, id: StocktakeId) -> Result<Option<Head>, StoreError> {
    let row = client.query_opt(&format!("{HEAD} where t.id = $1"), &[&id.0]).await?;
    row.map(|row| head(&row)).transpose()
}

/// One stocktake, locked against counts and decisions until the transaction ends.
pub async fn lock(client: &impl GenericClient, id: StocktakeId) -> Result<Option<Head>, StoreError> {
    client.execute("select from stocktake where id = $1 for no key update", &[&id.0]).await?;
    get(client, id).await
}

/// One stocktake, shared with other counts: nobody closes or decides it until the transaction ends. Taken before the items
/// are locked, as an approval does, so that the two cannot wait for each other.
pub async fn share(client: &impl GenericClient, id: StocktakeId) -> Result<Option<Head>, StoreError> {
    client.execute("select from stocktake where id = $1 for share", &[&id.0]).await?;
    get(client, id).await
}

fn head(row: &Row) -> Result<Head, StoreError> {
    Ok(Head {
        id: StocktakeId(row.get("id")),
        holder: ItemId(row.get("holder")),
        holder_name: row.get("holder_name"),
        state: parsed(row.get("state"))?,
        note: row.get("note"),
        opened_by: row.get::<_, Option<Uuid>>("opened_by").map(PersonId),
        opened_by_name: row.get("opened_by_name"),
        opened_at: row.get("opened_at"),
        shown_at: row.get("shown_at"),
        decided_by_name: row.get("decided_by_name"),
        decided_at: row.get("decided_at"),
        booking: row.get::<_, Option<Uuid>>("booking").map(BookingId),
        taken_back: row.get("taken_back"),
        counted: row.get("counted"),
        version: row.get("version"),
    })
}

/// An open or counted stocktake that counts some of the same holders, if there is one. Openings wait for each other here.
pub async fn overlapping(client: &impl GenericClient, holder: ItemId) -> Result<Option<StocktakeId>, StoreError> {
    client.execute("select pg_advisory_xact_lock(hashtext('inventory.stocktake'))", &[]).await?;
    let row = client
        .query_opt(
            "select t.id from stocktake t where t.state in ('open', 'counted')
                 and (t.holder in (select holders_inside($1)) or $1 in (select holders_inside(t.holder)))
             order by t.opened_at limit 1",
            &[&holder.0],
        )
        .await?;
    Ok(row.map(|row| StocktakeId(row.get(0))))
}

/// Opens a stocktake.
pub async fn insert(
    client: &impl GenericClient,
    id: StocktakeId,
    holder: ItemId,
    note: &str,
    by: Option<PersonId>,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into stocktake (id, holder, note, opened_by) values ($1, $2, $3, $4)",
            &[&id.0, &holder.0, &note, &by.map(|p| p.0)],
        )
        .await?;
    Ok(())
}

/// Ends or resumes counting. The first end is when the differences were shown.
pub async fn set_open(client: &impl GenericClient, id: StocktakeId, open: bool) -> Result<(), StoreError> {
    let state = if open { State::Open } else { State::Counted };
    client
        .execute(
            "update stocktake set state = $2, shown_at = coalesce(shown_at, case when not $3 then clock_timestamp() end) where id = $1",
            &[&id.0, &state.as_str(), &open],
        )
        .await?;
    Ok(())
}

/// Ends a stocktake for good.
pub async fn decide(
    client: &impl GenericClient,
    id: StocktakeId,
    state: State,
    by: Option<PersonId>,
    booking: Option<BookingId>,
) -> Result<(), StoreError> {
    client
        .execute(
            "update stocktake set state = $2, decided_by = $3, decided_at = clock_timestamp(), booking = $4 where id = $1",
            &[&id.0, &state.as_str(), &by.map(|p| p.0), &booking.map(|b| b.0)],
        )
        .await?;
    Ok(())
}

/// Is a holder counted by this stocktake: in its place, or in a box that was found there?
pub async fn is_counted_in(client: &impl GenericClient, id: StocktakeId, holder: ItemId) -> Result<bool, StoreError> {
    let row = client
        .query_one(
            "select exists (select from stocktake t where t.id = $1 and $2 in (select holders_inside(t.holder)))
                 or exists (select from (select distinct on (c.item, c.holder) c.item, c.counted from stocktake_count c
                        where c.stocktake = $1 order by c.item, c.holder, c.id desc) found
                     where found.counted > 0 and $2 in (select holders_inside(found.item)))",
            &[&id.0, &holder.0],
        )
        .await?;
    Ok(row.get(0))
}

/// A count to write. `None`: the line is open again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCount {
    pub stocktake: StocktakeId,
    pub request: RequestId,
    pub line: Line,
    pub counted: Option<Decimal>,
    /// Goes on from this earlier count of the line: the books of its moment stay the measure.
    pub continues: Option<i64>,
}

/// Writes a count with what the books say at this moment. The item must be locked, so that no booking is half seen.
pub async fn count(client: &impl GenericClient, new: &NewCount, by: Option<PersonId>) -> Result<(), StoreError> {
    let statement = client
        .prepare_cached(
            "insert into stocktake_count (stocktake, request_id, item, holder, lot, counted, counted_by,
                 there, corrected, place, loan, missing, moved_at)
             select $1, $2, $3, $4, $5, $6::numeric, $7, coalesce(c.there, b.there), coalesce(c.corrected, b.corrected),
                 case when c.id is null then b.place else c.place end, case when c.id is null then b.loan else c.loan end,
                 coalesce(c.missing, b.missing), case when c.id is null then b.moved_at else c.moved_at end
             from line_books($3, $4, $5) b left join stocktake_count c on c.id = $8",
        )
        .await?;
    let Line { item, holder, lot } = new.line;
    client
        .execute(
            &statement,
            &[
                &new.stocktake.0,
                &new.request.0,
                &item.0,
                &holder.0,
                &lot.map(|l| l.0),
                &new.counted,
                &by.map(|p| p.0),
                &new.continues,
            ],
        )
        .await?;
    Ok(())
}

/// The line that a request already counted.
pub async fn by_request(
    client: &impl GenericClient,
    id: StocktakeId,
    request: RequestId,
) -> Result<Option<(Line, Option<Decimal>)>, StoreError> {
    let row = client
        .query_opt(
            "select item, holder, lot, counted from stocktake_count where stocktake = $1 and request_id = $2",
            &[&id.0, &request.0],
        )
        .await?;
    Ok(row.map(|row| (line(&row), row.get::<_, Option<Decimal>>("counted").map(|n| n.normalize()))))
}

/// The valid count of one line: its number and amount.
pub async fn latest(
    client: &impl GenericClient,
    id: StocktakeId,
    of: Line,
) -> Result<Option<(i64, Decimal)>, StoreError> {
    let row = client
        .query_opt(
            "select id, counted from stocktake_count where stocktake = $1 and item = $2 and holder = $3
                 and lot is not distinct from $4 order by id desc limit 1",
            &[&id.0, &of.item.0, &of.holder.0, &of.lot.map(|l| l.0)],
        )
        .await?;
    Ok(row.and_then(|row| Some((row.get(0), row.get::<_, Option<Decimal>>(1)?.normalize()))))
}

/// Every line: what the books have, what was counted; or the counted ones alone. By place, then by name.
pub async fn lines(client: &impl GenericClient, of: &Head, counted_only: bool) -> Result<Vec<StoredLine>, StoreError> {
    let statement = client.prepare_cached(include_str!("stocktake.sql")).await?;
    let rows = client.query(&statement, &[&of.id.0, &of.holder.0, &counted_only]).await?;
    rows.iter().map(stored).collect()
}

fn line(row: &Row) -> Line {
    Line {
        item: ItemId(row.get("item")),
        holder: ItemId(row.get("holder")),
        lot: row.get::<_, Option<Uuid>>("lot").map(LotId),
    }
}

fn stored(row: &Row) -> Result<StoredLine, StoreError> {
    let line = line(row);
    let kind: ItemKind = parsed(row.get("kind"))?;
    let amount = |column: &str| row.get::<_, Decimal>(column).normalize();
    let was = |place: &str, loan: &str, missing: &str| {
        let id = |column: &str| row.get::<_, Option<Uuid>>(column);
        match (id(place), id(loan), row.get::<_, bool>(missing)) {
            (Some(place), ..) => Was::In(ItemId(place)),
            (None, Some(loan), _) => Was::Lent(LoanId(loan)),
            (None, None, true) => Was::Missing,
            (None, None, false) => Was::Nowhere,
        }
    };
    let count = row.get::<_, Option<i64>>("count_id").map(|number| StoredCount {
        number,
        counted: Counted {
            line,
            kind,
            counted: amount("counted"),
            then: Books {
                there: amount("there"),
                corrected: amount("corrected"),
                was: was("place", "loan", "missing"),
                moved_at: row.get("moved_at"),
            },
            now: Books {
                there: amount("now_there"),
                corrected: amount("now_corrected"),
                was: was("now_place", "now_loan", "now_missing"),
                moved_at: row.get("now_moved_at"),
            },
            archived: row.get("archived"),
        },
        by: row.get::<_, Option<Uuid>>("counted_by").map(PersonId),
        by_name: row.get("counted_by_name"),
        at: row.get("at"),
        times: row.get("times"),
        informed: row.get::<_, Option<bool>>("informed").unwrap_or_default(),
    });
    Ok(StoredLine {
        line,
        kind,
        item_name: row.get("item_name"),
        holder_name: row.get("holder_name"),
        unit: row.get("unit"),
        lot_code: row.get("lot_code"),
        on_books: amount("on_books"),
        count,
    })
}

/// Everybody who made a valid or an earlier count.
pub async fn counters(client: &impl GenericClient, id: StocktakeId) -> Result<Vec<Option<PersonId>>, StoreError> {
    let rows = client.query("select distinct counted_by from stocktake_count where stocktake = $1", &[&id.0]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Option<Uuid>>(0).map(PersonId)).collect())
}
