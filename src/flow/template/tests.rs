//! Texts as authors write them, right and wrong.

use std::collections::BTreeMap;

use crate::flow::template::{
    AnswerKind, AnswerName, Format, Names, Piece, Source, Template, Text, parse,
};
use crate::flow::{Field, StepIx};
use crate::lead::{Kind, Name};

fn literal(text: &str) -> Template {
    Template {
        pieces: vec![Piece::Literal(text.to_string())],
    }
}

/// The names of a flow much like the one of the language's first page.
pub fn names() -> Names {
    let field = |kind, optional, fallback: Option<[&str; 2]>| Field {
        kind,
        optional,
        fallback: fallback.map(|texts| Text(texts.iter().map(|t| literal(t)).collect())),
    };
    let answer = |ix, kind, certain| AnswerName {
        step: StepIx(ix),
        kind,
        certain,
    };
    let options = ["yes", "later"].map(Name::from).to_vec();
    Names {
        locales: vec!["en".into(), "es".into()],
        fields: BTreeMap::from([
            (
                "name".into(),
                field(Kind::Name, true, Some(["there", "amigo"])),
            ),
            ("model".into(), field(Kind::Text, false, None)),
            ("email".into(), field(Kind::Email, true, None)),
            ("price".into(), field(Kind::Money, false, None)),
            ("appointment_at".into(), field(Kind::DateTime, true, None)),
            ("day".into(), field(Kind::Date, false, None)),
            ("at".into(), field(Kind::Time, false, None)),
            ("vip".into(), field(Kind::YesNo, true, None)),
        ]),
        answers: BTreeMap::from([
            (
                "timing".into(),
                answer(0, AnswerKind::Options(options), true),
            ),
            (
                "budget".into(),
                answer(1, AnswerKind::Value(Kind::Money), false),
            ),
            (
                "check.budget".into(),
                answer(2, AnswerKind::Value(Kind::Number), true),
            ),
        ]),
        links: ["map".into()].into(),
        saved: ["stock".into()].into(),
        event: true,
        ..Names::default()
    }
}

/// The problems of a text as `code at..what: help`.
fn problems(text: &str, names: &Names) -> Vec<String> {
    let (_, problems) = parse(text, names);
    problems
        .iter()
        .map(|p| format!("{} {}", p.code, &text[p.range.clone()]))
        .collect()
}

#[test]
fn each_mistake_is_named_at_its_place() {
    let names = names();
    for (text, expected) in [
        ("Hi {name}, {brand} has your {model}.", &[][..]),
        ("Hi {nmae}", &["E0401 nmae"]),
        ("{timing}", &["E0401 timing"]),
        ("{answers.check.bugdet}", &["E0401 answers.check.bugdet"]),
        ("{tags}", &["E0401 tags"]),
        ("{agent}", &["E0401 agent"]),
        ("{link.mop}", &["E0401 link.mop"]),
        ("Hi {name", &["E0402 {"]),
        ("Hi name}", &["E0402 }"]),
        ("Hi {name, your {model}", &["E0402 {"]),
        ("{}", &["E0403 {}"]),
        ("{ |there}", &["E0403 { |there}"]),
        ("{name:titel}", &["E0404 titel"]),
        ("{day:dd/mm/yyyy}", &["E0405 mm"]),
        ("{day:YYYY}", &["E0405 YYYY"]),
        ("Hi {email}", &["E0406 email"]),
        ("{answers.budget}", &["E0406 answers.budget"]),
        ("{event.total}", &["E0406 event.total"]),
        ("{saved.stock}", &["E0406 saved.stock"]),
        ("Hi {name|},", &["E0407 |"]),
        ("Hi {name| },", &["E0407 | "]),
        ("Hi {name|{model}}!", &["E0407 {model}"]),
        ("{price:h:mm a}", &["E0408 h:mm a"]),
        ("{vip:money|x}", &["E0408 money"]),
        ("{day:h:mm a}", &["E0408 h:mm a"]),
        ("{a} {b}", &["E0401 a", "E0401 b"]),
        ("{{name}} {{", &[]),
        ("{ name }, {lead.name}", &[]),
        ("{appointment_at:EEE d MMM, h:mm a|soon}", &[]),
        ("{answers.timing} {answers.check.budget}", &[]),
        (
            "{name:title|friend} {phone} {link.map} {score} {last_reply}",
            &[],
        ),
    ] {
        assert_eq!(problems(text, &names), expected, "{text:?}");
    }
}

#[test]
fn the_help_names_what_was_meant() {
    let names = names();
    for (text, help) in [
        ("{nmae}", "did you mean `{name}`?"),
        ("{timing}", "did you mean `{answers.timing}`?"),
        ("{map}", "did you mean `{link.map}`?"),
        ("{answers.model}", "did you mean `{model}`?"),
        (
            "{city}",
            "declare it under `lead:`, such as `city: { type: text }`",
        ),
        ("{name:titel}", "did you mean `:title`?"),
        (
            "{email}",
            "write what to say instead, such as `{email|…}`, or give `email` a `fallback` \
                     under `lead:`",
        ),
    ] {
        let (_, problems) = parse(text, &names);
        assert_eq!(problems[0].help.as_deref(), Some(help), "{text}");
    }
}

#[test]
fn a_token_keeps_its_source_format_and_fallback() {
    let mut names = names();
    names.locale_ix = 1;
    let token = |text: &str| match &parse(text, &names).0.pieces[..] {
        [Piece::Token(token)] => token.clone(),
        other => panic!("{text}: {other:?}"),
    };
    let said = |text: &str| Some(vec![Piece::Literal(text.to_string())]);

    let name = token("{name}");
    assert_eq!(name.source, Source::Field("name".into(), Kind::Name));
    assert_eq!(
        name.fallback,
        said("amigo"),
        "the field's own, in the text's locale"
    );
    assert_eq!(token("{name|tú | o él}").fallback, said("tú | o él"));
    let at = token("{appointment_at:h:mm a|soon}");
    assert_eq!(at.format, Some(Format::Date("h:mm a".into())));
    assert_eq!(at.fallback, said("soon"));
    let longest = token("{answers.check.budget}");
    assert_eq!(
        longest.source,
        Source::Answer(StepIx(2), "check.budget".into())
    );
    assert_eq!(longest.fallback, None);
}
