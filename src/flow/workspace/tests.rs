//! Workspaces as people write them, right and wrong.

use crate::diagnostic::Diagnostic;
use crate::flow::template::render_tests::Lead;
use crate::flow::workspace::{Route, Workspace, read};
use crate::lead::Value;
use crate::policy::{Cap, MessageKind, QuietHours};
use crate::time::Duration;

/// The example of the language's page.
const EXAMPLE: &str = r#"
brand: Northside Auto
public_url: https://text.northside.example/
time_zone: America/Chicago          # for a lead whose own is not known
default_team: sales

channels:
  main:
    carrier: twilio
    from: "+13125550100"
    account: ${TWILIO_ACCOUNT_SID}
    secret: ${TWILIO_AUTH_TOKEN}
    rate: 10/s
    api: https://api.twilio.com
email: { from: "Northside Auto <hello@northside.example>", smtp: "${SMTP_URL}" }

sending:
  quiet_hours: us
  caps: [ { at_most: 3, per: 24h }, { at_most: 8, per: 30d, kind: marketing } ]

teams:
  sales:
    agents:
      - { name: Dana, sms: "+13125550111", email: dana@northside.example }
      - { name: Lee, webhook: "https://chat.northside.example/hook" }
    hours: { days: mon-sat, between: "09:00-18:00" }
    route: round_robin
    claim_within: 10m
    if_unclaimed: managers
  managers: { agents: [ { name: Kim, sms: "+13125550112" } ], route: everyone }

calendars: { showroom: { open: { days: mon-sat, between: "10:00-17:00" }, slot: 30m, at_once: 2 } }
segments:  { hot-b2b: "lifecycle == 'hot' and company" }
endpoints: { inventory: { url: "https://inventory.example/api", method: GET, timeout: 3s } }
webhooks:  { crm: { url: "https://crm.example/hook", secret: "${CRM_SECRET}", events: [lead.*, conversation.ended, handoff.*] } }
retention: { inactive_leads: 24mo, message_text: 13mo, consent_proof: 5y }
"#;

fn env(name: &str) -> Option<String> {
    let value = match name {
        "SMTP_URL" => "smtp://user:word@mail.example:587",
        "MISSING" => return None,
        "EMPTY" => "",
        "SHORT" => "hunter2",
        _ => "from-the-environment",
    };
    Some(value.to_string())
}

fn check(text: &str) -> (Workspace, Vec<Diagnostic>) {
    read("workspace.yaml", text, &env)
}

#[test]
fn the_example_reads_as_it_says() {
    let (workspace, problems) = check(EXAMPLE);
    assert_eq!(problems, []);
    assert_eq!(workspace.brand, "Northside Auto");
    let url = workspace.public_url.as_deref();
    assert_eq!(url, Some("https://text.northside.example"));
    assert_eq!(workspace.time_zone.name(), "America/Chicago");

    let main = &workspace.channels["main"];
    assert_eq!((main.carrier.as_str(), main.rate), ("twilio", Some(10.0)));
    assert_eq!(main.from, ["+13125550100"]);
    assert_eq!(main.settings["secret"], "from-the-environment");
    assert_eq!(main.settings.len(), 2);
    assert_eq!(workspace.rules.quiet_hours, QuietHours::ByRegion);
    let cap = |at_most, per, kind| Cap { at_most, per, kind };
    let marketing = Some(MessageKind::Marketing);
    let caps = [
        cap(3, Duration::hours(24), None),
        cap(8, Duration::days(30), marketing),
    ];
    assert_eq!(workspace.rules.caps, caps);

    let sales = &workspace.teams["sales"];
    assert_eq!(sales.agents.len(), 2);
    assert_eq!(sales.claim_within, Duration::mins(10));
    assert_eq!(sales.if_unclaimed.as_deref(), Some("managers"));
    assert_eq!(workspace.teams["managers"].route, Route::Everyone);
    assert_eq!(workspace.teams["managers"].claim_within, Duration::mins(5));
    assert_eq!(workspace.calendars["showroom"].at_once, 2);
    assert_eq!(workspace.endpoints["inventory"].timeout, Duration::secs(3));
    assert_eq!(workspace.webhooks["crm"].events.len(), 3);
    assert_eq!(workspace.retention.inactive_leads, Duration::days(720));

    let hot = Lead::new([
        ("lifecycle", Value::text("hot")),
        ("company", Value::text("A")),
    ]);
    assert!(workspace.segments["hot-b2b"].holds(&hot));
    assert!(!workspace.segments["hot-b2b"].holds(&Lead::new([])));
}

