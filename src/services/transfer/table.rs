//! A file of cells, whatever wrote it: encoding, delimiter and line ends are found out.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord, Trim};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use thiserror::Error;

/// The largest file that is read, in bytes.
pub const MOST_BYTES: u64 = 500_000_000;

/// A header and rows of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub headers: Vec<String>,
    pub rows: Vec<Row>,
    /// The name of the encoding, as the WHATWG standard has it.
    pub encoding: &'static str,
    pub delimiter: char,
}

/// One row; a cell that the row does not have is not there, other than an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file it begins on, from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// Why a file is not a table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableError {
    #[error("the file is empty")]
    Empty,
    #[error("this is no text file")]
    Binary,
    #[error("line {line}: {found} cells, but the header has {expected}")]
    Ragged { line: u64, found: usize, expected: usize },
    #[error("line {line}: {reason}")]
    Csv { line: u64, reason: String },
}

/// Reads a whole file.
pub fn read(bytes: &[u8]) -> Result<Table, TableError> {
    let (text, encoding) = decode(bytes)?;
    // The old Macintosh's line ends; the reader counts lines by the others.
    let text: Cow<'_, str> =
        if text.contains('\r') && !text.contains('\n') { text.replace('\r', "\n").into() } else { text };
    if text.trim().is_empty() {
        return Err(TableError::Empty);
    }
    let delimiter = delimiter(&text);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(text.as_bytes());
    let mut headers: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(TableError::Csv { line, reason: error.to_string() }),
        }
        let line = record.position().map_or(line, csv::Position::line);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let Some(headers) = &headers else {
            headers = Some(cells.iter().map(|cell| cell.trim().to_owned()).collect());
            continue;
        };
        while cells.len() > headers.len() && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() > headers.len() {
            return Err(TableError::Ragged { line, found: cells.len(), expected: headers.len() });
        }
        rows.push(Row { line, cells });
    }
    let headers = headers.ok_or(TableError::Empty)?;
    Ok(Table { headers, rows, encoding: encoding.name(), delimiter: char::from(delimiter) })
}

/// A byte order mark says it; else valid UTF-8 is UTF-8; else zeros betray UTF-16; else the letters are weighed.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, &'static Encoding), TableError> {
    let encoding = if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        encoding
    } else if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) {
        UTF_8
    } else {
        let start = &bytes[..bytes.len().min(4096)];
        let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        match (zeros(0), zeros(1)) {
            (even, odd) if odd > start.len() / 8 && odd > even * 4 => UTF_16LE,
            (even, odd) if even > start.len() / 8 && even > odd * 4 => UTF_16BE,
            (0, 0) => {
                let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
                detector.feed(bytes, true);
                detector.guess(None, chardetng::Utf8Detection::Allow)
            }
            _ => return Err(TableError::Binary),
        }
    };
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    if text.contains('\0') { Err(TableError::Binary) } else { Ok((text, encoding)) }
}

/// The delimiter under which the first rows have the most cells and agree on how many.
fn delimiter(text: &str) -> u8 {
    let mut best = (0, b',');
    for delimiter in [b',', b';', b'\t', b'|'] {
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
        let counts: Vec<usize> = reader.records().take(30).filter_map(Result::ok).map(|r| r.len()).collect();
        let Some(&header) = counts.first() else { continue };
        let agreeing = counts.iter().filter(|count| **count == header).count();
        // A header of one cell says nothing for a delimiter.
        let score = if header < 2 { 0 } else { header * 100 * agreeing / counts.len() };
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], encoding: &str, delimiter: char) {
        let table = read(bytes).expect("a table");
        assert_eq!((table.encoding, table.delimiter), (encoding, delimiter));
        assert_eq!(table.headers, ["name", "note"]);
        let cells: Vec<&str> = table.rows.iter().flat_map(|row| &row.cells).map(String::as_str).collect();
        assert_eq!(cells, ["Säge", "groß", "Bügel", "für"]);
    }

    #[test]
    fn encoding_delimiter_and_line_ends_are_found_out() {
        let text = "name,note\nSäge,groß\nBügel,für\n";
        check(text.as_bytes(), "UTF-8", ',');
        check(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), "UTF-8", ',');
        check(text.replace('\n', "\r\n").replace(',', ";").as_bytes(), "UTF-8", ';');
        check(text.replace('\n', "\r").replace(',', "\t").as_bytes(), "UTF-8", '\t');
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        check(&latin, "windows-1252", ',');
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&wide, "UTF-16LE", ',');
        check(&[b"\xff\xfe".to_vec(), wide].concat(), "UTF-16LE", ',');
    }

    #[test]
    fn commas_within_cells_do_not_hide_the_semicolons_between_them() {
        let table = read(b"a;b;c\n1,2,3;x;\"4;5\"\n1,2;y;z\n").expect("a table");
        assert_eq!(table.delimiter, ';');
        assert_eq!(table.rows[0].cells, ["1,2,3", "x", "4;5"]);
    }

    #[test]
    fn a_row_with_too_many_cells_is_named_by_its_line() {
        let long = read(b"a,b\n\"1\n2\",x\n1,2,3\n");
        assert_eq!(long, Err(TableError::Ragged { line: 4, found: 3, expected: 2 }));
        let short = read(b"a,b\n1\n\n,\n2,3,,\n").expect("a table");
        assert_eq!(short.rows.iter().map(|row| (row.line, row.cells.len())).collect::<Vec<_>>(), [(2, 1), (5, 2)]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(read(b""), Err(TableError::Empty));
        assert_eq!(read(b"\xef\xbb\xbf\n"), Err(TableError::Empty));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0"), Err(TableError::Binary));
    }
}
