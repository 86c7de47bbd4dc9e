//! A list of what there is, for a person as a table and for a program as `{ "data": [..] }`.

use serde_json::{Value, json};

use crate::cli::output::{self, Format};

/// What is shown of each thing: by header and cells, and as JSON.
pub struct Listing<'a, T> {
    pub header: &'a [&'a str],
    pub cells: fn(&T) -> Vec<String>,
    pub shape: fn(&T) -> Value,
}

impl<T> Listing<'_, T> {
    pub fn print(&self, items: &[T], format: Option<Format>) -> anyhow::Result<()> {
        match format.unwrap_or_else(output::by_terminal) {
            Format::Json => {
                let data: Vec<Value> = items.iter().map(self.shape).collect();
                output::json(&json!({ "data": data }));
            }
            Format::Human => {
                let mut table = comfy_table::Table::new();
                table.set_header(self.header);
                for item in items {
                    table.add_row((self.cells)(item));
                }
                outln!("{table}");
            }
        }
        Ok(())
    }
}

/// A time that may be none.
pub fn at(at: Option<crate::time::Timestamp>) -> String {
    at.map_or(String::new(), |at| at.to_string())
}
