//! A region of the world as the law counts them: a country, or a state or province of one.

use std::fmt;
use std::str::FromStr;

/// `US-FL`, `CA-ON`, `GB`: ISO 3166-1 with, in North America, the state's postal code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    country: [u8; 2],
    /// Zeros where the country is all that is known.
    state: [u8; 2],
}

/// Countries whose people United States federal law protects.
const UNDER_US_LAW: [&str; 6] = ["US", "PR", "VI", "GU", "MP", "AS"];

impl Region {
    pub fn country(&self) -> &str {
        std::str::from_utf8(&self.country).unwrap_or_default()
    }

    /// The state or province, where one is known.
    pub fn state(&self) -> Option<&str> {
        (self.state != [0, 0]).then(|| std::str::from_utf8(&self.state).unwrap_or_default())
    }

    /// The country alone.
    pub fn whole_country(&self) -> Region {
        Region {
            state: [0, 0],
            ..*self
        }
    }

    /// Whether `self` is `other` or a part of it: `US-FL` lies in `US`.
    pub fn lies_in(&self, other: Region) -> bool {
        self.country == other.country && (other.state == [0, 0] || self.state == other.state)
    }

    /// The fifty states, the District of Columbia and the territories.
    pub fn is_under_us_law(&self) -> bool {
        UNDER_US_LAW.contains(&self.country())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.country())?;
        match self.state() {
            Some(state) => write!(f, "-{state}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a region such as GB or US-FL")]
pub struct RegionError(pub String);

impl FromStr for Region {
    type Err = RegionError;
    fn from_str(s: &str) -> Result<Self, RegionError> {
        let code = |text: &str| -> Option<[u8; 2]> {
            let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
            letters
                .iter()
                .all(u8::is_ascii_alphabetic)
                .then(|| letters.map(|b| b.to_ascii_uppercase()))
        };
        let (country, state) = match s.split_once('-') {
            Some((country, state)) => (code(country), code(state)),
            None => (code(s), Some([0, 0])),
        };
        match (country, state) {
            (Some(country), Some(state)) => Ok(Region { country, state }),
            _ => Err(RegionError(s.to_string())),
        }
    }
}
