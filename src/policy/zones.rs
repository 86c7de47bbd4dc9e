//! Where a number may be: its region and every time zone it may stand in.
//!
//! Decides from the number alone; a zone that the lead told outranks it ([`of_lead`]). Refuses to
//! guess between candidates: all are returned, and all must be open. A North American number by
//! its area code (`data/nanp.csv`), any other by its calling code and, where countries share one,
//! its leading digits (`data/countries.csv`); both from libphonenumber and the IANA tables.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use crate::lead::PhoneNumber;
use crate::policy::region::Region;
use crate::time::Zone;

const NANP: &str = include_str!("../../data/nanp.csv");
const COUNTRIES: &str = include_str!("../../data/countries.csv");

/// Area codes run from 200 to 999.
const AREA_CODES: usize = 800;

/// Where a North American number without a place (toll-free, personal, not yet assigned) may be:
/// the contiguous states. `conservative_national` in `data/quiet_hours.yaml` is made for them.
const CONTIGUOUS: &str = "America/New_York|America/Chicago|America/Denver|America/Los_Angeles";

/// What a number tells of its holder's whereabouts.
#[derive(Debug)]
pub struct Place {
    /// `None` for numbers that belong to no country, such as +800.
    pub region: Option<Region>,
    /// Whether the zones were looked up (true place) or are the widest guess there is.
    pub known: Known,
    names: &'static [&'static str],
    zones: OnceLock<Vec<Zone>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The zones are those of the number's area or country.
    Placed,
    /// A North American number that stands for no area.
    AnywhereInNanp,
    /// Nothing is known.
    Nowhere,
}

impl Place {
    fn new(region: Option<Region>, known: Known, names: Vec<&'static str>) -> Self {
        Self {
            region,
            known,
            names: Vec::leak(names),
            zones: OnceLock::new(),
        }
    }

    /// What a postcode of `region` tells; `zones` are divided by bars.
    pub(super) fn told(region: &str, zones: &'static str) -> Self {
        Self::new(
            region.parse().ok(),
            Known::Placed,
            zones.split('|').collect(),
        )
    }

    /// Every zone the number may stand in, loaded when first asked for; empty only for
    /// [`Known::Nowhere`].
    pub fn zones(&'static self) -> &'static [Zone] {
        self.zones.get_or_init(|| {
            self.names
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect()
        })
    }
}

/// Where the number may be. No allocation, no parsing after the first call.
pub fn place(phone: PhoneNumber) -> &'static Place {
    let digits = phone.digits();
    if let Some(area) = nanp_area(digits) {
        return AREAS
            .get(area.wrapping_sub(200))
            .and_then(Option::as_ref)
            .unwrap_or(&ANYWHERE_IN_NANP);
    }
    abroad(digits).unwrap_or(&NOWHERE)
}

/// Every zone the number may stand in; empty when nothing is known.
pub fn candidates(phone: PhoneNumber) -> Vec<Zone> {
    place(phone).zones().to_vec()
}

/// The zones that must all be open for this lead: the one they told, else those of the postcode they
/// told (`home`), else those of their number, else the workspace's own. Never empty.
pub fn of_lead<'a>(
    told: Option<&'a Zone>,
    home: Option<&'static Place>,
    phone: PhoneNumber,
    own: &'a Zone,
) -> Cow<'a, [Zone]> {
    if let Some(zone) = told {
        return Cow::Borrowed(std::slice::from_ref(zone));
    }
    match home.unwrap_or_else(|| place(phone)).zones() {
        [] => Cow::Borrowed(std::slice::from_ref(own)),
        zones => Cow::Borrowed(zones),
    }
}

static ANYWHERE_IN_NANP: LazyLock<Place> = LazyLock::new(|| {
    let names = CONTIGUOUS.split('|').collect();
    Place::new("US".parse().ok(), Known::AnywhereInNanp, names)
});

static NOWHERE: LazyLock<Place> = LazyLock::new(|| Place::new(None, Known::Nowhere, Vec::new()));

/// The area code of a number of the form +1 NXX NXX XXXX; 0 for one of another length under +1.
fn nanp_area(digits: u64) -> Option<usize> {
    if (10_000_000_000..20_000_000_000).contains(&digits) {
        return Some(((digits / 10_000_000) % 1_000) as usize);
    }
    let leading = leading_digits(digits, 1);
    (leading == 1).then_some(0)
}

/// The first `count` digits of a number.
fn leading_digits(digits: u64, count: u32) -> u64 {
    let length = digits.checked_ilog10().unwrap_or(0) + 1;
    digits / 10_u64.pow(length.saturating_sub(count))
}

