//! How the preferences page looks: one form of plain fields, which needs no script.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::lead::Name;
use crate::policy::chosen::{By, Chosen};
use crate::store::LeadRecord;
use crate::web::preferences::words::Words;

/// What the page shows.
pub struct View<'a> {
    pub words: &'static Words,
    pub brand: &'a str,
    pub contact: Option<&'a str>,
    pub record: &'a LeadRecord,
    pub topics: &'a [(Name, String)],
    pub locales: &'a [Name],
    pub locale: &'a str,
    pub saved: bool,
}

pub fn page(view: &View) -> Response {
    let words = view.words;
    let opted_out = view.record.standing.is_opted_out();
    let main = html! {
        p.brand { (view.brand) }
        h1 { (words.title) }
        @if view.saved { p.saved role="status" { (words.saved) } }
        @if opted_out {
            p.stopped { (words.stopped) }
            form method="post" {
                p.small { (words.agreement(view.brand)) }
                button type="submit" name="do" value="start" { (words.start) }
            }
        } @else {
            p { (words.intro) }
            (choices(view))
            section {
                h2 { (words.stop_title) }
                form method="post" {
                    p.small { (words.stop_help) }
                    button.stop type="submit" name="do" value="stop" { (words.stop) }
                }
            }
        }
        @if let Some(contact) = view.contact { p.small { (contact) } }
    };
    Html(frame(words, &main).into_string()).into_response()
}

/// The one answer to every address that is not a lead's.
pub fn unknown(words: &'static Words) -> Response {
    let main = html! {
        h1 { (words.unknown) }
        p { (words.unknown_help) }
    };
    let page = Html(frame(words, &main).into_string());
    (StatusCode::NOT_FOUND, page).into_response()
}

fn frame(words: &Words, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.locale) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (words.title) }
                link rel="stylesheet" href="/assets/preferences.css";
            }
            body { main { (main) } }
        }
    }
}

fn choices(view: &View) -> Markup {
    let (words, none) = (view.words, Chosen::default());
    let chosen = view.record.care.chosen.as_ref().unwrap_or(&none);
    let hours = chosen.hours();
    let from = hours.map_or(0, |hours| hours.start.minutes());
    let to = hours.map_or(24 * 60, |hours| hours.end.minutes());
    html! {
        form method="post" {
            @if !view.topics.is_empty() {
                fieldset {
                    legend { (words.topics) }
                    @for (name, spoken) in view.topics {
                        label {
                            input type="checkbox" name="topic" value=(name)
                                checked[!chosen.declined.contains(name)];
                            span { (spoken) }
                        }
                    }
                }
            }
            fieldset {
                legend { (words.way) }
                @for (by, said) in [(By::Text, words.by_text), (By::Email, words.by_email)] {
                    label {
                        input type="radio" name="by" value=(by.as_str())
                            checked[chosen.marketing_by == by];
                        span { (said) }
                    }
                }
            }
            @if view.locales.len() > 1 {
                fieldset {
                    legend { (words.language) }
                    @for locale in view.locales {
                        label {
                            input type="radio" name="language" value=(locale)
                                checked[*locale == *view.locale];
                            span lang=(locale) { (language_name(locale)) }
                        }
                    }
                }
            }
            fieldset {
                legend { (words.hours) }
                p.small #hours-help { (words.hours_help) }
                div.hours {
                    (hour("from", words.from, from))
                    (hour("to", words.to, to))
                }
            }
            button type="submit" name="do" value="save" { (words.save) }
        }
    }
}

/// Every full hour of the day, as minutes.
fn hour(name: &str, said: &str, chosen: u16) -> Markup {
    html! {
        label {
            span { (said) }
            select name=(name) aria-describedby="hours-help" {
                @for hour in 0..=24_u16 {
                    option value=(hour * 60) selected[hour * 60 == chosen] {
                        (format!("{hour:02}:00"))
                    }
                }
            }
        }
    }
}

/// A language in itself.
fn language_name(locale: &str) -> &str {
    match locale {
        "en" => "English",
        "es" => "Español",
        "fr" => "Français",
        "de" => "Deutsch",
        "pt" => "Português",
        other => other,
    }
}
