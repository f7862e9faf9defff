//! Many new items at once: for generated and judged inventories, where a statement per item would take hours.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::StoreError;
use crate::domain::code::{gtin14, normalise};
use crate::domain::{ItemDraft, ItemId};

/// Writes these items, their tags and their codes. A code that names something else already is left out.
pub async fn insert(client: &impl GenericClient, items: &[(ItemId, &ItemDraft, &[String])]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|(id, _, _)| id.0).collect();
    let of = |f: &dyn Fn(&ItemDraft) -> Option<String>| items.iter().map(|(_, d, _)| f(d)).collect::<Vec<_>>();
    let kinds: Vec<&str> = items.iter().map(|(_, draft, _)| draft.kind.as_str()).collect();
    let (names, descriptions, notes) =
        (of(&|d| Some(d.name.clone())), of(&|d| Some(d.description.clone())), of(&|d| Some(d.notes.clone())));
    let (units, serials) = (of(&|d| d.unit.clone()), of(&|d| d.serial_number.clone()));
    let (makers, models) = (of(&|d| d.manufacturer.clone()), of(&|d| d.model.clone()));
    let minimums: Vec<_> = items.iter().map(|(_, draft, _)| draft.min_quantity).collect();
    let fields: Vec<serde_json::Value> =
        items.iter().map(|(_, draft, _)| serde_json::Value::Object(draft.fields.clone())).collect();
    let statement = client
        .prepare_cached(
            "insert into item (id, kind, name, description, notes, unit, serial_number, manufacturer, model,
                               min_quantity, fields)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                  $8::text[], $9::text[], $10::numeric[], $11::jsonb[])",
        )
        .await?;
    client
        .execute(
            &statement,
            &[&ids, &kinds, &names, &descriptions, &notes, &units, &serials, &makers, &models, &minimums, &fields],
        )
        .await?;
    tag(client, items).await?;
    attach(client, items).await
}

async fn tag(client: &impl GenericClient, items: &[(ItemId, &ItemDraft, &[String])]) -> Result<(), StoreError> {
    let pairs: Vec<(Uuid, &str)> = items
        .iter()
        .flat_map(|(id, draft, _)| draft.tags.iter().map(|tag| (id.0, tag.trim())))
        .filter(|(_, tag)| !tag.is_empty())
        .collect();
    let (of, tags): (Vec<Uuid>, Vec<&str>) = pairs.into_iter().unzip();
    let fresh: Vec<Uuid> = tags.iter().map(|_| Uuid::now_v7()).collect();
    let make = client
        .prepare_cached(
            "insert into tag (id, name)
             select distinct on (lower(name)) id, name from unnest($1::uuid[], $2::text[]) t(id, name)
             order by lower(name) on conflict do nothing",
        )
        .await?;
    client.execute(&make, &[&fresh, &tags]).await?;
    let attach = client
        .prepare_cached(
            "insert into item_tag (item, tag)
             select distinct u.item, t.id from unnest($1::uuid[], $2::text[]) u(item, name)
             join tag t on lower(t.name) = lower(u.name)",
        )
        .await?;
    client.execute(&attach, &[&of, &tags]).await?;
    Ok(())
}

async fn attach(client: &impl GenericClient, items: &[(ItemId, &ItemDraft, &[String])]) -> Result<(), StoreError> {
    let (mut ids, mut of, mut texts, mut kinds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (item, _, codes) in items {
        for code in *codes {
            let gtin = gtin14(code);
            ids.push(Uuid::now_v7());
            of.push(item.0);
            kinds.push(if gtin.is_some() { "gtin" } else { "alias" });
            texts.push(gtin.unwrap_or_else(|| normalise(code)));
        }
    }
    let statement = client
        .prepare_cached(
            "insert into code (id, item, text, kind)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) on conflict do nothing",
        )
        .await?;
    client.execute(&statement, &[&ids, &of, &texts, &kinds]).await?;
    Ok(())
}
