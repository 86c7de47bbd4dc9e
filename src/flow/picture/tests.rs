use super::scene::{Edge, EdgeKind, Node, Scene, Shape, Tone};
use super::*;

/// A line a box: `name verb text | foot`; a line an arrow: `from -> to kind label`.
fn scene(boxes: &str, arrows: &str) -> Scene {
    let nodes: Vec<Node> = boxes
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (head, foot) = line.split_once('|').unwrap_or((line, ""));
            let mut words = head.splitn(3, ' ');
            let name = words.next().unwrap_or_default().to_string();
            let verb = words.next().unwrap_or_default();
            let shape = match verb {
                "won" => Shape::Outcome(Tone::Won),
                "lost" => Shape::Outcome(Tone::Lost),
                "neutral" => Shape::Outcome(Tone::Neutral),
                "start" => Shape::WayIn,
                _ => Shape::Card,
            };
            let verb = [
                "ask", "say", "decide", "handoff", "email", "wait", "book", "call", "set", "run",
            ]
            .into_iter()
            .find(|v| *v == verb)
            .unwrap_or("end");
            Node {
                frame: name.rsplit_once('.').map(|(run, _)| run.to_string()),
                title: name.clone(),
                step: name,
                shape,
                verb,
                text: words.next().unwrap_or_default().trim().to_string(),
                foot: foot.trim().to_string(),
            }
        })
        .collect();
    let at = |name: &str| nodes.iter().position(|n| n.step == name).expect(name);
    let edges = arrows
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let words: Vec<&str> = line.splitn(5, ' ').collect();
            Edge {
                from: at(words[0]),
                to: at(words[2]),
                exits: vec![words.get(4).unwrap_or(&"then").to_string()],
                kind: match words[3] {
                    "silence" => EdgeKind::Silence,
                    "unclear" => EdgeKind::Unclear,
                    "otherwise" => EdgeKind::Otherwise,
                    _ => EdgeKind::Way,
                },
                labels: words.get(4).map(|l| l.to_string()).into_iter().collect(),
            }
        })
        .collect();
    Scene {
        title: "test-drive".to_string(),
        about: String::new(),
        nodes,
        edges,
        start: 0,
    }
}

fn test_drive() -> Scene {
    scene(
        "starts start
         timing ask Hi {name}, {brand} here. Thanks for your interest in the {model}. Are you looking to buy within 2 weeks? | nudge after 4h
         budget ask Great! What budget do you have in mind?
         sort decide
         call-now handoff Thanks {name}! We'll call you within 10 minutes. | sales · hot · call within 10m
         by-email email Your {model}
         person handoff {name}'s reply was not understood: {last_reply} | sales · normal
         booked won
         nurture neutral",
        "starts -> timing way
         timing -> budget way 1 · yes
         timing -> nurture way 2 · later
         timing -> by-email silence silent 1d
         timing -> person unclear unclear
         budget -> sort way money
         budget -> sort silence silent 1d
         budget -> person unclear unclear
         sort -> call-now way score ≥ 50 and budget ≥ 20000 / timing = 'yes'
         sort -> nurture otherwise else
         call-now -> booked way reached
         call-now -> nurture way no answer
         call-now -> by-email silence unclaimed
         by-email -> nurture way
         by-email -> nurture otherwise no email
         person -> booked way reached
         person -> nurture way no answer
         person -> nurture silence unclaimed",
    )
}

fn fifteen() -> Scene {
    scene(
        "starts start
         welcome ask Hi {name}, {brand} here about the home on {address}. Are you looking to buy within 3 months? 1 yes, 2 no | nudge after 4h, then 1d
         beds ask How many bedrooms do you need? | nudge after 1d
         budget ask What is your budget?
         loan ask Do you have a pre-approval? Reply 1 yes, 2 not yet | nudge after 4h
         look call asks listings
         sort decide
         offer book Here are times to see it with {agent}. | offers 3 of viewings · nudge after 1d
         wait-visit wait until 24h before visit_at
         remind say Reminder: your viewing is tomorrow at {visit_at}. Reply C to change.
         mark set sets lifecycle
         call-now handoff Thanks {name}! An agent will call you in 10 minutes. | agents · hot · call within 10m
         lender.ask ask Would you like an introduction to a lender?
         lender.out say Thanks, we will be in touch.
         by-email email Homes like {address}
         person handoff {name}'s reply was not understood: {last_reply} | agents · normal
         booked won
         viewing won
         nurture neutral
         declined lost",
        "starts -> welcome way
         welcome -> beds way 1 · yes
         welcome -> declined way 2 · no
         welcome -> by-email silence silent 1d
         welcome -> person unclear unclear
         beds -> budget way number
         beds -> by-email silence silent 1d
         beds -> person unclear unclear
         budget -> loan way money
         budget -> loan silence silent 1d
         budget -> person unclear unclear
         loan -> look way 1 · yes
         loan -> lender.ask way 2 · not yet
         loan -> by-email silence silent 1d
         loan -> person unclear unclear
         lender.ask -> look way 1 · yes
         lender.ask -> lender.out way 2 · no
         lender.ask -> look silence silent 1d
         lender.out -> look way
         look -> sort way
         look -> call-now otherwise failed
         sort -> call-now way score ≥ 60 and budget ≥ 500000
         sort -> offer way homes > 0
         sort -> nurture otherwise else
         offer -> mark way
         offer -> call-now otherwise none free
         offer -> by-email silence silent 2d
         offer -> person unclear unclear
         mark -> wait-visit way
         wait-visit -> remind way
         remind -> viewing way
         call-now -> booked way reached
         call-now -> offer way no answer
         call-now -> by-email silence unclaimed
         by-email -> nurture way
         by-email -> nurture otherwise no email
         person -> booked way reached
         person -> nurture way no answer
         person -> nurture silence unclaimed",
    )
}

#[test]
fn pictures_are_written_for_the_eye() {
    let Ok(dir) = std::env::var("PICTURES") else {
        return;
    };
    for (name, scene) in [("test-drive", test_drive()), ("fifteen", fifteen())] {
        for (look, style) in [
            ("light", Style::Light),
            ("dark", Style::Dark),
            ("auto", Style::Auto),
        ] {
            let options = Options { style, live: None };
            let svg = draw::draw(&scene, &options);
            std::fs::write(format!("{dir}/{name}-{look}.svg"), svg).expect("written");
        }
    }
}
