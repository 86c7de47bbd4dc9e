//! To which countries texts go. Whoever pumps texts to numbers of theirs abroad, where each costs a hundredfold,
//! is paid by the business: so what is not allowed is refused, answers and all.

use crate::lead::PhoneNumber;
use crate::policy::Region;
use crate::policy::zones::{self, Known};

/// Whether a text may go to a number. No countries at all: to any.
pub fn allow(countries: &[Region], phone: PhoneNumber) -> bool {
    if countries.is_empty() {
        return true;
    }
    if is_premium_in_nanp(phone) {
        return false;
    }
    let place = zones::place(phone);
    match place.region {
        Some(region) => countries.iter().any(|allowed| holds(*allowed, region)),
        // A North American number of no area; but +800, +882 and the like are nobody's country.
        None => {
            place.known == Known::AnywhereInNanp
                && countries.iter().any(|c| matches!(c.country(), "US" | "CA"))
        }
    }
}

/// The territories belong to the United States.
fn holds(allowed: Region, region: Region) -> bool {
    let american = allowed.country() == "US" && allowed.state().is_none();
    region.lies_in(allowed) || (american && region.is_under_us_law())
}

/// 900 numbers: whoever calls or texts them pays.
fn is_premium_in_nanp(phone: PhoneNumber) -> bool {
    phone.digits() / 10_000_000 == 1_900
}

/// The country a number of the business itself stands in.
pub fn own(number: &str) -> Option<Region> {
    let phone: PhoneNumber = number.parse().ok()?;
    let region = zones::place(phone).region?;
    Some(region.whole_country())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_to_the_countries_that_are_allowed_and_to_no_other() {
        let regions = |codes: &[&str]| -> Vec<Region> {
            codes.iter().map(|code| code.parse().unwrap()).collect()
        };
        for (countries, phone, allowed) in [
            (&[][..], "+882161234567", true),
            (&["US"], "+13125550100", true),
            (&["US"], "+17875550100", true),
            (&["US"], "+18005550100", true),
            (&["US"], "+19005550100", false),
            // One country code, and other countries: Jamaica, the British Virgin Islands, Canada.
            (&["US"], "+18765550100", false),
            (&["US"], "+12845550100", false),
            (&["US"], "+14165550100", false),
            (&["US", "CA"], "+14165550100", true),
            (&["US"], "+447700900123", false),
            (&["GB"], "+447700900123", true),
            (&["GB"], "+13125550100", false),
            (&["US", "GB"], "+882161234567", false),
            (&["US-IL"], "+13125550100", true),
            (&["US-IL"], "+12125550100", false),
        ] {
            let phone: PhoneNumber = phone.parse().unwrap();
            assert_eq!(
                allow(&regions(countries), phone),
                allowed,
                "{countries:?} {phone}"
            );
        }
    }
}
