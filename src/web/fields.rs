//! Reading what a caller sent: JSON members by name, each mistake named by its pointer (RFC 6901).

use axum::body::Bytes;
use serde_json::{Map, Value as Json};

use crate::lead::{Name, PhoneNumber, Value};
use crate::runtime::perform::value_of;
use crate::time::{Timestamp, Zone};
use crate::web::error::Problem;

/// Most members of an object that leads' fields are read from.
const MEMBERS_MAX: usize = 100;
const TEXT_LEN_MAX: usize = 4_000;
const NAME_LEN_MAX: usize = 100;

/// An object of the body, and where it stands in it.
pub struct Fields<'j> {
    members: &'j Map<String, Json>,
    at: String,
}

/// The body as JSON; an empty one counts as `{}`.
pub fn body(bytes: &Bytes) -> Result<Json, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Json::Object(Map::new()));
    }
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON: {error}")))?;
    match json {
        Json::Object(_) => Ok(json),
        _ => Err(Problem::bad_request("the body is not a JSON object")),
    }
}

impl<'j> Fields<'j> {
    pub fn of(json: &'j Json) -> Result<Self, Problem> {
        Self::at(json, String::new())
    }

    fn at(json: &'j Json, at: String) -> Result<Self, Problem> {
        match json {
            Json::Object(members) if members.len() > MEMBERS_MAX => Err(Problem::field(
                &at,
                format!("has more than {MEMBERS_MAX} members"),
            )),
            Json::Object(members) => Ok(Self { members, at }),
            _ => Err(Problem::field(&at, "must be an object")),
        }
    }

    pub fn pointer(&self, name: &str) -> String {
        format!("{}/{}", self.at, name.replace('~', "~0").replace('/', "~1"))
    }

    fn wrong(&self, name: &str, why: impl Into<String>) -> Problem {
        Problem::field(&self.pointer(name), why)
    }

    pub fn missing(&self, name: &str) -> Problem {
        self.wrong(name, "is missing").with("field", name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.json(name).is_some()
    }

    fn json(&self, name: &str) -> Option<&'j Json> {
        self.members.get(name).filter(|json| !json.is_null())
    }

    pub fn text(&self, name: &str) -> Result<Option<&'j str>, Problem> {
        match self.json(name) {
            None => Ok(None),
            Some(Json::String(text)) if text.len() > TEXT_LEN_MAX => {
                Err(self.wrong(name, format!("is over {TEXT_LEN_MAX} bytes")))
            }
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    pub fn required_text(&self, name: &str) -> Result<&'j str, Problem> {
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| self.missing(name))
    }

    /// A short word that names something.
    pub fn name(&self, name: &str) -> Result<Option<Name>, Problem> {
        match self.text(name)?.map(str::trim) {
            None | Some("") => Ok(None),
            Some(word) if word.len() > NAME_LEN_MAX => {
                Err(self.wrong(name, format!("is over {NAME_LEN_MAX} bytes")))
            }
            Some(word) => Ok(Some(Name::from(word))),
        }
    }

    pub fn required_name(&self, name: &str) -> Result<Name, Problem> {
        self.name(name)?.ok_or_else(|| self.missing(name))
    }

    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.text(name)?
            .map(|text| {
                text.parse().map_err(|_| {
                    self.wrong(name, "must be a time as in RFC 3339: 2026-11-23T14:00:00Z")
                })
            })
            .transpose()
    }

    pub fn number(&self, name: &str) -> Result<Option<f64>, Problem> {
        match self.json(name) {
            None => Ok(None),
            Some(Json::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(self.wrong(name, "must be a number")),
        }
    }

    /// One of `words`.
    pub fn one_of<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(word) = self.text(name)? else {
            return Ok(None);
        };
        match words.iter().find(|(known, _)| *known == word) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(self.wrong(name, format!("must be one of {}", known.join(", "))))
            }
        }
    }

    /// A number in E.164, or as people write it in `region`.
    pub fn phone(&self, name: &str, region: &str) -> Result<PhoneNumber, Problem> {
        let text = self.required_text(name)?;
        PhoneNumber::parse_loose(text, region).map_err(|_| {
            self.wrong(
                name,
                "is not a phone number; write it with its country: +13125550100",
            )
        })
    }

    pub fn object(&self, name: &str) -> Result<Option<Fields<'j>>, Problem> {
        self.json(name)
            .map(|json| Fields::at(json, self.pointer(name)))
            .transpose()
    }

    pub fn names(&self, name: &str) -> Result<Option<Vec<Name>>, Problem> {
        let Some(json) = self.json(name) else {
            return Ok(None);
        };
        let wrong = || {
            self.wrong(
                name,
                format!("must be a list of at most {MEMBERS_MAX} words"),
            )
        };
        let items = json.as_array().filter(|items| items.len() <= MEMBERS_MAX);
        items
            .ok_or_else(wrong)?
            .iter()
            .map(|item| {
                let word = item.as_str().filter(|word| word.len() <= NAME_LEN_MAX);
                word.map(Name::from).ok_or_else(wrong)
            })
            .collect::<Result<Vec<Name>, Problem>>()
            .map(Some)
    }

    /// An IANA zone.
    pub fn zone(&self, name: &str) -> Result<Option<Name>, Problem> {
        let Some(zone) = self.name(name)? else {
            return Ok(None);
        };
        match zone.parse::<Zone>() {
            Ok(_) => Ok(Some(zone)),
            Err(_) => Err(self.wrong(name, "is not a time zone such as America/Chicago")),
        }
    }

    /// Every member as a value of ours; `null` takes a field away.
    pub fn values(&self) -> Result<Vec<(Name, Value)>, Problem> {
        self.members
            .iter()
            .map(|(name, json)| {
                if name.is_empty() || name.len() > NAME_LEN_MAX {
                    return Err(Problem::field(
                        &self.at,
                        "has a name that is empty or too long",
                    ));
                }
                if json.as_str().is_some_and(|text| text.len() > TEXT_LEN_MAX) {
                    return Err(self.wrong(name, format!("is over {TEXT_LEN_MAX} bytes")));
                }
                if json.is_object() {
                    return Err(self.wrong(name, "must be a text, a number or a list of texts"));
                }
                Ok((Name::from(name.as_str()), value_of(json)))
            })
            .collect()
    }
}

/// A number from an address or a query, where an unescaped `+` came as a blank.
pub fn phone_in_url(text: &str, region: &str) -> Option<PhoneNumber> {
    let text = text.trim();
    let with_plus = format!("+{}", text.trim_start_matches('+'));
    let digits = text.trim_start_matches('+').bytes();
    let plain = digits.len() >= 10 && digits.clone().all(|byte| byte.is_ascii_digit());
    PhoneNumber::parse_loose(text, region)
        .ok()
        .or_else(|| plain.then(|| with_plus.parse().ok()).flatten())
}
