//! What an archive says of itself, first of all, and what is believed of it.
//!
//! An archive is a tar file, compressed by zstd, encrypted by age where it holds secrets:
//! ```text
//! manifest.json            this: format, program, schema, every part with size and SHA-256
//! tables/NAME.csv          a table's rows in the dialect of PostgreSQL's COPY, in the manifest's order
//! pictures/SHA256          a picture as it came
//! attachments/SHA256       an attachment
//! machine/NUMBER           a full backup's configuration, units, certificates; the manifest has the paths
//! end.json                 what was found wrong while the files were read; without it the archive is cut off
//! ```
//! It holds data only. A reader takes names for comparison, never as paths, and runs nothing.

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ArchiveError;
use crate::store::backup::{Applied, Table};

/// The format this program writes, and the newest it reads.
pub const FORMAT: u32 = 1;
/// A manifest is read into memory; a hundred thousand pictures make ten megabytes.
pub const LARGEST_MANIFEST: u64 = 64_000_000;
/// Tables, pictures, attachments and machine files that one archive may have.
const MOST_PARTS: usize = 5_000_000;

/// The first part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program's version.
    pub program: String,
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// The version of the PostgreSQL server.
    pub postgresql: String,
    /// The migrations the tables are of, in order.
    pub schema: Vec<SchemaStep>,
    pub tables: Vec<TablePart>,
    /// Where sequences that are no column's own have got to.
    pub sequences: BTreeMap<String, i64>,
    pub pictures: Vec<FilePart>,
    pub attachments: Vec<FilePart>,
    /// Hashes of files that rows name but that were not there.
    pub lost: Vec<String>,
    /// Of a full backup.
    pub machine: Vec<MachinePart>,
}

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaStep {
    pub version: i32,
    pub name: String,
    pub checksum: String,
}

/// A table's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePart {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// A file that is named by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    pub sha256: String,
    pub bytes: u64,
}

/// A file of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachinePart {
    /// Absolute, as it was.
    pub path: PathBuf,
    /// Permissions, as in `chmod`.
    pub mode: u32,
    pub bytes: u64,
    pub sha256: String,
}

/// The last part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct End {
    /// Hashes of files that no longer had the content they are named by.
    pub damaged: Vec<String>,
}

impl Manifest {
    /// Reads and checks it, whoever wrote it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ArchiveError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let broken = |reason: String| ArchiveError::Broken { part: "manifest.json".into(), reason };
        let Format { format } = serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        if format == 0 || format > FORMAT {
            return Err(ArchiveError::NewerFormat { format });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| broken(error.to_string()))?;
        manifest.check().map_err(broken)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        let files = self.pictures.len() + self.attachments.len();
        if files + self.tables.len() + self.machine.len() > MOST_PARTS {
            return Err("too many parts".into());
        }
        let mut names = HashSet::new();
        for table in &self.tables {
            if !is_name(&table.name) || !table.columns.iter().all(|column| is_name(column)) || table.columns.is_empty()
            {
                return Err(format!("`{}` is no table of ours", table.name.escape_debug()));
            }
            if !names.insert(&table.name) {
                return Err(format!("`{}` is there twice", table.name));
            }
        }
        if !self.sequences.keys().all(|name| is_name(name)) {
            return Err("a sequence has a strange name".into());
        }
        for files in [&self.pictures, &self.attachments] {
            let mut hashes = HashSet::new();
            if !files.iter().all(|file| is_hash(&file.sha256) && hashes.insert(&file.sha256)) {
                return Err("a file's name is no hash, or is there twice".into());
            }
        }
        if !self.machine.iter().all(|file| is_plain(&file.path)) {
            return Err("a path leads out of its directory".into());
        }
        let hashes = self.tables.iter().map(|table| &table.sha256).chain(self.machine.iter().map(|file| &file.sha256));
        if !hashes.chain(&self.lost).all(|hash| is_hash(hash)) {
            return Err("a hash is none".into());
        }
        self.bytes().map(drop).ok_or_else(|| "its sizes are beyond all measure".into())
    }

    /// The size of everything that follows, in bytes; `None` when no machine could hold it.
    pub fn bytes(&self) -> Option<u64> {
        let tables = self.tables.iter().map(|table| table.bytes);
        let files = self.pictures.iter().chain(&self.attachments).map(|file| file.bytes);
        tables.chain(files).chain(self.machine.iter().map(|file| file.bytes)).try_fold(0_u64, u64::checked_add)
    }

    /// The size of the tables, in bytes.
    pub fn table_bytes(&self) -> u64 {
        self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.bytes))
    }

    /// The size of pictures and attachments, in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.pictures.iter().chain(&self.attachments).fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// The number of rows in all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.rows))
    }

    /// The number of rows of a table.
    pub fn rows_of(&self, name: &str) -> u64 {
        self.tables.iter().find(|table| table.name == name).map_or(0, |table| table.rows)
    }

    /// The number of the newest migration.
    pub fn schema_version(&self) -> i32 {
        self.schema.iter().map(|step| step.version).max().unwrap_or_default()
    }
}

