//! Conditions as authors write them, right and wrong.

use crate::flow::condition::{Type, kind_of, parse};
use crate::flow::template::Names;
use crate::flow::template::render_tests::Lead;
use crate::lead::Value;

fn names() -> Names {
    let mut names = crate::flow::template::tests::names();
    let workspace = Names {
        any_field: true,
        ..Names::default()
    };
    let (hot, problems) = parse("lifecycle == 'hot' and company", &workspace);
    assert_eq!(problems, []);
    names.segments.insert("hot-b2b".into(), hot);
    names
}

#[test]
fn each_mistake_is_named_at_its_place() {
    let names = names();
    for (text, expected) in [
        ("score >= 50 and answers.budget >= 20000", &[][..]),
        ("timing == 'yes'", &[]),
        ("timing in ['yes', 'later']", &[]),
        ("timing not in ('later')", &[]),
        ("'vip' in tags or locale == 'es'", &[]),
        ("segment.hot-b2b and not (vip == 'yes')", &[]),
        ("vip or email or event.total > 50.5", &[]),
        ("day >= '2026-12-24' and at < '15:30'", &[]),
        ("appointment_at < '2026-12-24T10:00:00Z'", &[]),
        ("appointment_at >= '2026-12-24'", &[]),
        ("price + 100 > check.budget", &[]),
        ("model == “Roadster”", &[]),
        ("event.plan == 'gold' and saved.stock", &[]),
        ("", &["E0501 "]),
        ("score >=", &["E0501 "]),
        ("(score > 5", &["E0501 ("]),
        ("score > 5)", &["E0501 )"]),
        ("score > 5 && vip", &["E0501 &&"]),
        ("!vip", &["E0501 !"]),
        ("1 < score < 5", &["E0501 <"]),
        ("timing == 'yes", &["E0501 'yes"]),
        ("score > 5 vip", &["E0501 vip"]),
        ("score > $500", &["E0501 $"]),
        ("score > 25k", &["E0501 25k"]),
        ("timming == 'yes'", &["E0502 timming"]),
        ("answers.bugdet > 5", &["E0502 answers.bugdet"]),
        ("segment.hot-b2c", &["E0502 segment.hot-b2c"]),
        ("budget > 5 and colour", &["E0502 colour"]),
        ("budget >= 'lots'", &["E0503 budget >= 'lots'"]),
        ("price == model", &["E0503 price == model"]),
        ("model > 'A'", &["E0503 model > 'A'"]),
        ("timing > 5", &["E0503 timing > 5"]),
        ("day > '24/12/2026'", &["E0503 day > '24/12/2026'"]),
        ("tags == 'vip'", &["E0503 tags == 'vip'"]),
        ("5 in tags", &["E0503 5 in tags"]),
        ("timing + 5 > 6", &["E0503 timing + 5"]),
        ("timing == 'yess'", &["E0504 'yess'"]),
        ("timing in ['yes', 'never']", &["E0504 'never'"]),
        ("locale == 'fr'", &["E0504 'fr'"]),
        ("timing = 'yes'", &["E0505 ="]),
        ("timing == yes", &["E0506 yes"]),
        ("model == roadster", &["E0506 roadster"]),
        ("timing == 'yes' or 'later'", &["E0508 'later'"]),
        ("score and vip", &["E0508 score"]),
        ("nobody > 5 and nothing", &["E0506 nobody", "E0502 nothing"]),
    ] {
        let (_, problems) = parse(text, &names);
        let told: Vec<String> = problems
            .iter()
            .map(|p| format!("{} {}", p.code, &text[p.range.clone()]))
            .collect();
        assert_eq!(told, expected, "{text:?}");
    }
}

#[test]
fn a_name_with_two_meanings_must_say_which() {
    let mut names = names();
    let timing = names.fields["model"].clone();
    names.fields.insert("timing".into(), timing);
    let code = |text| parse(text, &names).1.first().map(|p| p.code);
    assert_eq!(code("timing == 'yes'"), Some("E0507"));
    assert_eq!(code("answers.timing == 'yes'"), None);
    assert_eq!(code("lead.timing == 'whatever'"), None);
}

