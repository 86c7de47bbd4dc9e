//! A row as what is told of a lead, or the reason why it is not taken.

use csv::StringRecord;

use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::consent::Level;
use crate::policy::{ConsentChange, ConsentEvent};
use crate::runtime::work::LeadUpdate;
use crate::time::{Timestamp, Zone};

use super::cells::{self, BadPhone};
use super::columns::{Column, Mapping};

const CELL_LEN_MAX: usize = 4_000;
const TAGS_MAX: usize = 100;
const TAG_LEN_MAX: usize = 100;

/// What holds for every row that does not say otherwise.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Of the workspace: how numbers and days are written there.
    pub region: String,
    pub zone: Zone,
    /// What everybody in the file was shown when they agreed, if that is the same.
    pub wording: Option<String>,
    /// Where the file came from.
    pub source: String,
    pub level: Level,
    pub now: Timestamp,
}

/// Why a row is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("the number {0}")]
    Phone(#[from] BadPhone),
    #[error("the same number stands on line {0}")]
    Again(u64),
    #[error(
        "the row has {has} cells and the header {wants}; put quotes around a text with a separator"
    )]
    Cells { has: usize, wants: usize },
    #[error("`{0}` is over {CELL_LEN_MAX} characters; perhaps a quote before it is not closed")]
    Long(String),
    #[error("`{0}` is not an email address")]
    Email(String),
    #[error("`{0}` is not a language such as en or es-MX")]
    Locale(String),
    #[error("`{0}` is not a time zone such as America/Chicago")]
    Zone(String),
    #[error(
        "the consent's time `{0}` cannot be read; write it as 2026-01-31 or 2026-01-31T14:00:00Z"
    )]
    ConsentTime(String),
    #[error("the consent's time `{0}` lies in the future")]
    ConsentFuture(String),
    #[error("the consent's kind `{0}` is not marketing or transactional")]
    ConsentKind(String),
    #[error("`{0}` is neither yes nor no")]
    YesNo(String),
    #[error(
        "it says that they agreed, and not to what; give the wording with --consent or in a column"
    )]
    NoWording,
    #[error("it was not stored: {0}")]
    NotStored(String),
}

/// What a row tells.
pub fn read(
    cells: &StringRecord,
    header: &[String],
    mapping: &Mapping,
    defaults: &Defaults,
) -> Result<LeadUpdate, Reason> {
    if cells
        .iter()
        .skip(header.len())
        .any(|cell| !cell.trim().is_empty())
    {
        return Err(Reason::Cells {
            has: cells.len(),
            wants: header.len(),
        });
    }
    if let Some((at, _)) = (0..).zip(cells).find(|(_, cell)| cell.len() > CELL_LEN_MAX) {
        return Err(Reason::Long(header.get(at).cloned().unwrap_or_default()));
    }
    let row = Row {
        cells,
        mapping,
        defaults,
    };
    let phone = cells::phone(
        row.cell(&Column::Phone).unwrap_or_default(),
        &defaults.region,
    )?;
    row.update(phone)
}

struct Row<'r> {
    cells: &'r StringRecord,
    mapping: &'r Mapping,
    defaults: &'r Defaults,
}

