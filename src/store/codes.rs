//! Codes and what they name.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::StoreError;
use crate::domain::code::normalise;
use crate::domain::{ItemId, OwnCode, PersonId};

/// A code on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCode {
    /// As stored.
    pub text: String,
    /// As people read it.
    pub shown: String,
    /// `own`, `alias` or `gtin`.
    pub kind: String,
}

/// Gives an item the next own code.
pub async fn assign_own(client: &impl GenericClient, item: ItemId) -> Result<OwnCode, StoreError> {
    loop {
        let statement = client.prepare_cached("select nextval('code_number')").await?;
        let number: i64 = client.query_one(&statement, &[]).await?.get(0);
        let code = OwnCode::from_number(number.unsigned_abs());
        // An import may have brought a label with this number.
        let statement = client
            .prepare_cached("insert into code (id, text, kind, item) values ($1, $2, 'own', $3) on conflict do nothing")
            .await?;
        if client.execute(&statement, &[&Uuid::now_v7(), &code.normalised(), &item.0]).await? > 0 {
            return Ok(code);
        }
    }
}

/// Attaches a code: a printed label that is on nothing yet becomes one of the item's own; from elsewhere a GTIN when it is
/// one, else an alias. Refused when it names something else.
pub async fn attach(client: &impl GenericClient, item: ItemId, text: &str) -> Result<(), StoreError> {
    if let Ok(own) = OwnCode::parse(text) {
        match stick_blank(client, item, &own).await {
            Err(StoreError::NotFound(_)) => {}
            stuck_or_refused => return stuck_or_refused,
        }
    }
    let gtin = crate::domain::code::gtin14(text);
    let kind = if gtin.is_some() { "gtin" } else { "alias" };
    let text = gtin.unwrap_or_else(|| normalise(text));
    client
        .execute(
            "insert into code (id, text, kind, item) select $1, $2, $3, $4
             where not exists (select from code where text = $2 and item = $4)",
            &[&Uuid::now_v7(), &text, &kind, &item.0],
        )
        .await?;
    Ok(())
}

/// Takes an attached code off an item, and says whether it was on it. Own codes stay: a sticker may still be out there.
pub async fn detach(client: &impl GenericClient, item: ItemId, text: &str) -> Result<bool, StoreError> {
    let removed = client
        .execute(
            "delete from code where item = $1 and text = $2 and kind in ('alias', 'gtin')",
            &[&item.0, &normalise(text)],
        )
        .await?;
    Ok(removed > 0)
}

/// All codes of an item, own ones first.
pub async fn of_item(client: &impl GenericClient, item: ItemId) -> Result<Vec<ItemCode>, StoreError> {
    let rows = client
        .query("select text, kind from code where item = $1 order by kind <> 'own', created_at, id", &[&item.0])
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let text: String = row.get(0);
            ItemCode { shown: crate::domain::code::shown(&text), text, kind: row.get(1) }
        })
        .collect())
}

/// What a stored code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The item, or the one it was merged into.
    Item(ItemId),
    /// A printed label that is on nothing yet.
    Blank,
    Command(String),
}

/// What a code as stored names: nothing, one thing, or several items for a GTIN. Badges are looked up by their hash.
pub async fn targets(client: &impl GenericClient, stored: &str) -> Result<Vec<Target>, StoreError> {
    let statement = client
        .prepare_cached(
            "select distinct c.kind, c.command, coalesce(i.merged_into, i.id) from code c left join item i on i.id = c.item
             where c.text = $1 and c.kind <> 'badge'",
        )
        .await?;
    let rows = client.query(&statement, &[&stored]).await?;
    Ok(rows
        .iter()
        .map(|row| match (row.get::<_, Option<Uuid>>(2), row.get::<_, Option<String>>(1)) {
            (Some(item), _) => Target::Item(ItemId(item)),
            (None, Some(command)) => Target::Command(command),
            (None, None) => Target::Blank,
        })
        .collect())
}

/// The active person whose badge hashes to this.
pub async fn badge_owner(client: &impl GenericClient, hash: &str) -> Result<Option<PersonId>, StoreError> {
    let statement = client
        .prepare_cached("select p.id from code c join person p on p.id = c.person where c.kind = 'badge' and c.text = $1 and p.active")
        .await?;
    let row = client.query_opt(&statement, &[&hash]).await?;
    Ok(row.map(|row| PersonId(row.get(0))))
}

/// Makes blank labels to print and stick on later. Returns their codes.
pub async fn make_blank(client: &impl GenericClient, count: u32) -> Result<Vec<OwnCode>, StoreError> {
    let rows =
        client.query("select nextval('code_number') from generate_series(1, $1::bigint)", &[&i64::from(count)]).await?;
    let codes: Vec<OwnCode> =
        rows.iter().map(|row| OwnCode::from_number(row.get::<_, i64>(0).unsigned_abs())).collect();
    let (ids, texts): (Vec<Uuid>, Vec<String>) = codes.iter().map(|code| (Uuid::now_v7(), code.normalised())).unzip();
    client
        .execute(
            "insert into code (id, text, kind) select *, 'blank' from unnest($1::uuid[], $2::text[])",
            &[&ids, &texts],
        )
        .await?;
    Ok(codes)
}

/// Puts a blank label on an item: from now on it is one of its own codes. Refused when it is on something already.
pub async fn stick_blank(client: &impl GenericClient, item: ItemId, code: &OwnCode) -> Result<(), StoreError> {
    let stuck = client
        .execute(
            "update code set kind = 'own', item = $1 where text = $2 and kind = 'blank'",
            &[&item.0, &code.normalised()],
        )
        .await?;
    if stuck == 0 { Err(StoreError::NotFound("blank label")) } else { Ok(()) }
}

/// Every command label: its code as stored, and the command's word.
pub async fn commands(client: &impl GenericClient) -> Result<Vec<(String, String)>, StoreError> {
    let rows = client.query("select text, command from code where kind = 'command' order by id", &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
