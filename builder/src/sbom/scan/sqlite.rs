//! The rows of one table of an `SQLite` file, read as the format describes it.
//!
//! `rusqlite` would run a C library over bytes from outside, for a walk over
//! the leaves of one tree. This reads nothing but that, checks every offset,
//! visits each page once, and so ends whatever the file says.

use std::collections::BTreeSet;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The page that the table of tables begins on.
const SCHEMA: u32 = 1;
/// How deep a tree goes at most; one of a terabyte has seven levels.
const MAX_DEPTH: usize = 20;

/// A value of a row, as far as anybody here asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
    Other,
}

/// The second column of every row of a table: where RPM keeps its headers.
pub(super) fn second_column(file: &[u8], table: &str) -> Result<Vec<Vec<u8>>, String> {
    read(file, table).ok_or_else(|| "the SQLite database is damaged".to_owned())
}

fn read(file: &[u8], table: &str) -> Option<Vec<Vec<u8>>> {
    let mut pages = Pages::open(file)?;
    let mut root = None;
    for row in pages.rows(SCHEMA)? {
        let values = values(&row)?;
        let is_it = values.get(..2)? == [Value::Bytes(b"table"), Value::Bytes(table.as_bytes())];
        if let (true, Value::Number(page)) = (is_it, values.get(3)?) {
            root = u32::try_from(*page).ok();
        }
    }
    let rows = pages.rows(root?)?;
    let second = |row: &Vec<u8>| match values(row)?.get(1)? {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        _ => None,
    };
    rows.iter().map(second).collect()
}

/// The pages of a file, each of which is given out once.
struct Pages<'a> {
    file: &'a [u8],
    size: usize,
    /// Bytes of a page that hold something.
    usable: usize,
    seen: BTreeSet<u32>,
    /// Bytes that rows may still have: together no more than the file, however
    /// often its pointers name one place.
    left: usize,
}

impl<'a> Pages<'a> {
    fn open(file: &'a [u8]) -> Option<Self> {
        let size = match u16::from_be_bytes(*file.get(16..)?.first_chunk()?) {
            1 => 65536,
            size => usize::from(size),
        };
        let usable = size.checked_sub(usize::from(*file.get(20)?))?;
        let is_fine = file.starts_with(MAGIC) && size.is_power_of_two() && usable >= 480;
        is_fine.then(|| Self { file, size, usable, seen: BTreeSet::new(), left: file.len() })
    }

    fn page(&mut self, number: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.size)?;
        let page = self.file.get(start..start.checked_add(self.size)?)?;
        self.seen.insert(number).then_some(&page[..self.usable])
    }

    /// Every row of the table whose tree has this root.
    fn rows(&mut self, root: u32) -> Option<Vec<Vec<u8>>> {
        let mut rows = Vec::new();
        self.walk(root, 0, &mut rows)?;
        Some(rows)
    }

    fn walk(&mut self, number: u32, depth: usize, rows: &mut Vec<Vec<u8>>) -> Option<()> {
        let page = self.page(number)?;
        let head = page.get(if number == SCHEMA { 100 } else { 0 }..)?;
        let count = usize::from(u16::from_be_bytes(*head.get(3..)?.first_chunk()?));
        match *head.first()? {
            0x0d => {
                for cell in cells(page, head.get(8..)?, count) {
                    rows.push(self.payload(cell?)?);
                }
            }
            0x05 if depth < MAX_DEPTH => {
                for cell in cells(page, head.get(12..)?, count) {
                    self.walk(number_at(cell?)?, depth + 1, rows)?;
                }
                self.walk(number_at(head.get(8..)?)?, depth + 1, rows)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// The bytes of a row: in its cell, and on pages of their own when long.
    fn payload(&mut self, cell: &[u8]) -> Option<Vec<u8>> {
        let (length, cell) = varint(cell)?;
        let (_row, cell) = varint(cell)?;
        let length = usize::try_from(length).ok()?;
        self.left = self.left.checked_sub(length.max(1))?;
        let here = self.in_cell(length);
        let mut payload = cell.get(..here)?.to_vec();
        let mut next = if here < length { number_at(&cell[here..])? } else { 0 };
        while payload.len() < length {
            let page = self.page(next)?;
            next = number_at(page)?;
            let wanted = (length - payload.len()).min(page.len() - 4);
            payload.extend_from_slice(&page[4..4 + wanted]);
        }
        Some(payload)
    }

    fn in_cell(&self, length: usize) -> usize {
        let most = self.usable - 35;
        if length <= most {
            return length;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let rest = least + (length - least) % (self.usable - 4);
        if rest <= most { rest } else { least }
    }
}

/// What the pointers of a page point at.
fn cells<'a>(
    page: &'a [u8],
    pointers: &'a [u8],
    count: usize,
) -> impl Iterator<Item = Option<&'a [u8]>> {
    (0..count).map(move |n| {
        let pointer = pointers.get(2 * n..)?.first_chunk()?;
        page.get(usize::from(u16::from_be_bytes(*pointer))..)
    })
}

fn number_at(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// A number in one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// The values of a row.
fn values(row: &[u8]) -> Option<Vec<Value<'_>>> {
    let (length, _) = varint(row)?;
    let (mut types, mut body) = row.split_at_checked(usize::try_from(length).ok()?)?;
    types = varint(types)?.1;
    let mut values = Vec::new();
    while !types.is_empty() {
        let (kind, rest) = varint(types)?;
        let (value, rest_of_body) = body.split_at_checked(size_of(kind)?)?;
        values.push(match kind {
            1..=6 => Value::Number(number(value)),
            8 | 9 => Value::Number(i64::from(kind == 9)),
            12.. => Value::Bytes(value),
            _ => Value::Other,
        });
        (types, body) = (rest, rest_of_body);
    }
    Some(values)
}

fn size_of(kind: u64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(kind).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        _ => usize::try_from((kind - 12) / 2).ok(),
    }
}

/// A signed number of up to eight bytes.
fn number(bytes: &[u8]) -> i64 {
    let start = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(start, |value, byte| value << 8 | i64::from(*byte))
}
