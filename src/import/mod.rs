//! Leads from a CSV file, with their consent: any encoding and separator a spreadsheet writes, columns
//! guessed from their names, every row either taken or refused with a reason that names its mend.
//!
//! Decides what a file means; how a lead is written is the engine's. Run twice it changes nothing the
//! second time.

mod cells;
mod columns;
mod refused;
mod row;
mod run;
mod table;
mod text;

pub use columns::{Column, MapError, Mapping, field_name, guess};
pub use refused::{Refused, harmless, refused_csv};
pub use row::{Defaults, Reason, read as read_row};
pub use run::{Commit, Counts, Go, Import, Outcome, run};
pub use table::{Table, TableError};
pub use text::Encoding;
