//! ## What it finds
//!
//! Words of sex, hate, alcohol, firearms and tobacco (S.H.A.F.T.), with vaping, cannabis and CBD.
//!
//! ## Why it matters
//!
//! Such texts need a campaign that is vetted for them and an age check; in any other, carriers block the
//! number (CTIA Messaging Principles).
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: 20% off CBD this week."
//! ```
//!
//! ## Instead
//!
//! A vetted channel with an age check before it, and there:
//!
//! ```yaml
//! allow: [shaft]
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct Shaft;

impl Lint for Shaft {
    fn name(&self) -> &'static str {
        "shaft"
    }

    fn source(&self) -> &'static str {
        include_str!("shaft.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if let Some(phrase) = find(&said.text) {
                report.piece(
                    &said,
                    phrase,
                    format!("`{phrase}` needs a campaign that carriers vetted for it"),
                    "an age-gated subject",
                    "send it on a vetted channel only, and allow it there",
                );
            }
        }
    }
}

const SUBJECTS: [&str; 40] = [
    "sex",
    "sexy",
    "porn",
    "escort",
    "escorts",
    "xxx",
    "alcohol",
    "beer",
    "beers",
    "wine",
    "wines",
    "liquor",
    "vodka",
    "whiskey",
    "whisky",
    "tequila",
    "cocktail",
    "cocktails",
    "gun",
    "guns",
    "rifle",
    "rifles",
    "pistol",
    "firearm",
    "firearms",
    "ammo",
    "ammunition",
    "tobacco",
    "cigarette",
    "cigarettes",
    "cigar",
    "cigars",
    "vape",
    "vapes",
    "vaping",
    "cannabis",
    "marijuana",
    "cbd",
    "thc",
    "kratom",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    prose::first_phrase(text, &SUBJECTS)
}
