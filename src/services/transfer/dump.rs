//! The data of a plain PostgreSQL dump: its COPY blocks. Everything else in it is passed over, nothing is run, and no row
//! is taken for a statement, whatever its text.

use std::io::{self, BufRead, Read};
use std::iter::Peekable;

/// A line of a dump is one row; a picture kept in its row may be long.
const LONGEST_LINE: u64 = 200_000_000;

/// One row: what it is of, and its cells by column.
pub struct Row<'a> {
    pub table: &'a str,
    columns: &'a [String],
    cells: Vec<Option<String>>,
}

impl Row<'_> {
    /// A cell; `None` when it is null, or there is no such column.
    pub fn cell(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|its| its == column)?;
        self.cells.get(at)?.as_deref()
    }
}

/// Gives every row of every table to `take`. Returns how many COPY blocks there were.
pub fn read(mut dump: impl BufRead, mut take: impl FnMut(Row<'_>)) -> io::Result<usize> {
    let mut blocks = 0;
    let mut line = Vec::new();
    while next(&mut dump, &mut line)? {
        let Some((table, columns)) = copy(&line) else { continue };
        blocks += 1;
        loop {
            if !next(&mut dump, &mut line)? {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the dump ends within `{table}`")));
            }
            if line == b"\\." {
                break;
            }
            let cells: Vec<Option<String>> = line.split(|byte| *byte == b'\t').map(cell).collect();
            if cells.len() != columns.len() {
                let what = format!("a row of `{table}` has {} cells, its columns are {}", cells.len(), columns.len());
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            take(Row { table: &table, columns: &columns, cells });
        }
    }
    Ok(blocks)
}

/// The next line without its end; `false` when there is none.
fn next(dump: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if dump.by_ref().take(LONGEST_LINE).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.len() as u64 >= LONGEST_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of the dump is too long"));
    }
    while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(true)
}

/// `COPY public.items (guid, item_name) FROM stdin;` as table and columns.
fn copy(line: &[u8]) -> Option<(String, Vec<String>)> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix("COPY ")?;
    let (table, rest) = text.split_once(" (")?;
    let columns = rest.strip_suffix(") FROM stdin;")?;
    let plain = |name: &str| name.trim().trim_matches('"').to_owned();
    let table = table.rsplit('.').next().unwrap_or(table);
    Some((plain(table), columns.split(',').map(plain).collect()))
}

/// A cell of COPY's text format (PostgreSQL's manual, "COPY", "Text Format").
fn cell(bytes: &[u8]) -> Option<String> {
    if bytes == b"\\N" {
        return None;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        let Some(escaped) = rest.next() else { break };
        plain.push(match escaped {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'0'..=b'7' => digits(u32::from(escaped - b'0'), 8, 2, &mut rest),
            b'x' => digits(0, 16, 2, &mut rest),
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&plain).into_owned())
}

/// A byte by number, of at most `most` more digits.
fn digits(first: u32, base: u32, most: usize, rest: &mut Peekable<impl Iterator<Item = u8>>) -> u8 {
    let mut value = first;
    for _ in 0..most {
        let Some(digit) = rest.peek().and_then(|byte| char::from(*byte).to_digit(base)) else { break };
        value = value * base + digit;
        rest.next();
    }
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dump: &str, expected: &[&str]) {
        let mut rows = Vec::new();
        read(dump.as_bytes(), |row| rows.push(format!("{}: {:?} {:?}", row.table, row.cell("a"), row.cell("b"))))
            .expect("readable");
        assert_eq!(rows, expected);
    }

    #[test]
    fn rows_are_read_and_nothing_else() {
        check(
            "DROP TABLE x;\nCOPY public.items (a, b) FROM stdin;\n1\t\\N\n\\\\connect x\tCREATE DATABASE y;\n\\.\n\\! touch z\n",
            &["items: Some(\"1\") None", "items: Some(\"\\\\connect x\") Some(\"CREATE DATABASE y;\")"],
        );
    }

    #[test]
    fn escapes_are_undone() {
        check(
            "COPY t (a, b) FROM stdin;\nx\\ty\\nz\\\\\t\\x41\\101\\q\n\\.\n",
            &["t: Some(\"x\\ty\\nz\\\\\") Some(\"AAq\")"],
        );
    }

    #[test]
    fn a_dump_that_ends_too_early_or_has_ragged_rows_is_refused() {
        for dump in ["COPY t (a, b) FROM stdin;\n1\t2\n", "COPY t (a, b) FROM stdin;\n1\n\\.\n"] {
            read(dump.as_bytes(), |_| {}).expect_err("refused");
        }
    }
}