#[test]
fn what_is_left_out_has_a_sensible_default() {
    let (workspace, problems) = check("brand: Acme");
    assert_eq!(problems, []);
    assert_eq!(workspace.channels["main"].carrier, "sandbox");
    assert_eq!(workspace.default_team, "sales");
    assert!(workspace.teams.contains_key("sales"));
    assert_eq!(workspace.rules.quiet_hours, QuietHours::ByRegion);
    assert_eq!(workspace.region, "US");

    let only = "brand: A\nteams: { desk: { agents: [ { name: Kim, console: true } ] } }";
    let (workspace, problems) = check(only);
    assert_eq!(problems, []);
    assert_eq!(workspace.default_team, "desk");
    assert_eq!(workspace.teams["desk"].route, Route::RoundRobin);
}

#[test]
fn a_business_may_write_its_own_help_and_confirmation() {
    let (workspace, problems) = check(
        r#"
brand: Acme
health: true
region: gb
help: { text: { en: "{brand}: call 0800 555 010. STOP to opt out.", es: "{brand}: llame al 0800 555 010. STOP para salir." }, contact: "0800" }
opt_out: "{brand}: you are out."
holidays: [2026-12-24, { date: 2026-02-17, region: US-LA }]
domains: Northside.Example
channels: { uk: { carrier: webhook, from: [Acme, "12345", "+447700900123"], rate: 60/m } }
endpoints:
  stock: { url: "https://x.example", sample: { price: 24900, name: "5", left: [1, no, ~] } }
teams:
  desk:
    agents: [ { name: Kim, sms: "020 7946 0958" }, { name: Al, email: al@x.example } ]
    route: { by: region, table: { London: Kim, "North West": Al } }
"#,
    );
    assert_eq!(problems, []);
    assert!(workspace.health);
    assert_eq!(workspace.region, "GB");
    assert_eq!(workspace.contact.as_deref(), Some("0800"));
    let lead = Lead::new([("brand", Value::text("Acme"))]);
    let help = workspace.help.as_ref().unwrap();
    let said = |locale| help.in_locale(locale).unwrap().rendered(&lead);
    assert_eq!(
        said("es-MX"),
        "Acme: llame al 0800 555 010. STOP para salir."
    );
    assert_eq!(said("fr"), "Acme: call 0800 555 010. STOP to opt out.");
    assert_eq!(workspace.rules.holidays.len(), 2);
    assert_eq!(workspace.domains, ["northside.example"]);
    assert_eq!(workspace.channels["uk"].from.len(), 3);
    assert_eq!(workspace.channels["uk"].rate, Some(1.0));
    let sample = workspace.endpoints["stock"].sample.as_ref().unwrap();
    assert_eq!(
        sample.to_string(),
        r#"{"left":[1,"no",null],"name":"5","price":24900}"#
    );
    let desk = &workspace.teams["desk"];
    assert_eq!(desk.agents[0].sms.unwrap().to_string(), "+442079460958");
    assert!(matches!(&desk.route, Route::By { field, table }
        if *field == "region" && table.len() == 2));
}

