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

/// The number after `name="` in an element.
fn number(element: &str, name: &str) -> f64 {
    let from = element.find(&format!(" {name}=\"")).expect(element) + name.len() + 3;
    let rest = &element[from..];
    rest[..rest.find('"').expect(element)]
        .parse()
        .expect(element)
}

type Box = (f64, f64, f64, f64);

/// Left, top, right, bottom of every box and of every label of a picture.
fn places(svg: &str) -> (Vec<Box>, Vec<Box>) {
    let mut boxes = Vec::new();
    let mut labels = Vec::new();
    for piece in svg.split("<g class=\"node").skip(1) {
        let at = piece.split("translate(").nth(1).expect("placed");
        let mut at = at[..at.find(')').expect("closed")].split(' ');
        let mut next = || -> f64 { at.next().expect("two").parse().expect("number") };
        let (x, y) = (next(), next());
        let of = piece.split("<rect class=\"box\"").nth(1).expect("box");
        boxes.push((x, y, x + number(of, "width"), y + number(of, "height")));
    }
    for piece in svg.split("<rect class=\"label-back\"").skip(1) {
        let (x, y) = (number(piece, "x"), number(piece, "y"));
        labels.push((
            x,
            y,
            x + number(piece, "width"),
            y + number(piece, "height"),
        ));
    }
    (boxes, labels)
}

fn meet(a: &Box, b: &Box) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

#[test]
fn no_box_or_label_lies_on_another() {
    for scene in [test_drive(), fifteen()] {
        let svg = draw::draw(&scene, &Options::default());
        let (boxes, labels) = places(&svg);
        assert_eq!(boxes.len(), scene.nodes.len());
        let all: Vec<&Box> = boxes.iter().chain(&labels).collect();
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                assert!(!meet(a, b), "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn a_step_that_leads_to_itself_and_ways_back_are_drawn() {
    let scene = scene(
        "a ask Hi
         b ask There
         c won",
        "a -> b way yes
         b -> a way back
         b -> b silence again
         b -> c way on",
    );
    let svg = draw::draw(&scene, &Options::default());
    assert_eq!(svg.matches("<g class=\"edge").count(), 4);
    assert!(!svg.contains("NaN"), "{svg}");
}

#[test]
fn what_authors_write_is_text_in_every_form() {
    let evil = "</text><script>alert(\"1\")</script>&amp;#x3c;`|";
    let mut scene = scene("a ask Hi\nb won", "a -> b way yes");
    scene.title = evil.to_string();
    scene.about = evil.to_string();
    scene.nodes[0].title = evil.to_string();
    scene.nodes[0].text = evil.to_string();
    scene.edges[0].labels = vec![evil.to_string()];
    scene.edges[0].exits = vec![evil.to_string()];
    let svg = draw::draw(&scene, &Options::default());
    assert!(!svg.contains("<script"), "{svg}");
    let mermaid = text::mermaid(&scene);
    assert!(
        !mermaid.contains("<script") && !mermaid.contains('`'),
        "{mermaid}"
    );
    let dot = text::dot(&scene);
    assert!(!dot.contains("(\"1"), "{dot}");
}

#[test]
fn equal_flows_give_equal_pictures_and_large_ones_are_drawn_in_time() {
    let boxes: String = (0..120).map(|i| format!("s{i} ask Hello\n")).collect();
    let arrows: String = (0..119)
        .map(|i| {
            let far = (i * 7 + 3) % 120;
            format!(
                "s{i} -> s{} way yes\ns{i} -> s{far} silence silent\n",
                i + 1
            )
        })
        .collect();
    let large = scene(&boxes, &arrows);
    for scene in [fifteen(), large] {
        let options = Options::default();
        assert!(draw::draw(&scene, &options) == draw::draw(&scene, &options));
    }
}

#[test]
fn outcomes_have_the_tone_of_their_names() {
    for (outcome, tone) in [
        ("sold", Tone::Won),
        ("sold-out", Tone::Lost),
        ("viewing_booked", Tone::Won),
        ("happy", Tone::Won),
        ("unhappy", Tone::Neutral),
        ("not-now", Tone::Lost),
        ("unconfirmed", Tone::Neutral),
        ("nurture", Tone::Neutral),
        ("completed", Tone::Neutral),
        ("profile_completed", Tone::Won),
    ] {
        let found = super::scene::tone(outcome, Objective::Qualification);
        assert_eq!(found, tone, "{outcome}");
    }
    // A notice asks for nothing more than to be sent.
    let notice = super::scene::tone("completed", Objective::Notice);
    assert_eq!(notice, Tone::Won);
}
