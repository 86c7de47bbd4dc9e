//! Where a lead lives, by the postcode they told: it outranks the area code of a number they may have
//! taken along. A United States ZIP code by its first three digits (`data/zip3.csv`), a Canadian code
//! by its first letter (`data/fsa.csv`); of any other country nothing is known here.
//!
//! Refuses to guess: a prefix that lies in two zones has both, and all must be open. Sources: which
//! prefix is of which state, USPS Publication 65 and Labeling List L002 (3-digit ZIP Code prefix matrix);
//! which letter is of which province, Canada Post's Addressing Guidelines; where the zones part, by
//! county, 49 CFR 71. Military addresses stand nowhere.

use std::sync::LazyLock;

use crate::lead::{Lead, Value};
use crate::policy::zones::Place;

const ZIP_PREFIXES: &str = include_str!("../../data/zip3.csv");
const PROVINCES: &str = include_str!("../../data/fsa.csv");

/// By the first three digits.
static ZIPS: LazyLock<Vec<Option<Place>>> = LazyLock::new(|| {
    let mut places: Vec<Option<Place>> = (0..1_000).map(|_| None).collect();
    for row in ZIP_PREFIXES.lines().skip(1) {
        let mut cells = row.split(',');
        let mut number = || cells.next().and_then(|cell| cell.parse::<usize>().ok());
        let (Some(first), Some(last)) = (number(), number()) else {
            continue;
        };
        // Of two states, the one most of the prefix lies in.
        let state = cells.next().and_then(|states| states.split('|').next());
        if let (Some(state), Some(zones)) = (state, cells.next()) {
            for place in places.iter_mut().take(last + 1).skip(first) {
                *place = Some(Place::told(state, zones));
            }
        }
    }
    places
});

/// By the first letter.
static LETTERS: LazyLock<Vec<(u8, Place)>> = LazyLock::new(|| {
    let place = |row: &'static str| {
        let mut cells = row.split(',');
        let (letter, province, zones) = (cells.next()?, cells.next()?, cells.next()?);
        let region = match province {
            "" => "CA".to_string(),
            province => format!("CA-{province}"),
        };
        Some((*letter.as_bytes().first()?, Place::told(&region, zones)))
    };
    PROVINCES.lines().skip(1).filter_map(place).collect()
});

/// Where the lead lives by the field `postcode` or `zip` they told, which may be a number. Five digits say
/// something only to a workspace in North America (`region`).
pub fn of_lead(lead: &Lead, region: &str) -> Option<&'static Place> {
    if !matches!(region, "US" | "CA") {
        return None;
    }
    let told = ["postcode", "zip"].map(|field| lead.field(field));
    let told = told.into_iter().find(|value| !value.is_empty())?;
    match told {
        Value::Text(text) => place(text),
        Value::Number(number) => place(&format!("{number:05}")),
        _ => None,
    }
}

/// The state or province that a postcode stands for, with every zone it may be in; `None` for what is
/// neither a ZIP code nor a Canadian one.
pub fn place(text: &str) -> Option<&'static Place> {
    zip(text).or_else(|| canadian(text))
}

fn zip(text: &str) -> Option<&'static Place> {
    let text = text.trim();
    let five = match text.split_once('-') {
        Some((five, four)) if four.len() == 4 && four.bytes().all(|b| b.is_ascii_digit()) => five,
        Some(_) => return None,
        None => text,
    };
    if five.len() != 5 || !five.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let three: usize = five[..3].parse().ok()?;
    ZIPS.get(three)?.as_ref()
}