/// Each part of a workspace that is wrong, with the code and the words that are marked.
#[test]
fn each_mistake_is_named_at_its_place() {
    for (part, expected) in [
        (
            "channels: { m: { carrier: twilio, from: '+13125550100', secret: '${MISSING}' } }",
            &["E0601 ${MISSING}"][..],
        ),
        (
            "channels: { m: { carrier: twilio, from: '+13125550100', secret: '${EMPTY}' } }",
            &["E0601 ${EMPTY}"],
        ),
        ("contact: ${MISSING", &["E0602 ${MISSING"]),
        ("contact: ${not ok}", &["E0602 ${not ok}"]),
        (
            "channels: { m: { carrier: twilio, from: '+13125550100', secret: abc123 } }",
            &["E0603 abc123"],
        ),
        (
            "channels: { m: { carrier: webhook, from: '12345', secrets: [abc, '${B}'] } }",
            &["E0603 abc"],
        ),
        (
            "email: { from: 'a@b.example', smtp: 'smtp://u:pw@host' }",
            &["E0603 'smtp://u:pw@host'"],
        ),
        (
            "webhooks: { c: { url: 'https://x.example', secret: whsec_abc } }",
            &["E0603 whsec_abc"],
        ),
        (
            "endpoints: { e: { url: 'https://u:pw@x.example' } }",
            &["E0603 'https://u:pw@x.example'"],
        ),
        (
            "endpoints: { e: { url: 'https://x.example', headers: { Authorization: 'Bearer x' } } }",
            &["E0603 'Bearer x'"],
        ),
        (
            "endpoints: { e: { url: 'https://x.example', headers: { X-Api-Key: k } } }",
            &["E0603 k"],
        ),
        ("segments: { token-holders: tokens }", &[]),
        (
            "register: { url: 'https://rnd.example', key: abc }",
            &["E0603 abc"],
        ),
        (
            "register: { url: 'https://rnd.example', key: '${RND_KEY}', countries: [US, Narnia] }",
            &["E0610 Narnia"],
        ),
        ("register: { key: '${RND_KEY}' }", &["E0106 key"]),
        (
            "channels: { m: { carrier: twillio, from: '+13125550100' } }",
            &["E0112 twillio"],
        ),
        (
            "channels: { m: { carrier: twilio, from: +13125550100 } }",
            &["E0006 +13125550100"],
        ),
        (
            "channels: { m: { carrier: twilio, from: '13125550100' } }",
            &["E0604 '13125550100'"],
        ),
        (
            "channels: { m: { carrier: twilio, from: 'Northside Motors' } }",
            &["E0604 'Northside Motors'"],
        ),
        (
            "channels: { m: { carrier: twilio, from: '12345', rate: fast } }",
            &["E0109 fast"],
        ),
        ("time_zone: America/Chicgo", &["E0605 America/Chicgo"]),
        ("time_zone: EST", &["E0605 EST"]),
        (
            "default_team: slaes\nteams: { sales: { agents: [ { name: K, console: true } ] } }",
            &["E0606 slaes"],
        ),
        (
            "teams: { a: { agents: [ { name: K, console: true } ] }, \
                   b: { agents: [ { name: K, console: true } ] } }",
            &["E0606 teams"],
        ),
        (
            "teams: { a: { agents: [ { name: K, console: true } ], if_unclaimed: c } }",
            &["E0606 c"],
        ),
        (
            "teams: { a: { agents: [ { name: K, console: true } ], if_unclaimed: a } }",
            &["E0607 a"],
        ),
        (
            "default_team: a\nteams: { a: { agents: [ { name: K, console: true } ], if_unclaimed: b }, \
                   b: { agents: [ { name: K, console: true } ], if_unclaimed: a } }",
            &["E0607 b"],
        ),
        ("teams: { a: { agents: [ { name: K } ] } }", &["E0608 K"]),
        (
            "teams: { a: { agents: [ { name: K, sms: '12' } ] } }",
            &["E0604 '12'"],
        ),
        (
            "teams: { a: { agents: [ { name: K, email: k.example } ] } }",
            &["E0611 k.example"],
        ),
        (
            "teams: { a: { agents: [ { name: K, console: true } ], \
                   route: { by: city, table: { x: J } } } }",
            &["E0606 J"],
        ),
        ("public_url: text.example", &["E0609 text.example"]),
        ("region: Texas", &["E0610 Texas"]),
        ("email: { from: nobody }", &["E0611 nobody"]),
        (
            "email: { from: a@b.example, smtp: 'smtp://h.example:mail' }",
            &["E0609 'smtp://h.example:mail'"],
        ),
        (
            "email: { from: a@b.example, smtp: 'smtp://u@h.example' }",
            &["E0609 'smtp://u@h.example'"],
        ),
        ("email: { from: a@b.example, ca: ca.pem }", &["E0609 ca"]),
        (
            "email: { from: a@b.example, inbound_secret: '${SHORT}' }",
            &["E0609 '${SHORT}'"],
        ),
        (
            "channels: { email: { carrier: sandbox, from: \"+13125550100\" } }",
            &["E0609 email"],
        ),
        (
            "email: { from: a@b.example, repl_to: a@c.example }",
            &["E0101 repl_to"],
        ),
        ("segments: { hot: \"lifecycle = 'hot'\" }", &["E0505 ="]),
        ("segments: { hot: \"tags > 5\" }", &["E0503 tags > 5"]),
        ("opt_out: \"{brnad}: you are out\"", &["E0401 brnad"]),
        (
            "help: { en: 'Acme: call 312 555 0100', es: 'Acme: llame al 312 555 0100. STOP para salir.' }",
            &["E0612 'Acme: call 312 555 0100'"],
        ),
        (
            "opt_out: 'Acme: no more texts. 20% off with STAY'",
            &["E0613 'Acme: no more texts. 20% off with STAY'"],
        ),
        (
            "opt_in: 'Acme: 4 msgs/mo. HELP for help, STOP to opt out.'",
            &["E0614 'Acme: 4 msgs/mo. HELP for help, STOP to opt out.'"],
        ),
        ("holidays: [24.12.2026]", &["E0108 24.12.2026"]),
        (
            "sending: { quiet_hours: { between: \"21:00-08:00\" } }",
            &["E0108 \"21:00-08:00\""],
        ),
        ("sending: { caps: { at_most: 0, per: 24h } }", &["E0109 0"]),
        ("chanels: {}", &["E0101 chanels"]),
    ] {
        let text = format!("brand: Acme\n{part}\n");
        let (_, problems) = check(&text);
        let told: Vec<String> = problems
            .iter()
            .map(|p| format!("{} {}", p.code, &text[p.span.range()]))
            .collect();
        assert_eq!(told, expected, "{part}\n{problems:?}");
    }
}

