//! Who we talk to: a phone number and what we know of the person behind it.

mod name;
mod phone;
mod value;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

pub use name::Name;
pub use phone::{BUCKETS, PhoneError, PhoneNumber};
pub use value::{Kind, Value};

/// A person and what was told of them. `name` and `email` are fields like any other.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Lead {
    #[n(0)]
    pub phone: PhoneNumber,
    /// BCP 47, such as `es`; `None` when never told.
    #[n(1)]
    pub locale: Option<Name>,
    /// IANA zone as told by the lead or the CRM; outranks what the number suggests.
    #[n(2)]
    pub time_zone: Option<Name>,
    #[n(3)]
    pub tags: Vec<Name>,
    #[n(4)]
    pub fields: BTreeMap<Name, Value>,
}

impl Lead {
    pub fn new(phone: PhoneNumber) -> Self {
        Self {
            phone,
            locale: None,
            time_zone: None,
            tags: Vec::new(),
            fields: BTreeMap::new(),
        }
    }

    pub fn field(&self, name: &str) -> &Value {
        static NOTHING: Value = Value::Nothing;
        self.fields.get(name).unwrap_or(&NOTHING)
    }
}
