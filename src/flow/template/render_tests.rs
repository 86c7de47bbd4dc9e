//! What a lead reads, by locale and region.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::flow::template::tests::names;
use crate::flow::template::{Names, Scope, Source, parse};
use crate::lead::Value;
use crate::time::Zone;

/// A lead for tests: values by the name a token or condition gives them.
pub struct Lead {
    pub values: BTreeMap<String, Value>,
    pub zone: Zone,
    pub locale: &'static str,
    pub region: &'static str,
}

impl Lead {
    pub fn new(values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self {
            values: values
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            zone: "America/Chicago".parse().unwrap(),
            locale: "en",
            region: "US",
        }
    }

    fn reading(locale: &'static str, region: &'static str) -> Self {
        Self {
            locale,
            region,
            ..Self::new([])
        }
    }
}

impl Scope for Lead {
    fn get(&self, source: &Source) -> Cow<'_, Value> {
        match self.values.get(&source.to_string()) {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(Value::Nothing),
        }
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn locale(&self) -> &str {
        self.locale
    }

    fn region(&self) -> &str {
        self.region
    }
}

/// 2026-11-24T21:00Z, which is 3 p.m. in Chicago.
fn moment() -> Value {
    Value::Moment("2026-11-24T21:00:00Z".parse().unwrap())
}

/// `token`, which must be right, as said to `lead`.
fn said(token: &str, lead: &Lead) -> String {
    let (template, problems) = parse(token, &names());
    assert_eq!(problems, [], "{token}");
    template.rendered(lead)
}

#[test]
fn a_value_is_said_as_the_locale_shows_it() {
    let money = || Value::Money(24900.0, None);
    let euro = || Value::Money(24900.5, Some("EUR".into()));
    let dollars = || Value::Money(4900.0, Some("USD".into()));
    let rows: [(&'static str, &'static str, [&str; 3], &str, &str); 11] = [
        (
            "en",
            "US",
            ["$24,900", "€24,900.50", "$4,900"],
            "Tue 24 Nov, 3:00 PM",
            "yes",
        ),
        (
            "en",
            "GB",
            ["£24,900", "€24,900.50", "US$4,900"],
            "Tue 24 Nov, 15:00",
            "yes",
        ),
        (
            "es",
            "US",
            ["$24,900", "€24,900.50", "$4,900"],
            "mar 24 nov, 3:00 p.m.",
            "sí",
        ),
        (
            "es",
            "ES",
            ["24.900 €", "24.900,50 €", "4900 US$"],
            "mar 24 nov, 15:00",
            "sí",
        ),
        (
            "es-MX",
            "US",
            ["$24,900", "€24,900.50", "$4,900"],
            "mar 24 nov, 3:00 p.m.",
            "sí",
        ),
        (
            "fr",
            "FR",
            ["24 900 €", "24 900,50 €", "4 900 US$"],
            "mar 24 nov, 15:00",
            "oui",
        ),
        (
            "fr",
            "CA",
            ["24 900 $", "24 900,50 €", "4 900 US$"],
            "mar 24 nov, 15:00",
            "oui",
        ),
        (
            "de",
            "DE",
            ["24.900 €", "24.900,50 €", "4.900 US$"],
            "Di 24. Nov, 15:00",
            "ja",
        ),
        (
            "de",
            "CH",
            ["CHF 24'900", "€ 24'900.50", "US$ 4'900"],
            "Di 24. Nov, 15:00",
            "ja",
        ),
        (
            "pt",
            "BR",
            ["R$ 24.900", "€ 24.900,50", "US$ 4.900"],
            "ter 24 de nov, 15:00",
            "sim",
        ),
        (
            "pt",
            "PT",
            ["24 900 €", "24 900,50 €", "4900 US$"],
            "ter 24 de nov, 15:00",
            "sim",
        ),
    ];
    for (locale, region, amounts, at, yes) in rows {
        let mut lead = Lead::reading(locale, region);
        let mut check = |value, expected: &str| {
            lead.values.insert("event.x".into(), value);
            assert_eq!(said("{event.x|-}", &lead), expected, "{locale} in {region}");
        };
        check(money(), amounts[0]);
        check(euro(), amounts[1]);
        check(dollars(), amounts[2]);
        check(moment(), at);
        check(Value::Bool(true), yes);
    }
}

#[test]
fn plain_values_are_said_plainly() {
    for (value, expected) in [
        (Value::Number(7.0), "7"),
        (Value::Number(2.5), "2.5"),
        (Value::Number(2026.0), "2026"),
        (Value::Number(-3.0), "-3"),
        (Value::text("  two\nlines "), "two lines"),
        (Value::text("{brand} {{"), "{brand} {{"),
        (Value::List(vec!["a".into(), "b".into()]), "a, b"),
        (Value::Date("2026-11-24".into()), "Tue 24 Nov"),
        (Value::Time("15:30".into()), "3:30 PM"),
        (Value::Bool(false), "no"),
        (Value::Money(-12.3, None), "-$12.30"),
        (Value::Money(999.999, None), "$1,000"),
        (Value::Money(10.0, Some("SEK".into())), "SEK 10"),
        (Value::Nothing, "-"),
        (Value::text(" "), "-"),
        (Value::text("null"), "-"),
        (Value::text("None"), "None"),
    ] {
        let lead = Lead::new([("event.x", value.clone())]);
        assert_eq!(said("{event.x|-}", &lead), expected, "{value:?}");
    }
}

