//! Over which time figures are told, and the choice of it.

use maud::{Markup, html};

use crate::time::{Duration, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Period {
    Week,
    Month,
    Quarter,
    #[default]
    All,
}

impl Period {
    pub const EACH: [Period; 4] = [Period::Week, Period::Month, Period::Quarter, Period::All];

    /// In an address; one that is not known is all of time.
    pub fn of(word: &str) -> Self {
        let known = Period::EACH.into_iter().find(|it| it.word() == word);
        known.unwrap_or_default()
    }

    pub fn word(self) -> &'static str {
        match self {
            Period::Week => "7d",
            Period::Month => "30d",
            Period::Quarter => "90d",
            Period::All => "all",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Period::Week => "7 days",
            Period::Month => "30 days",
            Period::Quarter => "90 days",
            Period::All => "All time",
        }
    }

    pub fn days(self) -> Option<i64> {
        match self {
            Period::Week => Some(7),
            Period::Month => Some(30),
            Period::Quarter => Some(90),
            Period::All => None,
        }
    }

    pub fn since(self, now: Timestamp) -> Option<Timestamp> {
        self.days().map(|days| now - Duration::days(days))
    }

    /// The choice; `address` makes the page's address for each.
    pub fn choice(self, address: impl Fn(Period) -> String) -> Markup {
        html! {
            nav.tabs aria-label="Period" {
                @for period in Period::EACH {
                    a href=(address(period)) aria-current=[(period == self).then_some("true")] { (period.name()) }
                }
            }
        }
    }
}