impl From<Applied> for SchemaStep {
    fn from(applied: Applied) -> Self {
        Self { version: applied.version, name: applied.name, checksum: applied.checksum }
    }
}

impl TablePart {
    /// The table, to copy it.
    pub fn table(&self) -> Table {
        Table { name: self.name.clone(), columns: self.columns.clone() }
    }

    /// The part's name.
    pub fn part(&self) -> String {
        format!("tables/{}.csv", self.name)
    }
}

/// A name as our migrations give them.
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Absolute, and without a step up.
fn is_plain(path: &Path) -> bool {
    let mut parts = path.components();
    parts.next() == Some(Component::RootDir)
        && parts.clone().count() > 0
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(change: impl FnOnce(&mut serde_json::Value), says: &str) {
        let hash = "ab".repeat(32);
        let mut value = json!({
            "format": 1, "program": "0.1.0", "made_at": "2026-11-25T12:00:00Z", "postgresql": "15.1",
            "schema": [{"version": 1, "name": "people", "checksum": "7"}],
            "tables": [{"name": "item", "columns": ["id"], "rows": 1, "bytes": 10, "sha256": hash}],
            "sequences": {"code_number": 4},
            "pictures": [{"sha256": hash, "bytes": 5}], "attachments": [], "lost": [],
            "machine": [{"path": "/etc/inventory/config.toml", "mode": 384, "bytes": 1, "sha256": hash}],
        });
        change(&mut value);
        let parsed = Manifest::parse(value.to_string().as_bytes());
        match parsed {
            Ok(manifest) => assert_eq!(says, "", "accepted: {manifest:?}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!says.is_empty() && error.contains(says), "{error}");
            }
        }
    }

    #[test]
    fn a_sound_manifest_is_read() {
        check(|_| {}, "");
    }

    #[test]
    fn a_later_format_is_refused_before_anything_else_is_looked_at() {
        check(|m| *m = json!({"format": 2, "whatever": true}), "a later version of inventory");
    }

    #[test]
    fn names_that_are_none_of_ours_are_refused() {
        check(|m| m["tables"][0]["name"] = json!("item; drop table person"), "no table of ours");
        check(|m| m["tables"][0]["name"] = json!("../item"), "no table of ours");
        check(|m| m["tables"][0]["columns"] = json!(["id\" , (select 1)"]), "no table of ours");
        check(|m| m["tables"] = json!([m["tables"][0], m["tables"][0]]), "twice");
        check(|m| m["sequences"] = json!({"x'y": 1}), "sequence");
    }

    #[test]
    fn files_are_named_by_hashes_alone() {
        check(|m| m["pictures"][0]["sha256"] = json!("../../etc/passwd"), "no hash");
        check(|m| m["pictures"][0]["sha256"] = json!("AB".repeat(32)), "no hash");
        check(|m| m["pictures"] = json!([m["pictures"][0], m["pictures"][0]]), "twice");
    }

    #[test]
    fn paths_stay_where_they_are_put() {
        for path in ["/etc/../root/.ssh/authorized_keys", "etc/x", "/", "../x"] {
            check(|m| m["machine"][0]["path"] = json!(path), "leads out");
        }
    }

    #[test]
    fn sizes_beyond_all_measure_are_refused() {
        check(|m| m["pictures"][0]["bytes"] = json!(u64::MAX), "beyond all measure");
        check(|m| m["tables"][0]["bytes"] = json!(-1), "manifest.json");
    }
}
