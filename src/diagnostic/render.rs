//! Diagnostics for people, in the look of rustc.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Level, Source};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

/// All of them, an empty line after each. A file that is not among `sources` is named without its
/// lines.
pub fn render(diagnostics: &[Diagnostic], sources: &[Source], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&[group(diagnostic, sources)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a [Source]) -> Group<'a> {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let source = sources.iter().find(|source| source.file == diagnostic.file);
    let text = source.map_or("", |source| source.text.as_str());
    let range = |span: crate::diagnostic::Span| {
        let start = boundary(text, span.start as usize);
        start..boundary(text, span.end as usize).max(start)
    };
    let primary = AnnotationKind::Primary.span(range(diagnostic.span));
    let primary = match diagnostic.label.as_str() {
        "" => primary,
        label => primary.label(label),
    };
    let mut snippet = Snippet::source(text)
        .path(diagnostic.file.as_str())
        .annotation(primary);
    for (span, label) in &diagnostic.also {
        let context = AnnotationKind::Context.span(range(*span));
        snippet = snippet.annotation(context.label(label.as_str()));
    }
    let group = title.element(snippet);
    match &diagnostic.help {
        Some(help) => group.element(Shown::HELP.message(help.as_str())),
        None => group,
    }
}

/// The offset, moved back into the text and to the start of a character.
fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