#[test]
fn the_help_names_what_was_meant() {
    let names = names();
    for (text, help) in [
        ("timing == 'yess'", "did you mean `'yes'`?"),
        ("timing == 'never'", "it can be 'yes', 'later'"),
        ("timming == 'yes'", "did you mean `timing`?"),
        ("answers.modle", "did you mean `model`?"),
        (
            "timing == yes",
            "write `'yes'` if it is a word; nothing has this name",
        ),
        ("score > 1 && vip", "write `and`"),
    ] {
        let (_, problems) = parse(text, &names);
        let told = problems.first().and_then(|p| p.help.as_deref());
        assert_eq!(told, Some(help), "{text}");
    }
}

#[test]
fn what_is_written_out_reads_back_the_same() {
    let names = names();
    for (text, written) in [
        (
            "score>=50 AND (timing=='yes' or vip)",
            "score >= 50 and (answers.timing == 'yes' or vip)",
        ),
        ("not (vip and email)", "not (vip and email)"),
        ("not vip and email", "not vip and email"),
        ("(score + 1) + 2 > -3", "score + 1 + 2 > -3"),
        ("timing not in ('yes')", "not answers.timing in ['yes']"),
        ("model == \"it's\"", "model == \"it's\""),
        ("day < '2026-12-24'", "day < '2026-12-24'"),
        ("a == 1", "false"),
    ] {
        let (expr, _) = parse(text, &names);
        assert_eq!(expr.to_string(), written, "{text}");
        assert_eq!(parse(written, &names).0, expr, "{written}");
    }
}

#[test]
fn the_kind_of_a_condition_is_known() {
    let names = names();
    for (text, kind) in [
        ("score > 5", Some(Type::Bool)),
        ("price + 1 > 5", Some(Type::Bool)),
        ("model", Some(Type::Text)),
        ("event.total", Some(Type::Any)),
        ("what", None),
    ] {
        assert_eq!(kind_of(text, &names), kind, "{text}");
    }
}

#[test]
fn a_condition_has_a_bounded_length_and_depth() {
    let names = names();
    for text in [
        format!("{}vip{}", "(".repeat(500), ")".repeat(500)),
        format!("{}vip", "not ".repeat(100)),
        format!("vip{}", " and vip".repeat(500)),
    ] {
        assert_eq!(parse(&text, &names).1[0].code, "E0501");
    }
}

#[test]
fn a_condition_holds_by_what_is_known_of_the_lead() {
    let lead = Lead::new([
        ("score", Value::Number(50.0)),
        ("answers.timing", Value::text("yes")),
        ("answers.budget", Value::Money(25_000.0, None)),
        ("model", Value::text("Roadster")),
        ("tags", Value::List(vec!["VIP".into()])),
        ("day", Value::Date("2026-12-24".into())),
        ("at", Value::Time("09:30".into())),
        (
            "appointment_at",
            Value::Moment("2026-12-25T03:00:00Z".parse().unwrap()),
        ),
        ("vip", Value::Bool(true)),
        ("price", Value::Number(20_000.0)),
        ("event.total", Value::text("50.5")),
        ("event.plan", Value::text(" Gold ")),
        ("lifecycle", Value::text("hot")),
        ("company", Value::text("Acme")),
        ("locale", Value::text("es")),
    ]);
    for (text, expected) in [
        ("score >= 50 and answers.budget >= 20000", true),
        ("score > 50", false),
        ("price + 5000 == budget", true),
        ("timing == 'yes' and timing != 'later'", true),
        ("timing in ['later']", false),
        ("timing not in ['later']", true),
        ("model == 'roadster'", true),
        ("'road' in model", true),
        ("'vip' in tags", true),
        ("'vi' in tags", false),
        ("segment.hot-b2b", true),
        ("locale == 'es'", true),
        ("day > '2026-12-01' and day <= '2026-12-24'", true),
        ("at < '15:30'", true),
        // 3 a.m. in UTC is still the evening before in Chicago.
        ("appointment_at == '2026-12-24'", true),
        ("appointment_at >= '2026-12-25T00:00:00Z'", true),
        ("vip", true),
        ("vip == 'no'", false),
        ("event.total > 50", true),
        ("event.plan == 'gold'", true),
        ("email", false),
        ("email == 'a@example.com'", false),
        ("email != 'a@example.com'", true),
        ("email == ''", true),
        ("model != ''", true),
        ("event.missing < 5 or event.missing > 5", false),
        ("not (event.missing == 5)", true),
        ("saved.stock + 1 > 0", false),
    ] {
        let (expr, problems) = parse(text, &names());
        assert_eq!(problems, [], "{text}");
        assert_eq!(expr.holds(&lead), expected, "{text}");
    }
}
