//! The rows that were not taken, as a file to mend and import again.

use super::row::Reason;

#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub line: u64,
    pub cells: Vec<String>,
    pub reason: Reason,
}

/// The columns of the file, then `line` and `reason`. In UTF-8 with its mark, which spreadsheets want.
pub fn refused_csv(header: &[String], rows: &[Refused]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    let last = ["line".to_string(), "reason".to_string()];
    let head = header.iter().chain(&last).map(|cell| harmless(cell));
    // Writing into memory does not fail.
    let _ = writer.write_record(head);
    for row in rows {
        let mut cells: Vec<String> = row.cells.iter().map(|cell| harmless(cell)).collect();
        cells.resize(header.len().max(cells.len()), String::new());
        cells.push(row.line.to_string());
        cells.push(harmless(&row.reason.to_string()));
        let _ = writer.write_record(&cells);
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula; the import takes the mark off a number again.
pub fn harmless(cell: &str) -> String {
    let risky =
        cell.trim_start().starts_with(['=', '+', '-', '@']) || cell.starts_with(['\t', '\r', '\n']);
    match risky {
        true => format!("'{cell}"),
        false => cell.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_a_refused_row_is_a_formula() {
        for (cell, written) in [
            ("Ada", "Ada"),
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+13125550100", "'+13125550100"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            (" =1", "' =1"),
        ] {
            assert_eq!(harmless(cell), written);
        }
        let header = ["phone".to_string(), "a,b".to_string()];
        let rows = [Refused {
            line: 3,
            cells: vec!["=x".to_string()],
            reason: Reason::Again(2),
        }];
        let file = String::from_utf8(refused_csv(&header, &rows)).unwrap();
        let want = "\u{feff}phone,\"a,b\",line,reason\n\
                    '=x,,3,the same number stands on line 2\n";
        assert_eq!(file, want);
    }
}
