//! Texts through a provider that fails in twelve ways, by one carrier that takes an idempotency key
//! and one that does not: none goes twice, none is forgotten, and replies are taken as ever.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use replytree::store::{RowBody, RowKind, SendStatus, SqliteStore, Store};
use serde_json::json;

use super::Server;
use super::provider::{
    FAULTS, Fault, PUBLIC_URL, Provider, Seen, TOKEN, sid, telnyx_public_key, telnyx_request,
    twilio_request,
};

const LEADS_EACH: usize = 8;
/// Nothing is measured by it: a text that is forgotten would be waited for without end.
const WITHIN: Duration = Duration::from_secs(400);

fn workspace(provider: &Provider) -> String {
    let (at, key) = (provider.address, telnyx_public_key());
    let mut channels = String::new();
    for (_, name) in FAULTS {
        channels += &format!(
            "  tw-{name}: {{ carrier: twilio, from: \"+13125550100\", account: AC1, \
             secret: \"{{TOKEN}}\", api: \"http://{at}/{name}\" }}\n  \
             tx-{name}: {{ carrier: telnyx, from: \"+13125550100\", token: \"{{TOKEN}}\", \
             public_key: \"{key}\", api: \"http://{at}/{name}\" }}\n"
        );
    }
    let channels = channels.replace("{TOKEN}", "${TOKEN}");
    let main = "  main: { carrier: sandbox, from: \"+13125550100\" }\n";
    super::WORKSPACE.replace(main, &channels)
}

/// Carrier and fault of the channel of lead `n`, and its number.
fn lead(carrier: usize, fault: usize, n: usize) -> String {
    format!(
        "+1312555{:04}",
        1000 + (carrier * 12 + fault) * LEADS_EACH + n
    )
}

/// A webhook's answer and the texts that the provider let wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// None of them waited when it came.
    InCalm,
    /// One that waited when it came still waited when it was answered.
    Meanwhile,
    Afterwards,
}

struct World {
    server: Server,
    provider: Arc<Provider>,
    store: Arc<dyn Store>,
}

impl World {
    async fn start() -> Self {
        let provider = Provider::start().await;
        let text = workspace(&provider);
        let (workspace, problems) =
            replytree::flow::workspace::read("workspace.yaml", &text, &|_| Some(TOKEN.to_string()));
        assert!(problems.is_empty(), "{problems:?}");
        let mut live = super::live(super::WORKSPACE, &[super::DRIVE, super::NOTICE]);
        live.workspace = Arc::new(workspace);
        live.sandbox = false;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
        let server = Server::start(store.clone(), live).await;
        provider.ours.set(server.base.clone()).unwrap();
        Self {
            server,
            provider,
            store,
        }
    }

    /// A text from a lead, by which the channel becomes theirs; how it was answered.
    async fn text(&self, carrier: usize, name: &str, from: &str, id: usize) -> Answered {
        let (client, base) = (&self.server.client, &self.server.base);
        let request = match carrier {
            0 => {
                let url = format!("{PUBLIC_URL}/hooks/tw-{name}/inbound");
                let id = sid(id);
                let fields = [
                    ("MessageSid", id.as_str()),
                    ("From", from),
                    ("To", "+13125550100"),
                    ("Body", "hello"),
                ];
                twilio_request(client, base, &url, &fields)
            }
            _ => {
                let url = format!("{PUBLIC_URL}/hooks/tx-{name}/inbound");
                let body = json!({ "data": { "event_type": "message.received", "payload": {
                    "id": sid(id), "from": { "phone_number": from }, "text": "hello",
                    "to": [{ "phone_number": "+13125550100" }],
                }}});
                telnyx_request(client, base, &url, &body)
            }
        };
        let before = self.provider.held();
        let got = self.server.send(request).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let after = self.provider.held();
        match (before.is_empty(), before.is_disjoint(&after)) {
            (true, _) => Answered::InCalm,
            (false, false) => Answered::Meanwhile,
            (false, true) => Answered::Afterwards,
        }
    }

    fn statuses(&self) -> HashMap<String, SendStatus> {
        let rows = self.store.outgoing(RowKind::Sms, None, 10_000).unwrap();
        rows.into_iter()
            .filter_map(|row| match row.body {
                RowBody::Outgoing(_, sending) => Some((sending.to, sending.status)),
                RowBody::Happened(_) => None,
            })
            .collect()
    }

