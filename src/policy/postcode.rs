//! Where a lead lives, by the postcode they told: it outranks the area code of a number they may have
//! taken along. United States ZIP codes by their first three digits (USPS L002); of any other country
//! nothing is known here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::policy::region::Region;
use crate::policy::zones::{self, Place};

/// The first and last three digits, and the state. Military addresses stand nowhere.
// tidy: table
const STATES: [(u16, u16, &str); 62] = [
    (5, 5, "US-NY"),
    (6, 7, "PR"),
    (8, 8, "VI"),
    (9, 9, "PR"),
    (10, 27, "US-MA"),
    (28, 29, "US-RI"),
    (30, 38, "US-NH"),
    (39, 49, "US-ME"),
    (50, 54, "US-VT"),
    (55, 55, "US-MA"),
    (56, 59, "US-VT"),
    (60, 69, "US-CT"),
    (70, 89, "US-NJ"),
    (100, 149, "US-NY"),
    (150, 196, "US-PA"),
    (197, 199, "US-DE"),
    (200, 200, "US-DC"),
    (201, 201, "US-VA"),
    (202, 205, "US-DC"),
    (206, 219, "US-MD"),
    (220, 246, "US-VA"),
    (247, 268, "US-WV"),
    (270, 289, "US-NC"),
    (290, 299, "US-SC"),
    (300, 319, "US-GA"),
    (320, 339, "US-FL"),
    (341, 349, "US-FL"),
    (350, 369, "US-AL"),
    (370, 385, "US-TN"),
    (386, 397, "US-MS"),
    (398, 399, "US-GA"),
    (400, 427, "US-KY"),
    (430, 459, "US-OH"),
    (460, 479, "US-IN"),
    (480, 499, "US-MI"),
    (500, 528, "US-IA"),
    (530, 549, "US-WI"),
    (550, 567, "US-MN"),
    (569, 569, "US-DC"),
    (570, 577, "US-SD"),
    (580, 588, "US-ND"),
    (590, 599, "US-MT"),
    (600, 629, "US-IL"),
    (630, 658, "US-MO"),
    (660, 679, "US-KS"),
    (680, 693, "US-NE"),
    (700, 714, "US-LA"),
    (716, 729, "US-AR"),
    (730, 749, "US-OK"),
    (750, 799, "US-TX"),
    (800, 816, "US-CO"),
    (820, 831, "US-WY"),
    (832, 838, "US-ID"),
    (840, 847, "US-UT"),
    (850, 865, "US-AZ"),
    (870, 884, "US-NM"),
    (889, 898, "US-NV"),
    (900, 961, "US-CA"),
    (967, 968, "US-HI"),
    (970, 979, "US-OR"),
    (980, 994, "US-WA"),
    (995, 999, "US-AK"),
];

static PLACES: LazyLock<BTreeMap<Region, Place>> = LazyLock::new(zones::states);

/// The state that a ZIP code stands for, with every zone of it; `None` for what is none.
pub fn place(text: &str) -> Option<&'static Place> {
    let text = text.trim();
    let five = match text.split_once('-') {
        Some((five, four)) if four.len() == 4 && four.bytes().all(|b| b.is_ascii_digit()) => five,
        Some(_) => return None,
        None => text,
    };
    if five.len() != 5 || !five.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let three: u16 = five[..3].parse().ok()?;
    let (.., state) = STATES
        .iter()
        .find(|(first, last, _)| (*first..=*last).contains(&three))?;
    PLACES.get(&state.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    #[test]
    fn a_zip_code_stands_in_every_zone_of_its_state() {
        for (zip, expected) in [
            ("90001", "US-CA America/Los_Angeles"),
            (" 10001-1234 ", "US-NY America/New_York"),
            ("33101", "US-FL America/Chicago America/New_York"),
            ("96813", "US-HI Pacific/Honolulu"),
            ("00901", "PR America/Puerto_Rico"),
            (
                "99501",
                "US-AK America/Adak America/Anchorage America/Juneau Pacific/Honolulu",
            ),
        ] {
            let place = place(zip).unwrap();
            let region = place.region.unwrap();
            let names: Vec<&str> = place.zones().iter().map(Zone::name).collect();
            assert_eq!(format!("{region} {}", names.join(" ")), expected, "{zip}");
        }
        for other in [
            "", "9000", "900011", "SW1A 1AA", "ABCDE", "09001", "10001-1", "é0001",
        ] {
            assert!(place(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn every_state_of_the_table_has_its_zones_and_no_range_overlaps() {
        let mut last = 4;
        for (from, to, state) in STATES {
            assert!(from > last && to >= from, "{from}");
            last = to;
            assert!(place(&format!("{from:03}01")).is_some(), "{state}");
        }
    }
}