#[test]
fn the_help_says_what_to_write() {
    for (part, help) in [
        ("time_zone: Chicago", "did you mean `America/Chicago`?"),
        ("time_zone: Europe/Madird", "did you mean `Europe/Madrid`?"),
        (
            "contact: ${MISSING}",
            "set it before you start: `export MISSING=…`",
        ),
        (
            "channels: { m: { carrier: twillio, from: '12345' } }",
            "did you mean `twilio`?",
        ),
        (
            "channels: { m: { carrier: twilio, from: '312 555 0100' } }",
            "write \"+13125550100\", in quotes",
        ),
    ] {
        let (_, problems) = check(&format!("brand: Acme\n{part}\n"));
        let told = problems.first().and_then(|p| p.help.as_deref());
        assert_eq!(told, Some(help), "{part}");
    }
}

#[test]
fn a_secret_is_never_repeated_in_a_message() {
    let (_, problems) = check("brand: A\nemail: { from: a@b.example, smtp: 'mail:hunter2' }");
    let (_, more) =
        check("brand: A\nwebhooks: { c: { url: 'https://x.example', secret: hunter2 } }");
    for problem in problems.iter().chain(&more) {
        assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
    }
    assert_eq!((problems.len(), more.len()), (1, 1));
}

proptest::proptest! {
    #[test]
    fn any_file_is_read_without_harm(
        lines in proptest::collection::vec(
            "(brand|teams|channels|sending|holidays|help|segments|email): [a-z{}\\[\\]:,$'\" -]{0,30}",
            0..6,
        )
    ) {
        check(&lines.join("\n"));
    }
}
