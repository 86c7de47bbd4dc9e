//! One reply through `advance`, in memory and with the conversation decoded and encoded as the store
//! keeps it. Prints nanoseconds a reply and the ratio between the two.
//!
//! `cargo bench --bench advance`

use std::hint::black_box;
use std::time::Instant;

use replytree::advance::{Facts, advance, enroll};
use replytree::conversation::{Conversation, ConversationId, Event};
use replytree::diagnostic::Source;
use replytree::flow::workspace::Workspace;
use replytree::flow::workspace::roster::Roster;
use replytree::flow::{Flow, compile};
use replytree::lead::{Lead, Name, PhoneNumber, Value};
use replytree::policy::consent::Level;
use replytree::policy::{Consent, LeadFacts, Standing};
use replytree::time::{Timestamp, Zone};

const FLOW: &str = include_str!("test-drive.yaml");
const ROUNDS: usize = 200_000;
/// Rounds are timed in this many runs; the median of them is printed.
const RUNS: usize = 9;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let workspace = Workspace::default();
    let source = Source {
        file: "test-drive.yaml".to_string(),
        text: FLOW.to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    let flow = compiled.flows.first().expect("the flow compiles").clone();
    let phone: PhoneNumber = "+13125550142".parse().expect("a number");
    let now = Timestamp::from_ms(1_795_449_600_000);
    let mut lead = Lead::new(phone);
    lead.fields.insert(Name::from("name"), Value::text("Ada"));
    lead.fields
        .insert(Name::from("model"), Value::text("Roadster"));
    let standing = Standing {
        consent: Consent::Given(now, Level::Marketing),
        ..Standing::default()
    };
    let zone: Zone = "America/Chicago".parse().expect("a zone");
    let zones = [zone.clone()];
    let facts = Facts {
        lead: &lead,
        policy: LeadFacts {
            phone,
            standing: &standing,
            zones: &zones,
            sends: &[],
            last_inbound: Some(now),
            replies: &[],
            chosen: None,
            home: None,
        },
        workspace: &workspace,
        public_url: "https://text.example",
        link_key: &[7; 32],
        zone: &zone,
        next_seq: 2,
        roster: &Roster::default(),
    };
    let waiting = waiting(&flow, phone, &facts, now);
    for text in ["1", "yes please", "maybe next month"] {
        let in_memory = median(|| {
            black_box(advance(&flow, waiting.clone(), replied(text), &facts, now));
        });
        let cloning = median(|| {
            black_box((waiting.clone(), replied(text)));
        });
        let kept = minicbor::to_vec(&waiting).expect("a conversation encodes");
        let with_store = median(|| {
            let conversation: Conversation = minicbor::decode(&kept).expect("it decodes");
            let turn = advance(&flow, conversation, replied(text), &facts, now);
            black_box(encoded(&turn.conversation));
            black_box(encoded(&turn.entry));
            for (_, effect) in &turn.effects {
                black_box(encoded(effect));
            }
        });
        println!(
            "{text:>18}: advance {:>5.0} ns ({cloning:.0} ns of it to copy the input), decoded \
             and encoded {with_store:>5.0} ns, {:.2}x",
            in_memory,
            with_store / in_memory
        );
    }
}

/// As the store does it.
fn encoded<T: minicbor::Encode<()>>(record: &T) -> Vec<u8> {
    replytree::store::sqlite::to_blob(record).expect("it encodes")
}

fn replied(text: &str) -> Event {
    Event::Replied {
        text: text.to_string(),
        media: Vec::new(),
        written: None,
        media_types: Vec::new(),
    }
}

/// The conversation as it waits for the answer to its first question, the clock running.
fn waiting(flow: &Flow, phone: PhoneNumber, facts: &Facts, now: Timestamp) -> Conversation {
    let id = ConversationId::new(phone, now, 1);
    let fresh = enroll(flow, id, phone, None, now);
    let begun = Event::Enrolled {
        by: "bench".to_string(),
        properties: Vec::new(),
    };
    let turn = advance(flow, fresh, begun, facts, now);
    let seq = turn
        .effects
        .iter()
        .map(|(seq, _)| *seq)
        .max()
        .expect("the question goes out");
    advance(flow, turn.conversation, Event::Accepted { seq }, facts, now).conversation
}

fn median(mut round: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                round();
            }
            start.elapsed().as_secs_f64() * 1e9 / ROUNDS as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}
