//! Just enough of ZIP to read another program's backup: the list at the end, entries stored or deflated, files over four
//! gigabytes. After PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5. Names are compared, never used as paths.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;

/// The list of entries is read into memory; a hundred thousand pictures make about ten megabytes.
const LARGEST_LIST: u64 = 200_000_000;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const LISTED: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;

/// An archive's entries; contents are read when asked for.
#[derive(Debug, Clone)]
pub struct Zip {
    path: PathBuf,
    pub entries: Vec<Entry>,
}

/// One file in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// Unpacked, as the archive says.
    pub size: u64,
    packed: u64,
    deflated: bool,
    offset: u64,
}

impl Zip {
    /// Reads the list.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        // The end record is 22 bytes and a comment of at most 65,535.
        let tail = read_at(&mut file, length.saturating_sub(65_557), length.min(65_557))?;
        let end =
            tail.windows(4).rposition(|window| window == END.to_le_bytes()).ok_or_else(|| broken("it has no end"))?;
        let record = Fields(&tail[end..]);
        let mut list = (u64::from(record.u32(12)?), u64::from(record.u32(16)?));
        if (list.0 == u64::from(u32::MAX) || list.1 == u64::from(u32::MAX) || record.u16(10)? == u16::MAX) && end >= 20
        {
            let locator = Fields(&tail[end - 20..]);
            if locator.u32(0)? == LOCATOR_64 {
                let far = read_at(&mut file, locator.u64(8)?, 56)?;
                let far = Fields(&far);
                if far.u32(0)? != END_64 {
                    return Err(broken("its end is damaged"));
                }
                list = (far.u64(40)?, far.u64(48)?);
            }
        }
        if list.0 > LARGEST_LIST || list.1.checked_add(list.0).is_none_or(|end| end > length) {
            return Err(broken("its list is damaged"));
        }
        let bytes = read_at(&mut file, list.1, list.0)?;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (entry, used) = listed(rest)?;
            entries.push(entry);
            rest = &rest[used..];
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The entry of this name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// An entry's content; more than it says it is does not come.
    pub fn read(&self, entry: &Entry) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(&self.path)?;
        let header = read_at(&mut file, entry.offset, 30)?;
        let header = Fields(&header);
        if header.u32(0)? != LOCAL {
            return Err(broken("an entry is not where its list says"));
        }
        let skip = u64::from(header.u16(26)?) + u64::from(header.u16(28)?);
        file.seek(SeekFrom::Start(entry.offset + 30 + skip))?;
        let packed = BufReader::with_capacity(1 << 16, file).take(entry.packed);
        Ok(if entry.deflated {
            Box::new(DeflateDecoder::new(packed).take(entry.size))
        } else {
            Box::new(packed.take(entry.size))
        })
    }
}

/// One entry of the list, and how long it is there.
fn listed(bytes: &[u8]) -> io::Result<(Entry, usize)> {
    let fields = Fields(bytes);
    if fields.u32(0)? != LISTED {
        return Err(broken("its list is damaged"));
    }
    if fields.u16(8)? & 1 != 0 {
        return Err(broken("it is encrypted"));
    }
    let deflated = match fields.u16(10)? {
        0 => false,
        8 => true,
        other => return Err(broken(&format!("an entry is packed in a way ({other}) that is not read"))),
    };
    let mut packed = u64::from(fields.u32(20)?);
    let mut size = u64::from(fields.u32(24)?);
    let mut offset = u64::from(fields.u32(42)?);
    let (name, extra, comment) = (fields.u16(28)? as usize, fields.u16(30)? as usize, fields.u16(32)? as usize);
    let used = 46 + name + extra + comment;
    let all = bytes.get(..used).ok_or_else(|| broken("its list is cut off"))?;
    let mut more = &all[46 + name..46 + name + extra];
    while more.len() >= 4 {
        let (kind, length) = (Fields(more).u16(0)?, Fields(more).u16(2)? as usize);
        let field = more.get(4..4 + length).ok_or_else(|| broken("its list is damaged"))?;
        if kind == 1 {
            // Only what does not fit into four bytes is there, in this order.
            let mut at = 0;
            for value in [&mut size, &mut packed, &mut offset] {
                if *value == u64::from(u32::MAX) {
                    *value = Fields(field).u64(at)?;
                    at += 8;
                }
            }
        }
        more = &more[4 + length..];
    }
    let name = String::from_utf8_lossy(&all[46..46 + name]).into_owned();
    Ok((Entry { name, size, packed, deflated, offset }, used))
}

fn read_at(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(broken("it is cut off")) }
}

/// Little-endian numbers at their places.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> io::Result<[u8; N]> {
        let bytes = self.0.get(at..at + N).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| broken("it is cut off"))
    }
    fn u16(&self, at: usize) -> io::Result<u16> {
        Ok(u16::from_le_bytes(self.bytes(at)?))
    }
    fn u32(&self, at: usize) -> io::Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(at)?))
    }
    fn u64(&self, at: usize) -> io::Result<u64> {
        Ok(u64::from_le_bytes(self.bytes(at)?))
    }
}

fn broken(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the ZIP archive cannot be read: {reason}"))
}
