//! How long a text may become: characters that few values pass, by what they are.

use crate::flow::sms_parts::is_gsm7;
use crate::flow::template::render::{Alone, write_formatted, write_plain};
use crate::flow::template::{Format, Source};
use crate::lead::Value;
use crate::time::{Timestamp, Zone};

/// Of whatever `source` brings in, as it is shown where nothing formats it.
pub fn longest(source: &Source) -> usize {
    match source {
        Source::Field(name, kind) => match kind.name() {
            _ if *name == "name" => 20,
            "name" => 20,
            "number" | "time" => 8,
            "money" | "postcode" => 12,
            "phone" | "date" => 16,
            "datetime" => 22,
            "yes_no" => 3,
            "email" | "list" => 40,
            _ => 30,
        },
        Source::Score => 4,
        Source::Locale => 5,
        Source::Agent | Source::Answer(..) => 20,
        Source::Event(_) | Source::Saved(_) | Source::Brand | Source::Link(_) => 30,
        Source::Tags => 40,
        Source::LastReply => 160,
    }
}

/// A moment as `format` shows it in `locale`, at its dearest: of every month with every weekday, the one with a
/// letter that makes a text UCS-2, else the one with the most letters.
pub fn dearest_moment(format: Option<&Format>, locale: &str) -> String {
    let zone = Zone::utc();
    let scope = Alone {
        locale,
        zone: &zone,
    };
    let days = (1..=12).flat_map(|month| (22..29).map(move |day| (month, day)));
    let shown = days.filter_map(|(month, day)| {
        let at = jiff::civil::datetime(2026, month, day, 22, 22, 22, 0);
        let at = at.to_zoned(zone.tz().clone()).ok()?;
        let value = Value::Moment(Timestamp::from_jiff(at.timestamp()));
        let mut shown = String::new();
        match format {
            Some(format) => write_formatted(&value, format, &scope, &mut shown),
            None => write_plain(&value, &scope, &mut shown),
        };
        Some(shown)
    });
    let dear = |shown: &String| (!shown.chars().all(is_gsm7), shown.chars().count());
    shown.max_by_key(dear).unwrap_or_default()
}
