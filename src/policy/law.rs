//! The hours in which regions let promotional texts be sent, as data.
//!
//! Read once from `data/quiet_hours.yaml`, where each row names its source and how sure it is. The
//! strict profile is used: federal, state and country rules all hold at once, and consent frees
//! from none of them. Statutes change: the table is dated ([`as_of`]). Not legal advice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde_yaml::Value;

use crate::policy::region::Region;
use crate::policy::zones::{Known, Place};
use crate::policy::{Cap, MessageKind};
use crate::time::{Duration, Hours, TimeOfDay, Zone};

const TABLE: &str = include_str!("../../data/quiet_hours.yaml");

/// The rule of one region.
#[derive(Debug)]
pub struct Law {
    /// `US-FL`, `US-FED`, `GB`, `conservative_national`.
    pub id: String,
    pub source: String,
    pub week: Week,
    /// The clock the hours are read on, where it is not the lead's own.
    pub clock: Option<Zone>,
    pub cap: Option<Cap>,
}

/// Open hours by the day of the week and on holidays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Week {
    /// From Monday.
    days: [Vec<Hours>; 7],
    /// `None` when holidays are days like any other.
    holidays: Option<Vec<Hours>>,
}

impl Week {
    /// The open hours of `day`; on a holiday, none that the weekday does not have as well.
    pub fn hours(&self, day: Date, is_holiday: impl FnOnce() -> bool) -> &[Hours] {
        let weekday = &self.days[day.weekday().to_monday_zero_offset() as usize];
        match &self.holidays {
            Some(hours) if !weekday.is_empty() && is_holiday() => hours,
            _ => weekday,
        }
    }
}

struct Table {
    as_of: String,
    federal: Law,
    conservative: Law,
    rest_of_world: Law,
    regions: BTreeMap<Region, Law>,
}

static LAWS: LazyLock<Table> = LazyLock::new(|| {
    let root: Value = serde_yaml::from_str(TABLE).unwrap_or_default();
    let read = |id: &str, row: &Value| Law {
        id: id.to_string(),
        source: row["source"]
            .as_str()
            .or(row["note"].as_str())
            .unwrap_or_default()
            .to_string(),
        week: read_week(row),
        clock: row["clock"].as_str().and_then(|name| name.parse().ok()),
        cap: read_cap(&row["cap"]),
    };
    let rows = [&root["countries"], &root["states"]];
    let regions = rows.iter().filter_map(|rows| rows.as_mapping()).flatten();
    Table {
        as_of: root["as_of"].as_str().unwrap_or_default().to_string(),
        federal: read("US-FED", &root["countries"]["US-FED"]),
        conservative: read("conservative_national", &root["conservative_national"]),
        rest_of_world: read("ROW", &root["countries"]["ROW"]),
        regions: regions
            .filter_map(|(id, row)| {
                let id = id.as_str()?;
                Some((id.parse().ok()?, read(id, row)))
            })
            .collect(),
    }
});

/// The day the table was last compared with its sources, such as `2026-11-23`.
pub fn as_of() -> &'static str {
    &LAWS.as_of
}

/// The laws that hold at a place, the most particular first; never none.
pub fn at(place: &Place) -> Laws {
    let laws = &*LAWS;
    if place.known == Known::AnywhereInNanp {
        return Laws([Some(&laws.conservative), None]);
    }
    let Some(region) = place.region else {
        return Laws([Some(&laws.rest_of_world), None]);
    };
    let own = laws.regions.get(&region);
    if region.is_under_us_law() {
        return Laws([own, Some(&laws.federal)]);
    }
    let country = laws.regions.get(&region.whole_country());
    Laws([Some(country.unwrap_or(&laws.rest_of_world)), None])
}

/// The law for a lead who told that they are in the United States, but not in which state.
pub fn federal() -> Laws {
    Laws([Some(&LAWS.federal), None])
}

/// At most a state's and a federal law.
#[derive(Debug, Clone, Copy)]
pub struct Laws([Option<&'static Law>; 2]);

impl Laws {
    pub fn iter(&self) -> impl Iterator<Item = &'static Law> {
        self.0.into_iter().flatten()
    }
}

/// A day that is not named is as `daily`; a day that is named without hours is closed.
fn read_week(row: &Value) -> Week {
    const KEYS: [&str; 7] = [
        "mon_fri", "mon_fri", "mon_fri", "mon_fri", "mon_fri", "sat", "sun",
    ];
    Week {
        days: KEYS.map(|key| read_hours(row.get(key).unwrap_or(&row["daily"]))),
        holidays: row.get("holidays").map(read_hours),
    }
}

/// `null`, `["08:00", "20:00"]` or a list of such pairs.
fn read_hours(value: &Value) -> Vec<Hours> {
    let Some(items) = value.as_sequence() else {
        return Vec::new();
    };
    let clock = |value: &Value| value.as_str()?.parse::<TimeOfDay>().ok();
    match (items.first().and_then(clock), items.get(1).and_then(clock)) {
        (Some(start), Some(end)) => vec![Hours { start, end }],
        _ => items.iter().flat_map(read_hours).collect(),
    }
}

/// `{ max: 3, per_hours: 24, scope: same_subject }`. One flow is one subject at the most, so the
/// cap over all subjects that is kept here is never the laxer.
fn read_cap(value: &Value) -> Option<Cap> {
    Some(Cap {
        at_most: value["max"].as_u64()?.try_into().ok()?,
        per: Duration::hours(value["per_hours"].as_i64()?),
        kind: Some(MessageKind::Marketing),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::zones::place;

    #[test]
    fn every_row_of_the_table_is_read() {
        let laws = &*LAWS;
        assert!(laws.regions.len() >= 38, "{}", laws.regions.len());
        assert_eq!(as_of(), "2026-11-23");
        let all = laws.regions.values();
        for law in all.chain([&laws.federal, &laws.conservative, &laws.rest_of_world]) {
            assert!(
                law.week.days.iter().any(|day| !day.is_empty()),
                "{} never opens",
                law.id
            );
            assert!(!law.source.is_empty(), "{} names no source", law.id);
        }
    }

    #[test]
    fn the_laws_of_a_number_are_its_states_and_the_federal_one() {
        for (phone, expected) in [
            ("+13055550100", "US-FL US-FED"),
            ("+12125550100", "US-FED"),
            ("+17875550100", "US-FED"),
            ("+14165550100", "CA"),
            ("+18005550100", "conservative_national"),
            ("+447911123456", "GB"),
            ("+41791234567", "ROW"),
            ("+80012345678", "ROW"),
        ] {
            let laws = at(place(phone.parse().unwrap()));
            let ids: Vec<&str> = laws.iter().map(|law| law.id.as_str()).collect();
            assert_eq!(ids.join(" "), expected, "{phone}");
        }
    }

    #[test]
    fn days_are_closed_shifted_or_split_as_the_row_says() {
        let row = "{mon_fri: [['10:00', '13:00'], ['14:00', '20:00']], sat: null, \
                   daily: ['09:00', '12:00'], holidays: null}";
        let week = read_week(&serde_yaml::from_str(row).unwrap());
        let day = |d| jiff::civil::date(2026, 11, d);
        for (day, holiday, expected) in [
            (day(23), false, "10:00-13:00 14:00-20:00"),
            (day(28), false, ""),
            (day(29), false, "09:00-12:00"),
            (day(23), true, ""),
        ] {
            let hours = week.hours(day, || holiday).iter().map(Hours::to_string);
            assert_eq!(
                hours.collect::<Vec<_>>().join(" "),
                expected,
                "{day} {holiday}"
            );
        }
    }
}
