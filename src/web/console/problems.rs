//! Diagnostics as a page shows them: the line of the file, the piece that is wrong marked in it.

use maud::{Markup, html};

use crate::diagnostic::Diagnostic;

pub fn show(problems: &[&Diagnostic], sources: &[(String, String)]) -> Markup {
    html! {
        ul.problems {
            @for problem in problems {
                @let source = sources.iter().find(|(file, _)| *file == problem.file);
                li.problem.error[problem.is_error()].warning[!problem.is_error()] {
                    p.problem-head { code { (problem.code) } " " (problem.message) }
                    @if let Some((_, text)) = source { (excerpt(problem, text)) }
                    @if let Some(help) = &problem.help { p.help { (help) } }
                }
            }
        }
    }
}

fn excerpt(problem: &Diagnostic, text: &str) -> Markup {
    let range = problem.span.range();
    let start = floor(text, range.start);
    let begins = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let ends = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let stop = floor(text, range.end).clamp(start, ends);
    let line = text[..begins].matches('\n').count() + 1;
    html! {
        p.place { (problem.file) ":" (line) ":" (text[begins..start].chars().count() + 1) }
        pre { code {
            (&text[begins..start]) mark { (&text[start..stop]) } (&text[stop..ends])
        } }
    }
}

/// The nearest boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
