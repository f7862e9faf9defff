//! What people set for the whole inventory, one JSON value by name.

use deadpool_postgres::GenericClient;
use serde_json::Value;

use super::StoreError;

/// What is set; `None`: nothing is.
pub async fn get(client: &impl GenericClient, key: &str) -> Result<Option<Value>, StoreError> {
    let row = client.query_opt("select value from setting where key = $1", &[&key]).await?;
    Ok(row.map(|row| row.get::<_, Value>(0)).filter(|value| !value.is_null()))
}

/// Sets it; JSON's null takes it back.
pub async fn set(client: &impl GenericClient, key: &str, value: &Value) -> Result<(), StoreError> {
    client
        .execute(
            "insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
            &[&key, value],
        )
        .await?;
    Ok(())
}
