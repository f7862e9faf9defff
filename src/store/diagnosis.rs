//! Facts about the database itself, for who has to mend it.

use deadpool_postgres::GenericClient;

use super::StoreError;

/// What the program needs in the database, beside its own schema.
pub const EXTENSIONS: [&str; 3] = ["vector", "pg_trgm", "unaccent"];

/// What the database says of itself and of the role the program works as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// As PostgreSQL says it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
    pub role: String,
    /// The role may do more than its work: superuser, owner of the schema, or allowed to make tables.
    pub role_is_too_mighty: bool,
    /// Installed version of each of [`EXTENSIONS`].
    pub extensions: Vec<(&'static str, Option<String>)>,
    /// Writes reach the disk before they are acknowledged.
    pub is_durable: bool,
    /// The connection is encrypted, or does not leave this machine.
    pub is_private: bool,
}

/// The version, as PostgreSQL says it.
pub async fn version(client: &impl GenericClient) -> Result<String, StoreError> {
    Ok(client.query_one("select current_setting('server_version')", &[]).await?.get(0))
}

pub async fn facts(client: &impl GenericClient) -> Result<DatabaseFacts, StoreError> {
    let row = client
        .query_one(
            "select current_setting('server_version') as version, current_user::text as role,
                    r.rolsuper or pg_has_role('inventory_owner', 'member')
                        or has_schema_privilege('inventory', 'create') as mighty,
                    current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off' as durable,
                    inet_server_addr() is null or inet_server_addr() << '127.0.0.0/8' or inet_server_addr() = '::1'
                        or exists (select from pg_stat_ssl where pid = pg_backend_pid() and ssl) as private
             from pg_roles r where r.rolname = current_user",
            &[],
        )
        .await?;
    let mut extensions = Vec::new();
    for name in EXTENSIONS {
        let found = client.query_opt("select extversion from pg_extension where extname = $1", &[&name]).await?;
        extensions.push((name, found.map(|row| row.get(0))));
    }
    Ok(DatabaseFacts {
        version: row.get("version"),
        role: row.get("role"),
        role_is_too_mighty: row.get("mighty"),
        extensions,
        is_durable: row.get("durable"),
        is_private: row.get("private"),
    })
}
