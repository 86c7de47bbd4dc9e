//! What the random flows found, and what was thought of beside them, each in as few lines as it takes: flows
//! that the compiler must refuse, and lives that must be as the report says.

use super::leads::{Act, Carrier, Life};
use super::life::{self, Hours};
use super::{compiled, flow_of, workspace};

fn file(steps: &str) -> String {
    format!(
        "flow: made\nkind: transactional\nlead: {{ email: {{ type: email, optional: true }} }}\n{steps}"
    )
}

/// What compiled once, and left a lead to go round and round.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "an email that waits for its answer does not wait for a lead without an address",
        "E0302",
        r#"
steps:
  mail: { email: { subject: "S", body: "B" }, then: end, no_email: note, no_reply: [ { after: 1d, then: end } ] }
  note: { say: "Hello.", then: mail }
"#,
    ),
    (
        "a calendar in which nothing is free is asked for ever",
        "E0302",
        r#"
steps:
  slot: { book: room, say: "When?", none_free: note, then: end, no_reply: [ { after: 1d, then: end } ], unclear: { then: end } }
  note: { set: { email: "a@nb.example" }, then: slot }
"#,
    ),
    (
        "a lead who cannot be texted has the endpoint called for ever",
        "E0302",
        r#"
steps:
  item: { ask: "Which?", expect: text, then: end, no_reply: [ { after: 1d, then: look } ], unclear: { then: end } }
  look: { call: stock, save: { left: left }, then: sort }
  sort: { decide: [ { when: "saved.left > 0", then: end }, { else: item } ] }
"#,
    ),
    (
        "a handoff that nobody claims texts the lead for ever",
        "E0304",
        r#"
steps:
  call: { handoff: sales, brief: "Call.", say: "We will call.", outcomes: { reached: end, no_answer: end, unclaimed: call } }
"#,
    ),
    (
        "an event that never comes is waited for for ever, with a text each time",
        "E0304",
        r#"
steps:
  remind: { say: "Please pay.", then: pay }
  pay:    { wait: { for_event: paid, at_most: 3d, otherwise: remind }, then: end }
"#,
    ),
    (
        "whoever asks to be called has not answered the questions before the handoff",
        "E0406",
        r#"
steps:
  size: { ask: "What size?", expect: number, then: call, no_reply: [ { after: 1d, then: end } ], unclear: { then: end } }
  call: { handoff: sales, brief: "Call.", say: "We will call about size {answers.size}.", outcomes: { reached: end, no_answer: end, unclaimed: end } }
"#,
    ),
];

#[test]
fn what_would_go_round_for_ever_is_refused() {
    let workspace = workspace();
    for (what, code, steps) in REFUSED {
        let compiled = compiled(&workspace, &[file(steps)]);
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, [*code], "{what}: {:#?}", compiled.diagnostics);
    }
}

/// What was more than the report said, or ended as nobody had written.
/// With the outcome that it must come to, where that is what matters.
fn lives() -> Vec<(&'static str, String, Vec<Act>, Option<&'static str>)> {
    use Act::{Answer, Endpoint, Hours, Says, Silence, Texts};
    let question = "no_reply: [ { after: 1d, then: end } ], unclear: { tries: 0, then: end }";
    let mut row: String = (0..150)
        .map(|at| format!("  s{at}: {{ say: \"Text {at}.\", then: s{} }}\n", at + 1))
        .collect();
    row.push_str("  s150: { end: told }\n");
    vec![
        (
            "an appointment brings reminders and an invitation, and its slots stand behind each text",
            file(&format!(
                r#"
steps:
  slot: {{ book: room, slots: 9, remind: [24h, 1h], say: "When would it suit you to come by? Reply with the number of a time.", none_free: end, then: end, {question} }}
"#
            )),
            vec![Answer(2)],
            None,
        ),
        (
            "the words of an experiment are longer than those they replace",
            file(&format!(
                r#"
steps:
  first: {{ ask: "Coming?", answers: {{ yes: end, no: end }}, {question} }}
experiments:
  long: {{ step: first, vary: text, against: "{}", share: 99%, measure: replied }}
"#,
                "Are you coming, by any chance? ".repeat(8)
            )),
            vec![],
            None,
        ),
        (
            "what is said before an anytime leads away counts too",
            file(&format!(
                r#"
anytime: {{ price: {{ words: [price], say: "From $5.", then: offer }} }}
steps:
  first: {{ ask: "Coming?", answers: {{ yes: offer, no: end }}, {question} }}
  offer: {{ say: "An offer.", then: end }}
"#
            )),
            vec![Says("price")],
            None,
        ),
        (
            "asking to be called leads to the first handoff from questions behind it",
            file(&format!(
                r#"
steps:
  first: {{ handoff: sales, brief: "Call.", say: "We will call.", outcomes: {{ reached: end, no_answer: end, unclaimed: later }} }}
  later: {{ ask: "Still there?", answers: {{ yes: end, no: end }}, {question} }}
"#
            )),
            vec![Hours(1), Says("call me")],
            None,
        ),
        (
            "a late answer leads on from its question once more",
            file(&format!(
                r#"
steps:
  first: {{ ask: "Coming?", answers: {{ yes: more, no: end }}, no_reply: [ {{ after: 1d, then: word }} ], unclear: {{ tries: 0, then: end }} }}
  word:  {{ say: "A pity.", then: end }}
  more:  {{ ask: "How many?", expect: number, then: end, {question} }}
"#
            )),
            vec![Silence, Says("yes")],
            None,
        ),
        (
            "a day in Spanish may have a letter that makes the text UCS-2",
            format!(
                "flow: made\nkind: transactional\nlocales: [es]\nlead: {{ day: datetime }}\n\
                 steps: {{ tell: {{ say: \"Nos vemos {{day:EEE d MMM}}{}\", then: end }} }}\n",
                ", como siempre".repeat(7)
            ),
            vec![],
            None,
        ),
        (
            "an endpoint that does not answer is waited for",
            file("steps: { look: { call: stock, then: end } }\n"),
            vec![Endpoint(Carrier::Later)],
            None,
        ),
        (
            "a lead who cannot be texted is emailed once, though silence leads back",
            file(
                r#"
steps:
  first: { ask: "Coming?", answers: { yes: end, no: end }, no_reply: [ { after: 1d, then: mail } ], unclear: { then: end } }
  mail:  { email: { subject: "S", body: "B" }, then: sort }
  sort:  { score: 1, decide: [ { when: "score > 3", then: end }, { else: first } ] }
"#,
            ),
            vec![Texts(Carrier::Dead), Hours(80)],
            Some("unreachable"),
        ),
        (
            "a flow of many texts in a row reaches its end",
            file(&format!("steps:\n{row}")),
            vec![],
            Some("told"),
        ),
    ]
}

#[test]
fn no_lead_gets_more_than_the_report_says() {
    let workspace = workspace();
    for (what, file, acts, outcome) in lives() {
        let compiled = compiled(&workspace, &[file]);
        let flow = flow_of(&compiled, "made")
            .unwrap_or_else(|| panic!("{what}: {:#?}", compiled.diagnostics));
        for (email, day) in [(true, 5), (false, 2)] {
            let life = Life {
                email,
                day: Some(day),
                locale: 0,
                number: 0,
                acts: acts.clone(),
            };
            let told = life::lead(&workspace, &compiled.flows, &flow, &life, Hours::Open);
            let told = told.unwrap_or_else(|why| panic!("{what}: {why}"));
            if let Some(outcome) = outcome {
                assert!(told.outcomes.contains_key(outcome), "{what}: {told:?}");
            }
        }
    }
}
