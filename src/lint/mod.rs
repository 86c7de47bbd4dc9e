//! Warnings: what is legal in a flow but regrettable. One file a lint, its module docs what
//! `replytree explain` prints; its name reads well after `allow:`, which silences it for a flow or a
//! step. A lint reads a compiled flow and points at places in it; it refuses to know how the flow was
//! parsed and how warnings are shown.

mod address;
mod language;
mod paths;
mod prose;
mod report;
mod said;

mod all_caps;
mod ambiguous_date;
mod anytime_answer;
mod ascii_art;
mod brand_in_first;
mod colour_or_shape;
mod doubled_braces;
mod emoji_count;
mod exclamation;
mod experiment_too_small;
mod first_question_not_binary;
mod handoff_without_unclaimed;
mod health_detail;
mod high_risk_finance;
mod link_bare;
mod link_https;
mod link_not_brand_domain;
mod locale_mismatch;
mod long_silence;
mod many_questions;
mod many_redirects;
mod message_too_long;
mod odd_name_token;
mod question_count;
mod reading_grade;
mod reask_limit;
mod remind_stop;
mod sentence_length;
mod shaft;
mod time_pressure;
mod ucs2_by_accident;
mod untested_answers;
mod urgency_without_expiry;
mod url_count;

#[cfg(test)]
mod tests;

pub use report::{Known, Report, Uncovered};

use crate::diagnostic::Diagnostic;
use crate::flow::Flow;

/// One thing worth a warning.
pub trait Lint: Sync {
    /// As written after `allow:`, and as a diagnostic's code.
    fn name(&self) -> &'static str;

    /// The source of its own file, whose module docs explain it.
    fn source(&self) -> &'static str;

    fn run(&self, flow: &Flow, report: &mut Report);
}

/// Every lint, by name.
pub const ALL: [&dyn Lint; 34] = [
    &all_caps::AllCaps,
    &ambiguous_date::AmbiguousDate,
    &anytime_answer::AnytimeAnswer,
    &ascii_art::AsciiArt,
    &brand_in_first::BrandInFirst,
    &colour_or_shape::ColourOrShape,
    &doubled_braces::DoubledBraces,
    &emoji_count::EmojiCount,
    &exclamation::Exclamation,
    &experiment_too_small::ExperimentTooSmall,
    &first_question_not_binary::FirstQuestionNotBinary,
    &handoff_without_unclaimed::HandoffWithoutUnclaimed,
    &health_detail::HealthDetail,
    &high_risk_finance::HighRiskFinance,
    &link_bare::LinkBare,
    &link_https::LinkHttps,
    &link_not_brand_domain::LinkNotBrandDomain,
    &locale_mismatch::LocaleMismatch,
    &long_silence::LongSilence,
    &many_questions::ManyQuestions,
    &many_redirects::ManyRedirects,
    &message_too_long::MessageTooLong,
    &odd_name_token::OddNameToken,
    &question_count::QuestionCount,
    &reading_grade::ReadingGrade,
    &reask_limit::ReaskLimit,
    &remind_stop::RemindStop,
    &sentence_length::SentenceLength,
    &shaft::Shaft,
    &time_pressure::TimePressure,
    &ucs2_by_accident::Ucs2ByAccident,
    &untested_answers::UntestedAnswers,
    &urgency_without_expiry::UrgencyWithoutExpiry,
    &url_count::UrlCount,
];

/// All warnings of one flow, in the order of its file.
pub fn run(flow: &Flow, known: &Known) -> Vec<Diagnostic> {
    let mut report = Report::new(flow, known);
    for lint in ALL {
        report.begin(lint.name());
        lint.run(flow, &mut report);
    }
    report.finish()
}

/// The lint of this name.
pub fn find(name: &str) -> Option<&'static dyn Lint> {
    ALL.into_iter().find(|lint| lint.name() == name)
}

/// What `replytree explain NAME` prints of the lint of this name: Markdown with what it finds, why it
/// matters, an example, and what to write instead.
pub fn explain(name: &str) -> Option<String> {
    let lint = find(name)?;
    let docs = lint
        .source()
        .lines()
        .map_while(|line| line.strip_prefix("//!"));
    let text: Vec<&str> = docs
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(format!("# {}\n\n{}\n", lint.name(), text.join("\n")))
}