static AREAS: LazyLock<Vec<Option<Place>>> = LazyLock::new(|| {
    let mut areas: Vec<Option<Place>> = (0..AREA_CODES).map(|_| None).collect();
    for row in NANP.lines().skip(1) {
        if let Some((ix, place)) = read_area(row) {
            areas[ix] = Some(place);
        }
    }
    areas
});

/// `npa,country,region,kind,zones_lib,zones_conservative,basis`; `None` for codes without a place.
fn read_area(row: &'static str) -> Option<(usize, Place)> {
    let mut cells = row.split(',');
    let code: usize = cells.next()?.parse().ok()?;
    let (country, state) = (cells.next()?, cells.next()?);
    let zones = cells.nth(2)?;
    let ix = code.checked_sub(200).filter(|ix| *ix < AREA_CODES)?;
    if zones.is_empty() {
        return None;
    }
    let region = if state.is_empty() {
        country.parse()
    } else {
        format!("{country}-{state}").parse()
    };
    let place = Place::new(region.ok(), Known::Placed, zones.split('|').collect());
    Some((ix, place))
}

/// The countries that share one calling code.
struct Country {
    main: bool,
    /// Digits after the calling code by which this country is told from the others.
    prefixes: Vec<String>,
    place: Place,
}

/// Index: the calling code, 0 to 999.
static ABROAD: LazyLock<Vec<Vec<Country>>> = LazyLock::new(|| {
    let mut codes: Vec<Vec<Country>> = (0..1_000).map(|_| Vec::new()).collect();
    let rows: Vec<Vec<&'static str>> = COUNTRIES
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    for row in &rows {
        if let [code, region, main, leading, by_code, by_country, ..] = row[..] {
            let own = if by_country.is_empty() {
                by_code
            } else {
                by_country
            };
            let sharing = if main == "yes" { code } else { "" };
            let Some(place) = country_place(&rows, code, region, own, sharing) else {
                continue;
            };
            let slot = code
                .parse()
                .ok()
                .and_then(|code: usize| codes.get_mut(code));
            if let Some(countries) = slot {
                countries.push(Country {
                    main: main == "yes",
                    prefixes: prefixes(leading),
                    place,
                });
            }
        }
    }
    codes
});

/// A country's `own` zones and, for the main one of a code, those of neighbours whose numbers
/// nothing tells from its own (Guernsey's from Britain's): they are `sharing` its code.
fn country_place(
    rows: &[Vec<&'static str>],
    code: &str,
    region: &str,
    own: &'static str,
    sharing: &str,
) -> Option<Place> {
    let mut names: Vec<&'static str> = own.split('|').collect();
    for other in rows {
        if let [other_code, _, "no", "", _, zones, ..] = other[..]
            && other_code == sharing
        {
            names.extend(zones.split('|'));
        }
    }
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    (code != "1" && !names.is_empty())
        .then(|| Place::new(region.parse().ok(), Known::Placed, names))
}

fn abroad(digits: u64) -> Option<&'static Place> {
    // No calling code begins another, so the order of lengths does not matter.
    let (countries, length) = (1..=3).rev().find_map(|length| {
        let countries = ABROAD.get(leading_digits(digits, length) as usize)?;
        (!countries.is_empty()).then_some((countries, length as usize))
    })?;
    let text = digits.to_string();
    let national = text.get(length..).unwrap_or_default();
    let longest = |country: &Country| {
        let matching = country
            .prefixes
            .iter()
            .filter(|p| national.starts_with(p.as_str()));
        matching.map(String::len).max()
    };
    countries
        .iter()
        .filter_map(|country| longest(country).map(|length| (length, country)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, country)| country)
        .or_else(|| countries.iter().find(|country| country.main))
        .or_else(|| countries.first())
        .map(|country| &country.place)
}

