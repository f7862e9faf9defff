//! Codes and what they name.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::StoreError;
use crate::domain::code::normalise;
use crate::domain::{ItemId, OwnCode};

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
    let statement = client.prepare_cached("select nextval('code_number')").await?;
    let number: i64 = client.query_one(&statement, &[]).await?.get(0);
    let code = OwnCode::from_number(number.unsigned_abs());
    let statement = client.prepare_cached("insert into code (id, text, kind, item) values ($1, $2, 'own', $3)").await?;
    client.execute(&statement, &[&Uuid::now_v7(), &code.normalised(), &item.0]).await?;
    Ok(code)
}

/// Attaches a code from elsewhere: a GTIN when it is one, else an alias. Refused when it names something else.
pub async fn attach(client: &impl GenericClient, item: ItemId, text: &str) -> Result<(), StoreError> {
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

/// Takes an attached code off an item. Own codes stay: a sticker may still be out there.
pub async fn detach(client: &impl GenericClient, item: ItemId, text: &str) -> Result<(), StoreError> {
    client
        .execute(
            "delete from code where item = $1 and text = $2 and kind in ('alias', 'gtin')",
            &[&item.0, &normalise(text)],
        )
        .await?;
    Ok(())
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

/// The items a code names: one, or several for a GTIN. Archived ones too: they say so. A merged item leads to the survivor.
pub async fn resolve(client: &impl GenericClient, text: &str) -> Result<Vec<ItemId>, StoreError> {
    let statement = client
        .prepare_cached(
            "select distinct coalesce(i.merged_into, i.id) from code c join item i on i.id = c.item where c.text = $1",
        )
        .await?;
    let rows = client.query(&statement, &[&normalise(text)]).await?;
    Ok(rows.iter().map(|row| ItemId(row.get(0))).collect())
}