/// `M5V 3L9`, with or without its space, in either case.
fn canadian(text: &str) -> Option<&'static Place> {
    let code: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b' ' | b'-'))
        .map(|b| b.to_ascii_uppercase())
        .collect();
    let fits = |(i, byte): (usize, &u8)| match i % 2 {
        0 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    };
    if code.len() != 6 || !code.iter().enumerate().all(fits) {
        return None;
    }
    let known = LETTERS.iter().find(|(letter, _)| *letter == code[0]);
    known.map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::time::Zone;

    fn shown(postcode: &str) -> String {
        let place = place(postcode).unwrap();
        let region = place.region.unwrap();
        let names: Vec<&str> = place.zones().iter().map(Zone::name).collect();
        format!("{region} {}", names.join(" "))
    }

    #[test]
    fn a_postcode_stands_in_every_zone_of_its_prefix() {
        for (code, expected) in [
            ("90001", "US-CA America/Los_Angeles"),
            (" 10001-1234 ", "US-NY America/New_York"),
            ("33101", "US-FL America/New_York"),
            ("32501", "US-FL America/Chicago"),
            ("32456", "US-FL America/Chicago America/New_York"),
            ("79901", "US-TX America/Denver"),
            ("75001", "US-TX America/Chicago"),
            ("37201", "US-TN America/Chicago"),
            ("37901", "US-TN America/New_York"),
            ("86515", "US-AZ America/Denver America/Phoenix"),
            ("96813", "US-HI Pacific/Honolulu"),
            ("96701", "US-HI Pacific/Honolulu Pacific/Pago_Pago"),
            ("00901", "PR America/Puerto_Rico"),
            ("96910", "GU Pacific/Guam"),
            (
                "99501",
                "US-AK America/Adak America/Anchorage America/Juneau Pacific/Honolulu",
            ),
            ("M5V 3L9", "CA-ON America/Toronto"),
            ("p9n1a1", "CA-ON America/Toronto America/Winnipeg"),
            ("H2X-1Y4", "CA-QC America/Toronto"),
            (
                "X1A 2B3",
                "CA America/Edmonton America/Inuvik America/Iqaluit America/Rankin_Inlet",
            ),
        ] {
            assert_eq!(shown(code), expected, "{code}");
        }
        for other in [
            "", "9000", "900011", "SW1A 1AA", "ABCDE", "09001", "10001-1", "é0001", "D1A 1A1",
            "M5V",
        ] {
            assert!(place(other).is_none(), "{other:?}");
        }
    }

    /// Zones by region, of all the area codes there.
    fn zones_of_area_codes() -> BTreeMap<String, BTreeSet<&'static str>> {
        let mut zones: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for row in include_str!("../../data/nanp.csv").lines().skip(1) {
            let cells: Vec<&'static str> = row.split(',').collect();
            for part in cells[2].split('/') {
                let names = cells[5].split('|').filter(|name| !name.is_empty());
                for region in [format!("{}-{part}", cells[1]), cells[1].to_string()] {
                    zones.entry(region).or_default().extend(names.clone());
                }
            }
        }
        zones
    }

    #[test]
    fn every_prefix_lies_within_the_zones_of_its_states_and_no_two_overlap() {
        let of = zones_of_area_codes();
        let (mut before, mut prefixes) = (None, 0);
        for row in ZIP_PREFIXES.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let (first, last): (usize, usize) =
                (cells[0].parse().unwrap(), cells[1].parse().unwrap());
            assert!(before.is_none_or(|b| b < first) && first <= last, "{row}");
            before = Some(last);
            let allowed: BTreeSet<&str> = cells[2].split('|').flat_map(|s| of[s].clone()).collect();
            for zone in cells[3].split('|') {
                assert!(allowed.contains(zone), "{zone} in {row}");
            }
            for prefix in first..=last {
                let place = place(&format!("{prefix:03}01")).unwrap();
                assert_eq!(place.zones().len(), cells[3].split('|').count(), "{row}");
                prefixes += 1;
            }
        }
        assert!(prefixes > 880, "{prefixes}");
        for row in PROVINCES.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let region = match cells[1] {
                "" => "CA".to_string(),
                province => format!("CA-{province}"),
            };
            for zone in cells[2].split('|') {
                assert!(of[&region].contains(zone), "{zone} in {row}");
            }
        }
    }

    #[test]
    fn every_zone_of_a_state_is_some_prefix_of_it() {
        let mut reached: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for place in ZIPS.iter().flatten() {
            let names = place.zones().iter().map(Zone::name);
            let region = place.region.unwrap().to_string();
            reached.entry(region).or_default().extend(names);
        }
        for (region, zones) in zones_of_area_codes() {
            // Of no area, and no prefix: toll-free numbers, and the whole country.
            for zone in zones
                .iter()
                .filter(|_| region.starts_with("US-") && region.len() == 5)
            {
                assert!(reached[&region].contains(zone), "{region} {zone}");
            }
        }
    }
}
