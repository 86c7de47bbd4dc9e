//! ## What it finds
//!
//! A text that is plainly in another language than the locale it stands under: Spanish under `en:`, or one
//! English text for all the locales of a flow. English, Spanish, French, German, Portuguese and Italian are
//! known; a text of few words is not judged. The same text under two languages is found by itself.
//!
//! ## Why it matters
//!
//! A lead who is promised their own language and gets another takes the text for a mistake, or for fraud.
//!
//! ## Example
//!
//! ```yaml
//! locales: [en, es]
//! steps:
//!   hello: { say: "Hi, {brand} here. Your quote is ready, and we can call you today. STOP to opt out.", then: end }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! locales: [en, es]
//! steps:
//!   hello:
//!     say:
//!       en: "Hi, {brand} here. Your quote is ready, and we can call you today. STOP to opt out."
//!       es: "Hola, somos {brand}. Su presupuesto está listo, y hoy le podemos llamar. STOP para salir."
//!     then: end
//! ```

use crate::flow::Flow;
use crate::flow::template::Piece;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::language::{self, LANGUAGES};
use crate::lint::prose;
use crate::lint::said::{self, Said};

pub struct LocaleMismatch;

impl Lint for LocaleMismatch {
    fn name(&self) -> &'static str {
        "locale-mismatch"
    }

    fn source(&self) -> &'static str {
        include_str!("locale_mismatch.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let all = said::all(flow, report.brand());
        for said in &all {
            // What a token brings in is in the lead's language, or in none.
            let words: String = said
                .template
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => text.as_str(),
                    Piece::Token(_) => "x",
                })
                .collect();
            let Some(found) = language::detect(&words) else {
                if let Some(twin) = twin(&all, said) {
                    report.text(
                        said,
                        format!(
                            "under `{}` stands the same text as under `{}`",
                            said.locale, twin.locale
                        ),
                        "word for word the same",
                        &format!(
                            "write the text for `{}`, or take the locale out of `locales`",
                            said.locale
                        ),
                    );
                }
                continue;
            };
            let mut locales = said.locales.iter();
            let Some(locale) = locales.find(|locale| differs(locale, found)) else {
                continue;
            };
            report.text(
                said,
                format!("under `{locale}` stands a text in {}", name(found)),
                "another language than a lead of this locale reads",
                &format!("write the text for `{locale}`, or take the locale out of `locales`"),
            );
        }
    }
}

/// The text of another language, written before this one, that says the same word for word. A name or a
/// number may be the same in any language.
fn twin<'a, 'b>(all: &'a [Said<'b>], said: &Said) -> Option<&'a Said<'b>> {
    let words: usize = said.literals().map(|text| prose::words(text).count()).sum();
    let language = |said: &Said| said.locale.split('-').next().map(String::from);
    let earlier = all.iter().take_while(|other| !std::ptr::eq(*other, said));
    earlier.filter(|_| words >= WORDS_SAME).find(|other| {
        other.place == said.place
            && other.template == said.template
            && language(other) != language(said)
    })
}

const WORDS_SAME: usize = 3;

/// Whether a locale is surely another language. One that is not known here may be near to what was found.
fn differs(locale: &str, found: &str) -> bool {
    let language = locale.split('-').next().unwrap_or(locale);
    let known = LANGUAGES.contains(&language);
    language != found && (known || found == "en")
}

fn name(language: &str) -> &str {
    match language {
        "en" => "English",
        "es" => "Spanish",
        "fr" => "French",
        "de" => "German",
        "pt" => "Portuguese",
        "it" => "Italian",
        other => other,
    }
}