/// Every literal beginning that a pattern such as `74576|(?:16|7[56])24` stands for.
fn prefixes(pattern: &str) -> Vec<String> {
    if pattern.is_empty() {
        return Vec::new();
    }
    alternatives(&mut pattern.chars().peekable())
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn alternatives(chars: &mut Chars) -> Vec<String> {
    let mut all = Vec::new();
    let mut current = vec![String::new()];
    while let Some(c) = chars.next() {
        let next: Vec<String> = match c {
            ')' => break,
            '|' => {
                all.append(&mut current);
                current.push(String::new());
                continue;
            }
            '(' => {
                chars.next_if_eq(&'?');
                chars.next_if_eq(&':');
                alternatives(chars)
            }
            '[' => digit_class(chars),
            digit => vec![digit.to_string()],
        };
        current = current
            .iter()
            .flat_map(|head| next.iter().map(move |tail| format!("{head}{tail}")))
            .collect();
    }
    all.append(&mut current);
    all
}

/// The inside of `[02-689]`, up to its bracket.
fn digit_class(chars: &mut Chars) -> Vec<String> {
    let mut digits = Vec::new();
    let mut last = '0';
    while let Some(c) = chars.next() {
        match c {
            ']' => break,
            '-' => {
                let end = chars.next().unwrap_or(last);
                digits.extend((last..=end).skip(1).map(String::from));
            }
            digit => {
                last = digit;
                digits.push(digit.to_string());
            }
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(phone: &str) -> (String, Vec<&'static str>) {
        let place = place(phone.parse().unwrap());
        let region = place.region.map_or_else(String::new, |r| r.to_string());
        (region, place.zones().iter().map(Zone::name).collect())
    }

    #[test]
    fn a_number_stands_in_every_zone_of_its_area_or_country() {
        for (phone, region, zones) in [
            ("+13055550100", "US-FL", &["America/New_York"][..]),
            (
                "+18505550100",
                "US-FL",
                &["America/Chicago", "America/New_York"],
            ),
            (
                "+12085550100",
                "US-ID",
                &["America/Boise", "America/Denver", "America/Los_Angeles"],
            ),
            ("+14165550100", "CA-ON", &["America/Toronto"]),
            ("+12425550100", "BS", &["America/Nassau"]),
            (
                "+447911123456",
                "GB",
                &["Europe/Guernsey", "Europe/Jersey", "Europe/London"],
            ),
            ("+447624123456", "IM", &["Europe/Isle_of_Man"]),
            ("+33612345678", "FR", &["Europe/Paris"]),
            ("+35699123456", "MT", &["Europe/Malta"]),
            ("+390669812345", "VA", &["Europe/Vatican"]),
            ("+393123456789", "IT", &["Europe/Rome"]),
            ("+38344123456", "XK", &["Europe/Belgrade"]),
            ("+80012345678", "", &[]),
        ] {
            let expected: (String, Vec<&str>) = (region.to_string(), zones.to_vec());
            assert_eq!(at(phone), expected, "{phone}");
        }
        assert_eq!(at("+77011234567").0, "KZ");
        assert_eq!(at("+79161234567").0, "RU");
    }

    #[test]
    fn a_number_without_an_area_may_be_anywhere_in_the_contiguous_states() {
        for phone in ["+18005550100", "+15005550100", "+12005550100", "+1312555"] {
            let place = place(phone.parse().unwrap());
            assert_eq!(place.known, Known::AnywhereInNanp, "{phone}");
            assert_eq!(place.zones().len(), 4, "{phone}");
        }
    }

    #[test]
    fn every_zone_named_in_the_tables_is_in_the_bundled_database() {
        let areas = AREAS.iter().flatten();
        let countries = ABROAD.iter().flatten().map(|country| &country.place);
        for place in areas.chain(countries) {
            assert_eq!(place.zones().len(), place.names.len(), "{:?}", place.names);
        }
    }

    #[test]
    fn what_the_lead_told_outranks_the_number() {
        let (told, own): (Zone, Zone) = (
            "Pacific/Honolulu".parse().unwrap(),
            "America/Chicago".parse().unwrap(),
        );
        let phone = "+13055550100".parse().unwrap();
        assert_eq!(
            of_lead(Some(&told), None, phone, &own)[0].name(),
            "Pacific/Honolulu"
        );
        assert_eq!(
            of_lead(None, None, phone, &own)[0].name(),
            "America/New_York"
        );
        let home = crate::policy::postcode::place("79901");
        assert_eq!(of_lead(None, home, phone, &own)[0].name(), "America/Denver");
        assert_eq!(
            of_lead(Some(&told), home, phone, &own)[0].name(),
            "Pacific/Honolulu"
        );
        let nowhere = "+80012345678".parse().unwrap();
        assert_eq!(
            of_lead(None, None, nowhere, &own)[0].name(),
            "America/Chicago"
        );
    }

    #[test]
    fn patterns_of_leading_digits_are_spelled_out() {
        assert_eq!(
            prefixes("74576|(?:16|7[56])24"),
            ["74576", "1624", "7524", "7624"]
        );
        assert_eq!(prefixes("7[0-3]"), ["70", "71", "72", "73"]);
        assert!(prefixes("").is_empty());
    }
}