#[test]
fn date_patterns_show_the_leads_wall_in_the_leads_words() {
    for (locale, pattern, expected) in [
        ("en", "EEE d MMM, h:mm a", "Tue 24 Nov, 3:00 PM"),
        ("en", "EEEE, MMMM d yyyy", "Tuesday, November 24 2026"),
        ("en", "HH:mm:ss z", "15:00:00 CST"),
        ("en", "MM/dd/yy", "11/24/26"),
        ("en", "h 'o''clock'", "3 o'clock"),
        ("es", "EEEE d 'de' MMMM", "martes 24 de noviembre"),
        ("fr", "EEEE d MMMM 'à' H'h'mm", "mardi 24 novembre à 15h00"),
        ("de", "EEEE, d. MMMM", "Dienstag, 24. November"),
        ("pt", "EEEE, d 'de' MMMM", "terça-feira, 24 de novembro"),
        ("pl", "EEEE", "Tuesday"),
    ] {
        let mut lead = Lead::reading(locale, "US");
        lead.values.insert("event.at".into(), moment());
        let token = format!("{{event.at:{pattern}|soon}}");
        assert_eq!(said(&token, &lead), expected, "{locale} {pattern}");
    }
}

#[test]
fn a_text_that_spells_out_a_day_or_moment_counts_as_one() {
    for (text, pattern, expected) in [
        ("2026-11-24T21:00:00Z", "h:mm a", "3:00 PM"),
        ("2026-11-24T09:30:00-05:00", "h:mm a", "8:30 AM"),
        ("2026-11-24T09:30", "h:mm a", "9:30 AM"),
        ("2026-11-24 00:30", "h:mm a", "12:30 AM"),
        ("2026-11-24", "EEE", "Tue"),
        ("12:05", "h:mm a", "12:05 PM"),
        ("2026-11-24", "h:mm a", "soon"),
        // What is known is shown, and the signs beside what is not go with it.
        ("2026-11-24", "EEE h:mm a", "Tue"),
        ("2026-11-24", "EEE d MMM 'at' h:mm a", "Tue 24 Nov"),
        ("15:30", "EEE d MMM, h:mm a", "3:30 PM"),
        ("15:30", "EEE H'h'mm", "15h30"),
        ("tomorrow", "EEE", "soon"),
        ("24", "EEE", "soon"),
    ] {
        let lead = Lead::new([("event.at", Value::text(text))]);
        let token = format!("{{event.at:{pattern}|soon}}");
        assert_eq!(said(&token, &lead), expected, "{text} {pattern}");
    }
}

#[test]
fn a_name_that_is_none_gives_way_to_the_fallback() {
    for (name, token, expected) in [
        ("Ada", "Hi {name}", "Hi Ada"),
        ("ADA", "Hi {name}", "Hi there"),
        ("TJ", "Hi {name}", "Hi TJ"),
        ("Northside Holdings Limited", "Hi {name:title}", "Hi there"),
        ("test", "Hi {name}", "Hi there"),
        ("Dana 2", "Hi {name}", "Hi there"),
        ("ADA", "Hi {name:title}", "Hi Ada"),
        ("ada", "Hi {name:upper}", "Hi ADA"),
        ("ADA", "Hi {name:lower}", "Hi ada"),
        ("null", "Hi {name}", "Hi there"),
        ("N/A", "Hi {name:title|friend}", "Hi friend"),
        ("ada@example.com", "Hi {name}", "Hi there"),
        ("555 0100", "Hi {name}", "Hi there"),
    ] {
        let lead = Lead::new([("name", Value::text(name))]);
        assert_eq!(said(token, &lead), expected, "{name}");
    }
}

#[test]
fn one_token_alone_keeps_its_type() {
    let lead = Lead::new([("event.n", Value::Number(5.0))]);
    let value = |text: &str| parse(text, &names()).0.value(&lead);
    assert_eq!(value("{event.n|0}"), Value::Number(5.0));
    assert_eq!(value("{event.m|0}"), Value::text("0"));
    assert_eq!(value("n{event.n|0}"), Value::text("n5"));
}

proptest! {
    #[test]
    fn any_text_is_read_without_harm(text in "[a-z{}|:. 'é-]{0,40}") {
        let (template, _) = parse(&text, &names());
        let _ = template.rendered(&Lead::new([]));
    }

    #[test]
    fn a_text_with_its_braces_doubled_is_said_as_it_was(text in "\\PC{0,40}") {
        let doubled = text.replace('{', "{{").replace('}', "}}");
        let (template, problems) = parse(&doubled, &Names::default());
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(template.rendered(&Lead::new([])), text);
    }

    #[test]
    fn any_condition_is_read_without_harm(
        text in "(timing|score|'a'|==|[a-z<>=!()\\[\\],+.' é\"0-9-]| and | or | not | in ){0,20}"
    ) {
        let names = names();
        let (expr, problems) = crate::flow::condition::parse(&text, &names);
        expr.holds(&Lead::new([]));
        if problems.is_empty() {
            let again = crate::flow::condition::parse(&expr.to_string(), &names);
            prop_assert_eq!(again.0.to_string(), expr.to_string());
        }
    }

    #[test]
    fn any_name_is_titled_without_harm(text in "\\PC{0,20}") {
        let mut out = String::new();
        super::person::write_title(&mut out, &text);
        super::person::is_person(&text);
    }
}
