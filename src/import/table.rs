//! A file as rows of cells: separator and header found, nothing of it understood yet.

use csv::{ReaderBuilder, StringRecord};

use crate::lead::PhoneNumber;

use super::text::{Encoding, decode};

/// Separators that are tried.
const SEPARATORS: [u8; 4] = *b",;\t|";
/// Rows that are looked at to find the separator.
const LOOK_AT_ROWS: usize = 20;
const COLUMNS_MAX: usize = 200;
pub const ROWS_MAX: usize = 2_000_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is a spreadsheet, not CSV; save it as “CSV UTF-8” and take that")]
    Spreadsheet,
    #[error("the first row has {0} columns, and {COLUMNS_MAX} are the most")]
    Wide(usize),
    #[error("the file has more than {ROWS_MAX} rows; split it")]
    Long,
}

/// A file, decoded.
#[derive(Debug, Clone)]
pub struct Table {
    pub encoding: Encoding,
    pub separator: u8,
    /// The names of the columns; `column 1`, … where the file has none.
    pub header: Vec<String>,
    /// Rows below the header.
    pub rows: usize,
    text: String,
    has_header: bool,
    /// Lines before the text, such as `sep=;`.
    lines_before: u64,
}

impl Table {
    /// `region` tells a number from a name, to see whether the first row is a header.
    pub fn read(bytes: &[u8], region: &str) -> Result<Self, TableError> {
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(TableError::Spreadsheet);
        }
        let (text, encoding) = decode(bytes);
        let (text, told) = without_mark(text);
        let separator = told.unwrap_or_else(|| separator(&text));
        let mut table = Table {
            encoding,
            separator,
            header: Vec::new(),
            rows: 0,
            text,
            has_header: false,
            lines_before: u64::from(told.is_some()),
        };
        let first = table.records().next().map(|(_, cells)| cells);
        let first = first.ok_or(TableError::Empty)?;
        if first.len() > COLUMNS_MAX {
            return Err(TableError::Wide(first.len()));
        }
        let is_number = |cell: &str| {
            let digits = cell.chars().filter(char::is_ascii_digit).count();
            digits >= 7 && PhoneNumber::parse_loose(cell, region).is_ok()
        };
        table.has_header = !first.iter().any(is_number);
        table.header = (1..)
            .zip(first.iter())
            .map(|(n, cell)| match cell.trim() {
                name if table.has_header && !name.is_empty() => name.to_string(),
                _ => format!("column {n}"),
            })
            .collect();
        table.rows = table.data().take(ROWS_MAX + 1).count();
        match table.rows {
            rows if rows > ROWS_MAX => Err(TableError::Long),
            _ => Ok(table),
        }
    }

    /// Rows below the header that are not blank, each with the line it begins on.
    pub fn data(&self) -> impl Iterator<Item = (u64, StringRecord)> + '_ {
        self.records().skip(usize::from(self.has_header))
    }

    fn records(&self) -> impl Iterator<Item = (u64, StringRecord)> + '_ {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .from_reader(self.text.as_bytes());
        let before = self.lines_before;
        // Text in memory gives no error, and ours is UTF-8.
        let records = reader.into_records().map_while(Result::ok);
        records
            .map(move |record| {
                let line = record.position().map_or(0, |at| self.line_of(at));
                (line + before, record)
            })
            .filter(|(_, record)| record.iter().any(|cell| !cell.trim().is_empty()))
    }

    /// Where the record itself begins: blank lines before it are counted to it by the reader.
    fn line_of(&self, at: &csv::Position) -> u64 {
        let rest = self
            .text
            .as_bytes()
            .get(at.byte() as usize..)
            .unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        at.line() + blank.filter(|byte| **byte == b'\n').count() as u64
    }

    pub fn separator_name(&self) -> &'static str {
        match self.separator {
            b';' => "semicolons",
            b'\t' => "tabs",
            b'|' => "bars",
            _ => "commas",
        }
    }
}

/// Spreadsheets say the separator in a first line of its own: `sep=;`.
fn without_mark(text: String) -> (String, Option<u8>) {
    let Some((first, rest)) = text.split_once('\n') else {
        return (text, None);
    };
    let told = first.trim_end().strip_prefix("sep=").map(str::as_bytes);
    match told {
        Some([separator]) if separator.is_ascii() => (rest.to_string(), Some(*separator)),
        _ => (text, None),
    }
}

/// The one that cuts the first rows into the most columns, evenly.
fn separator(text: &str) -> u8 {
    let columns = |separator: u8| {
        let rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes())
            .into_records()
            .map_while(Result::ok)
            .take(LOOK_AT_ROWS)
            .map(|row| row.len())
            .collect::<Vec<usize>>();
        let first = rows.first().copied().unwrap_or(0);
        let even = rows.iter().filter(|len| **len == first).count();
        match first {
            0 | 1 => 0,
            many => many * even,
        }
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|it| columns(*it));
    best.filter(|it| columns(*it) > 0).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separator_and_header_are_found() {
        for (text, separator, header, rows) in [
            (
                "phone,name\n+13125550100,Ada\n",
                b',',
                vec!["phone", "name"],
                1,
            ),
            (
                "phone;name\n+13125550100;\"a;b\"\n",
                b';',
                vec!["phone", "name"],
                1,
            ),
            (
                "name\tphone\r\nAda\t312 555 0100\r\n",
                b'\t',
                vec!["name", "phone"],
                1,
            ),
            ("phone\n3125550100\n3125550101\n", b',', vec!["phone"], 2),
            (
                "+13125550100,Ada\n+13125550101,Bo\n",
                b',',
                vec!["column 1", "column 2"],
                2,
            ),
            (
                "sep=;\nphone;name\n3125550100;x\n",
                b';',
                vec!["phone", "name"],
                1,
            ),
            (
                "phone,,name\n\n,,\n3125550100,,x",
                b',',
                vec!["phone", "column 2", "name"],
                1,
            ),
            (
                "\"Name, full\";Phone\n\"Ada, B.\";3125550100\n",
                b';',
                vec!["Name, full", "Phone"],
                1,
            ),
        ] {
            let table = Table::read(text.as_bytes(), "US").unwrap();
            assert_eq!(table.separator, separator, "{text:?}");
            assert_eq!(table.header, header, "{text:?}");
            assert_eq!(table.rows, rows, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (bytes, error) in [
            (&b""[..], TableError::Empty),
            (b"\n \n,,\n", TableError::Empty),
            (b"PK\x03\x04rest", TableError::Spreadsheet),
        ] {
            assert_eq!(Table::read(bytes, "US").err(), Some(error), "{bytes:?}");
        }
        let wide = vec!["x"; 201].join(",");
        assert_eq!(
            Table::read(wide.as_bytes(), "US").err(),
            Some(TableError::Wide(201))
        );
    }

    #[test]
    fn a_row_is_named_by_the_line_it_begins_on() {
        let text = "phone,note\n3125550100,\"two\nlines\"\n\n3125550101,x\n";
        let table = Table::read(text.as_bytes(), "US").unwrap();
        let lines: Vec<u64> = table.data().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 5]);
    }
}