impl<'r> Row<'r> {
    /// What stands in the column, if there is one and anything stands there.
    fn cell(&self, column: &Column) -> Option<&'r str> {
        let cell = self.cells.get(self.mapping.place_of(column)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    fn update(&self, phone: PhoneNumber) -> Result<LeadUpdate, Reason> {
        let mut update = LeadUpdate::of(phone);
        update.locale = self.cell(&Column::Locale).map(locale).transpose()?;
        update.time_zone = self.cell(&Column::TimeZone).map(zone).transpose()?;
        update.tags = self.cell(&Column::Tags).map(tags);
        update.fields = self.fields()?;
        update.consent = self.consent()?;
        Ok(update)
    }

    fn fields(&self) -> Result<Vec<(Name, Value)>, Reason> {
        let mut fields = Vec::new();
        if let Some(name) = self.name() {
            fields.push((Name::from("name"), Value::Text(name)));
        }
        if let Some(email) = self.cell(&Column::Email) {
            let (before, host) = email.rsplit_once('@').unwrap_or_default();
            let well =
                !before.is_empty() && host.contains('.') && !email.contains(char::is_whitespace);
            if !well {
                return Err(Reason::Email(email.to_string()));
            }
            fields.push((Name::from("email"), Value::text(email)));
        }
        for (column, cell) in self.mapping.columns().iter().zip(self.cells) {
            if let (Column::Field(name), false) = (column, cell.trim().is_empty()) {
                fields.push((name.clone(), Value::text(cell.trim())));
            }
        }
        Ok(fields)
    }

    fn name(&self) -> Option<String> {
        if let Some(name) = self.cell(&Column::Name) {
            return Some(name.to_string());
        }
        let parts = [Column::FirstName, Column::LastName];
        let told: Vec<&str> = parts.iter().filter_map(|part| self.cell(part)).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn consent(&self) -> Result<Option<ConsentEvent>, Reason> {
        let at = self.consent_at()?;
        let says = |column| {
            let cell = self.cell(&column);
            cell.map(|cell| cells::yes_no(cell).ok_or_else(|| Reason::YesNo(cell.to_string())))
                .transpose()
        };
        if says(Column::OptedOut)? == Some(true) {
            return Ok(Some(self.event(
                ConsentChange::Revoked,
                Level::Marketing,
                at,
                String::new(),
            )));
        }
        let wording = self
            .cell(&Column::ConsentWording)
            .map(str::to_string)
            .or_else(|| self.defaults.wording.clone());
        let agreed = match self.mapping.place_of(&Column::Agreed) {
            Some(_) => says(Column::Agreed)?.unwrap_or(false),
            None => wording.is_some(),
        };
        let level = match self
            .cell(&Column::ConsentKind)
            .map(str::to_lowercase)
            .as_deref()
        {
            None => self.defaults.level,
            Some("marketing") => Level::Marketing,
            Some("transactional") => Level::Transactional,
            Some(other) => return Err(Reason::ConsentKind(other.to_string())),
        };
        match (agreed, wording) {
            (false, _) => Ok(None),
            (true, None) => Err(Reason::NoWording),
            (true, Some(wording)) => Ok(Some(self.event(ConsentChange::Given, level, at, wording))),
        }
    }

    fn consent_at(&self) -> Result<Timestamp, Reason> {
        let Some(cell) = self.cell(&Column::ConsentAt) else {
            return Ok(self.defaults.now);
        };
        let at = cells::instant(cell, &self.defaults.region, &self.defaults.zone)
            .ok_or_else(|| Reason::ConsentTime(cell.to_string()))?;
        // A day is taken at its noon, which may be hours ahead.
        let latest = self.defaults.now + crate::time::Duration::hours(12);
        match at > latest {
            true => Err(Reason::ConsentFuture(cell.to_string())),
            false => Ok(at.min(self.defaults.now)),
        }
    }

    /// Never the lead's own act: a file cannot undo what they said themselves.
    fn event(
        &self,
        change: ConsentChange,
        level: Level,
        at: Timestamp,
        wording: String,
    ) -> ConsentEvent {
        let text = |column| self.cell(&column).map(str::to_string);
        ConsentEvent {
            source: text(Column::ConsentSource).unwrap_or_else(|| self.defaults.source.clone()),
            wording,
            ip: text(Column::ConsentIp),
            url: text(Column::ConsentUrl),
            ..ConsentEvent::new(change, level, at, "import")
        }
    }
}

fn locale(cell: &str) -> Result<Name, Reason> {
    let text = cell.replace('_', "-");
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let well = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    let known = [
        ("english", "en"),
        ("spanish", "es"),
        ("español", "es"),
        ("german", "de"),
        ("deutsch", "de"),
        ("french", "fr"),
        ("français", "fr"),
        ("portuguese", "pt"),
        ("português", "pt"),
    ];
    let lower = cell.to_lowercase();
    let word = known.iter().find(|(word, _)| *word == lower);
    match (word, well) {
        (Some((_, code)), _) => Ok(Name::from(*code)),
        (None, true) => Ok(Name::from(text)),
        (None, false) => Err(Reason::Locale(cell.to_string())),
    }
}

fn zone(cell: &str) -> Result<Name, Reason> {
    match cell.parse::<Zone>() {
        Ok(_) => Ok(Name::from(cell)),
        Err(_) => Err(Reason::Zone(cell.to_string())),
    }
}

fn tags(cell: &str) -> Vec<Name> {
    cell.split([',', ';', '|'])
        .map(str::trim)
        .filter(|tag| !tag.is_empty() && tag.len() <= TAG_LEN_MAX)
        .take(TAGS_MAX)
        .map(Name::from)
        .collect()
}
