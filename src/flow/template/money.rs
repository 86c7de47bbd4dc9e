//! Numbers and amounts of money as people of a locale read them. Source: Unicode CLDR 48, ISO 4217.

use std::fmt::Write;

use crate::flow::template::locale::{Locale, Numbers, Place};

/// Currencies by the regions whose own they are, and their sign there.
/// The last column is the sign elsewhere, where a bare `$` would name another.
const CURRENCIES: [(&str, &[&str], &str, &str); 16] = [
    ("USD", &["US", "PR", "EC", "SV", "PA"], "$", "US$"),
    (
        "EUR",
        &[
            "AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT",
            "LU", "LV", "MT", "NL", "PT", "SI", "SK",
        ],
        "€",
        "€",
    ),
    ("GBP", &["GB"], "£", "£"),
    ("CAD", &["CA"], "$", "CA$"),
    ("AUD", &["AU"], "$", "A$"),
    ("NZD", &["NZ"], "$", "NZ$"),
    ("MXN", &["MX"], "$", "MX$"),
    ("COP", &["CO"], "$", "COP"),
    ("CLP", &["CL"], "$", "CLP"),
    ("ARS", &["AR"], "$", "ARS"),
    ("BRL", &["BR"], "R$", "R$"),
    ("CHF", &["CH", "LI"], "CHF", "CHF"),
    ("JPY", &["JP"], "¥", "¥"),
    ("INR", &["IN"], "Rs", "Rs"),
    ("PEN", &["PE"], "S/", "S/"),
    ("ZAR", &["ZA"], "R", "R"),
];

/// The currency of an amount that names none, where the workspace is.
fn currency_of(region: &str) -> &'static str {
    let own = CURRENCIES
        .iter()
        .find(|(_, regions, ..)| regions.iter().any(|r| r.eq_ignore_ascii_case(region)));
    own.map_or("USD", |(code, ..)| code)
}

fn sign<'a>(code: &'a str, region: &str) -> &'a str {
    match CURRENCIES.iter().find(|(known, ..)| *known == code) {
        Some((_, regions, own, elsewhere)) => {
            let at_home = regions.iter().any(|r| r.eq_ignore_ascii_case(region));
            if at_home { own } else { elsewhere }
        }
        None => code,
    }
}

/// Writes an amount: whole when it is whole, else with two decimals. `region` is the workspace's.
pub fn write(
    out: &mut String,
    amount: f64,
    currency: Option<&str>,
    locale: Locale<'_>,
    region: &str,
) {
    let code = currency.unwrap_or_else(|| currency_of(region));
    let sign = sign(code, region);
    let numbers = locale.numbers();
    if amount < 0.0 {
        out.push('-');
    }
    match numbers.currency {
        Place::After => {
            digits(out, amount.abs(), numbers);
            out.push(' ');
            out.push_str(sign);
        }
        Place::Before | Place::BeforeApart => {
            out.push_str(sign);
            let letters = sign.ends_with(|c: char| c.is_alphabetic());
            if numbers.currency == Place::BeforeApart || letters {
                out.push(' ');
            }
            digits(out, amount.abs(), numbers);
        }
    }
}

/// The digits of an amount, in groups of three.
fn digits(out: &mut String, amount: f64, numbers: Numbers) {
    let cents = (amount * 100.0).round();
    // Beyond this a float has no cents, and no lead has the money.
    if cents >= 9e15 {
        let _ = write!(out, "{amount}");
        return;
    }
    let cents = cents as u64;
    let whole = (cents / 100).to_string();
    for (i, digit) in whole.chars().enumerate() {
        let left = whole.len() - i;
        if i > 0 && left.is_multiple_of(3) && whole.len() >= numbers.grouped_from {
            out.push(numbers.group);
        }
        out.push(digit);
    }
    if !cents.is_multiple_of(100) {
        let _ = write!(out, "{}{:02}", numbers.decimal, cents % 100);
    }
}

/// Writes a number plainly: no groups, since it may be a year, and no `.0`.
pub fn write_number(out: &mut String, number: f64, locale: Locale<'_>) {
    let start = out.len();
    let _ = write!(out, "{number}");
    if locale.numbers().decimal == ','
        && let Some(point) = out[start..].find('.')
    {
        out.replace_range(start + point..start + point + 1, ",");
    }
}