    async fn resume_all(&self) {
        for (_, name) in FAULTS {
            for carrier in ["tw", "tx"] {
                let path = format!("/v1/channels/{carrier}-{name}/resume");
                let got = self.server.post(&path, json!({})).await;
                assert_eq!(got.status, 200, "{}", got.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_provider_does_no_text_goes_twice_and_none_is_forgotten() {
    let world = World::start().await;
    let mut leads = 0;
    for carrier in 0..2 {
        for (fault, (_, name)) in FAULTS.iter().enumerate() {
            for n in 0..LEADS_EACH {
                let from = lead(carrier, fault, n);
                let answered = world.text(carrier, name, &from, 1_000_000 + leads).await;
                assert_eq!(answered, Answered::InCalm, "nothing was sent yet");
                leads += 1;
            }
        }
    }
    for carrier in 0..2 {
        for fault in 0..FAULTS.len() {
            for n in 0..LEADS_EACH {
                world.server.enroll(&lead(carrier, fault, n)).await;
            }
        }
    }
    let (began, mut answers) = (Instant::now(), Vec::new());
    let left = |statuses: &HashMap<String, SendStatus>| {
        let open = |s: &&SendStatus| s.is_pending() || **s == SendStatus::Sending;
        statuses.values().filter(open).count()
    };
    let mut round = 0;
    loop {
        let statuses = world.statuses();
        if statuses.len() == leads && left(&statuses) == 0 {
            break;
        }
        assert!(
            began.elapsed() < WITHIN,
            "{} of {leads} texts are still to go: {statuses:?}",
            left(&statuses)
        );
        for _ in 0..10 {
            round += 1;
            let (_, name) = FAULTS[round % FAULTS.len()];
            let text = world.text(round % 2, name, "+13125550999", 2_000_000 + round);
            answers.push(text.await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.resume_all().await;
    }
    // No clock says how soon: a webhook that waited for the provider would be answered after it.
    let count = |which| answers.iter().filter(|it| **it == which).count();
    let (meanwhile, afterwards) = (count(Answered::Meanwhile), count(Answered::Afterwards));
    assert!(
        meanwhile >= 10 && meanwhile > 10 * afterwards,
        "while the provider let texts wait, {meanwhile} webhooks were answered, {afterwards} only after it"
    );
    judge(&world);
}

fn judge(world: &World) {
    let (statuses, seen) = (
        world.statuses(),
        world.provider.seen.lock().unwrap().clone(),
    );
    assert!(
        seen.iter().all(|seen| !seen.path.contains("elsewhere")),
        "no redirect is followed"
    );
    for (fault, (kind, name)) in FAULTS.iter().enumerate() {
        for carrier in 0..2 {
            let mut in_doubt = 0;
            for n in 0..LEADS_EACH {
                let number = lead(carrier, fault, n);
                in_doubt += usize::from(judge_one(&seen, &number, carrier, statuses[&number]));
            }
            let unread = seen
                .iter()
                .filter(|s| s.to.is_empty() && s.path.contains(name))
                .count();
            println!("{name} {carrier}: {in_doubt} in doubt, {unread} unread");
            let doubtful = !matches!(
                kind,
                Fault::TooMany
                    | Fault::Unauthorized
                    | Fault::Redirect
                    | Fault::Slow
                    | Fault::ReceiptFirst
            );
            let want = if doubtful && carrier == 0 {
                super::provider::FAULTY
            } else {
                0
            };
            assert_eq!(in_doubt, want, "{name} {carrier}");
        }
    }
}

/// True when the text is in doubt, and rightly so.
fn judge_one(seen: &[Seen], number: &str, carrier: usize, status: SendStatus) -> bool {
    let theirs: Vec<&Seen> = seen.iter().filter(|seen| seen.to == number).collect();
    let keys: HashSet<&Option<String>> = theirs.iter().map(|seen| &seen.key).collect();
    if carrier == 1 {
        assert!(
            keys.len() <= 1 && !keys.contains(&None),
            "{number}: {theirs:?}"
        );
        let well = matches!(status, SendStatus::Sent | SendStatus::Delivered);
        assert!(well, "{number}: {status:?} {theirs:?}");
        return false;
    }
    let may_have_gone = theirs.iter().filter(|seen| !seen.refused).count();
    assert!(
        may_have_gone <= 1,
        "{number} may have gone twice: {theirs:?}"
    );
    match status {
        SendStatus::Sent | SendStatus::Delivered => {
            assert_eq!(may_have_gone, 1, "{number}: {theirs:?}");
            false
        }
        SendStatus::Uncertain => true,
        other => panic!("{number} is {other:?}: {theirs:?}"),
    }
}
