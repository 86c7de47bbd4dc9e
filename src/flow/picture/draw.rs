//! A scene as SVG. Every colour is written as an attribute first, for programs that know no style
//! sheets (slides, `rsvg-convert`), and again by class in `picture.css`, for browsers.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::lead::Name;

use super::layout::{Arrow, Ends, Layout, Point, Size, Way, layout};
use super::measure::{BOLD, shorten, width, wrap};
use super::palette::{Palette, accent};
use super::path::{head_of, path_of};
use super::scene::{Edge, EdgeKind, Node, Scene, Shape, Tone};
use super::{Options, Style, icons};

const CARD_WIDTH: f64 = 232.0;
const PAD: f64 = 14.0;
const MARGIN: f64 = 28.0;
const TITLE: f64 = 13.5;
const TEXT: f64 = 12.0;
const SMALL: f64 = 10.5;
const OUTCOME: f64 = 13.0;
const WAY_IN: f64 = 12.5;
const LINE: f64 = 16.0;
const LABEL: f64 = 11.5;
/// Labels of the ways an answer takes are bold; the others have the room too.
const LABEL_MEASURED: f64 = LABEL * BOLD;
const LABEL_LINE: f64 = 14.0;
const LABEL_WIDTH_MAX: f64 = 190.0;
/// Beside a label, for how many took the arrow.
const COUNT_ROOM: f64 = 34.0;
const FONTS: &str = "Inter,ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,\
                     'Noto Sans',sans-serif";

pub fn draw(scene: &Scene, options: &Options) -> String {
    let cards: Vec<Card> = scene.nodes.iter().map(Card::of).collect();
    let labels: Vec<Vec<String>> = scene.edges.iter().map(label_lines).collect();
    let mut sizes: Vec<Size> = cards.iter().map(|card| card.size).collect();
    let room = options.live.map_or(0.0, |_| COUNT_ROOM);
    let mut arrows = Vec::new();
    let mut drawn = Vec::new();
    for (i, edge) in scene.edges.iter().enumerate() {
        if edge.from == edge.to {
            sizes[edge.from].width = cards[edge.from].size.width + 2.0 * loop_width(&labels[i]);
            continue;
        }
        drawn.push(i);
        arrows.push(Arrow {
            from: edge.from,
            to: edge.to,
            label: label_size(&labels[i]).wider(room),
            weight: match edge.kind {
                EdgeKind::Way => 1.0,
                EdgeKind::Silence | EdgeKind::Unclear | EdgeKind::Otherwise => 0.25,
            },
        });
    }
    let mut layout = layout(&sizes, &arrows, scene.start);
    layout
        .ways
        .iter_mut()
        .for_each(|way| way.label.x -= room / 2.0);
    let mut out = Svg::new(options.style.palette());
    out.open(scene, &layout, options);
    out.frames(scene, &cards, &layout);
    for (way, &i) in layout.ways.iter().zip(&drawn) {
        out.edge(scene, &scene.edges[i], &labels[i], way);
    }
    for (i, edge) in scene.edges.iter().enumerate() {
        if edge.from == edge.to {
            let (at, size) = (layout.boxes[edge.from], cards[edge.from].size);
            out.edge(scene, edge, &labels[i], &around(at, size, &labels[i]));
        }
    }
    for ((node, card), at) in scene.nodes.iter().zip(&cards).zip(&layout.boxes) {
        out.node(node, card, *at, options);
    }
    for (way, &i) in layout.ways.iter().zip(&drawn) {
        let edge = &scene.edges[i];
        out.taken(
            edge,
            &scene.nodes[edge.from].step,
            &labels[i],
            way.label,
            options,
        );
    }
    out.text.push_str("</g></svg>\n");
    out.text
}

/// A node's lines, cut to its size.
struct Card {
    size: Size,
    title: String,
    lines: Vec<String>,
    foot: String,
}

impl Card {
    fn of(node: &Node) -> Card {
        match node.shape {
            Shape::Card => {
                let inner = CARD_WIDTH - 2.0 * PAD;
                let lines = wrap(&node.text, TEXT, inner, 2);
                let foot = shorten(&node.foot, SMALL, inner);
                let foot_height = if foot.is_empty() { 0.0 } else { 18.0 };
                let text_height = match lines.len() {
                    0 => 0.0,
                    n => 4.0 + n as f64 * LINE,
                };
                Card {
                    size: Size {
                        width: CARD_WIDTH,
                        height: 40.0 + text_height + foot_height,
                    },
                    title: shorten(
                        &node.title,
                        TITLE * BOLD,
                        inner - tag_width(node.verb) - 8.0,
                    ),
                    lines,
                    foot,
                }
            }
            Shape::Outcome(_) | Shape::WayIn => {
                let (size, room) = match node.shape {
                    Shape::WayIn => (WAY_IN, 340.0),
                    Shape::Card | Shape::Outcome(_) => (OUTCOME * BOLD, 250.0),
                };
                let title = shorten(&node.title, size, room);
                Card {
                    size: Size {
                        width: width(&title, size) + 46.0,
                        height: 34.0,
                    },
                    title,
                    lines: Vec::new(),
                    foot: String::new(),
                }
            }
        }
    }
}

fn tag_width(verb: &str) -> f64 {
    width(verb, SMALL * BOLD) + 32.0
}

fn label_lines(edge: &Edge) -> Vec<String> {
    let whole = edge.labels.join(" / ");
    if width(&whole, LABEL_MEASURED) <= LABEL_WIDTH_MAX {
        return if whole.is_empty() {
            Vec::new()
        } else {
            vec![whole]
        };
    }
    if edge.labels.len() == 1 {
        return wrap(&whole, LABEL_MEASURED, LABEL_WIDTH_MAX, 2);
    }
    let mut lines: Vec<String> = edge
        .labels
        .iter()
        .take(4)
        .map(|label| shorten(label, LABEL_MEASURED, LABEL_WIDTH_MAX))
        .collect();
    if edge.labels.len() > 4 {
        lines.push(format!("and {} more", edge.labels.len() - 4));
    }
    lines
}

fn label_size(lines: &[String]) -> Size {
    let widest = lines
        .iter()
        .map(|l| width(l, LABEL_MEASURED))
        .fold(0.0, f64::max);
    match lines.len() {
        0 => Size {
            width: 2.0,
            height: 0.0,
        },
        n => Size {
            width: widest + 14.0,
            height: n as f64 * LABEL_LINE + 5.0,
        },
    }
}

fn loop_width(lines: &[String]) -> f64 {
    label_size(lines).width + 22.0
}

/// An arrow from a box to itself, on its right.
fn around(at: Point, size: Size, lines: &[String]) -> Way {
    let side = at.x + size.width / 2.0;
    let far = side + 18.0 + label_size(lines).width / 2.0;
    let (top, bottom) = (at.y - size.height / 4.0, at.y + size.height / 4.0);
    let p = |x, y| Point { x, y };
    Way {
        legs: vec![
            (p(side, bottom), p(side, bottom)),
            (p(far, bottom), p(far, top)),
            (p(side, top), p(side, top)),
        ],
        label: p(far, at.y),
        ends: Ends::Around,
    }
}

struct Svg<'a> {
    text: String,
    palette: &'a Palette,
}

impl<'a> Svg<'a> {
    fn new(palette: &'a Palette) -> Self {
        Svg {
            text: String::new(),
            palette,
        }
    }

    fn push(&mut self, piece: std::fmt::Arguments) {
        // Writing to a `String` cannot fail.
        let _ = self.text.write_fmt(piece);
    }

    fn open(&mut self, scene: &Scene, layout: &Layout, options: &Options) {
        let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
        let (title, about) = (escape(&scene.title), escape(&scene.about));
        self.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flow-picture\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
             role=\"img\" font-family=\"{FONTS}\" data-flow=\"{title}\">\
             <title>{title}</title><desc>{about}</desc>"
        ));
        match options.style {
            Style::Auto => self.push(format_args!("<style>{}</style>", super::css())),
            Style::Light | Style::Dark => {}
            Style::Bare => {}
        }
        if options.style != Style::Bare {
            let canvas = self.palette.canvas;
            self.push(format_args!(
                "<rect class=\"canvas\" width=\"100%\" height=\"100%\" fill=\"{canvas}\"/>"
            ));
        }
        self.push(format_args!(
            "<g transform=\"translate({MARGIN} {MARGIN})\">"
        ));
    }

    fn frames(&mut self, scene: &Scene, cards: &[Card], layout: &Layout) {
        let mut names: Vec<&String> = scene
            .nodes
            .iter()
            .filter_map(|n| n.frame.as_ref())
            .collect();
        names.dedup();
        for name in names {
            let boxes: Vec<Bounds> = members(scene, name)
                .map(|i| Bounds::of(layout.boxes[i], cards[i].size))
                .collect();
            let whole = boxes.iter().copied().reduce(Bounds::with);
            let Some(whole) = whole else { continue };
            // A frame must not seem to hold a step that is not its own: then each box gets its own.
            let strangers = scene.nodes.iter().enumerate().any(|(i, node)| {
                node.frame.as_ref() != Some(name)
                    && Bounds::of(layout.boxes[i], cards[i].size).meets(whole.grown(10.0))
            });
            match strangers {
                false => self.frame(whole.grown(12.0), name),
                true => boxes.iter().for_each(|b| self.frame(b.grown(7.0), "")),
            }
        }
    }

    fn frame(&mut self, b: Bounds, name: &str) {
        let p = self.palette;
        let (w, h) = (b.right - b.left, b.bottom - b.top);
        self.push(format_args!(
            "<g class=\"frame\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" \
             rx=\"16\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.3\" \
             stroke-dasharray=\"2 4\"/>",
            b.left, b.top, p.frame_line
        ));
        if !name.is_empty() {
            self.push(format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{SMALL}\" fill=\"{}\">{}</text>",
                b.left + 12.0,
                b.top - 4.0,
                p.muted,
                escape(name)
            ));
        }
        self.text.push_str("</g>");
    }

    fn edge(&mut self, scene: &Scene, edge: &Edge, label: &[String], way: &Way) {
        let p = self.palette;
        let (line, dash, weight) = match edge.kind {
            EdgeKind::Way => (p.line, "", 1.7),
            EdgeKind::Silence => (p.silence, " stroke-dasharray=\"6 5\"", 1.6),
            EdgeKind::Unclear => (p.faint, " stroke-dasharray=\"1 5\"", 1.8),
            EdgeKind::Otherwise => (p.faint, "", 1.4),
        };
        self.push(format_args!(
            "<g class=\"edge {}\" data-from=\"{}\" data-exit=\"{}\" data-to=\"{}\">",
            edge.kind.class(),
            escape(&scene.nodes[edge.from].step),
            escape(&edge.exits.join(" ")),
            escape(&scene.nodes[edge.to].step),
        ));
        let path = path_of(way);
        self.push(format_args!(
            "<path class=\"line\" d=\"{path}\" fill=\"none\" stroke=\"{line}\" \
             stroke-width=\"{weight}\" stroke-linecap=\"round\"{dash}/>"
        ));
        self.push(format_args!(
            "<path class=\"head\" d=\"{}\" fill=\"{line}\"/>",
            head_of(way)
        ));
        if !label.is_empty() {
            self.label(edge.kind, label, way.label);
        }
        self.text.push_str("</g>");
    }

    fn label(&mut self, kind: EdgeKind, lines: &[String], at: Point) {
        let p = self.palette;
        let size = label_size(lines);
        let (x, y) = (at.x - size.width / 2.0, at.y - size.height / 2.0);
        self.push(format_args!(
            "<rect class=\"label-back\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" \
             height=\"{:.1}\" rx=\"7\" fill=\"{}\"/>",
            size.width, size.height, p.canvas
        ));
        let (ink, weight) = match kind {
            EdgeKind::Way => (p.ink, 600),
            EdgeKind::Silence => (p.silence_ink, 500),
            EdgeKind::Unclear | EdgeKind::Otherwise => (p.muted, 400),
        };
        for (i, line) in lines.iter().enumerate() {
            self.push(format_args!(
                "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" font-size=\"{LABEL}\" \
                 font-weight=\"{weight}\" text-anchor=\"middle\" fill=\"{ink}\">{}</text>",
                at.x,
                y + 13.0 + i as f64 * LABEL_LINE,
                escape(line)
            ));
        }
    }

    fn node(&mut self, node: &Node, card: &Card, at: Point, options: &Options) {
        let (x, y) = (at.x - card.size.width / 2.0, at.y - card.size.height / 2.0);
        let class = match node.shape {
            Shape::Card => "card",
            Shape::Outcome(Tone::Won) => "outcome won",
            Shape::Outcome(Tone::Neutral) => "outcome neutral",
            Shape::Outcome(Tone::Lost) => "outcome lost",
            Shape::WayIn => "way-in",
        };
        self.push(format_args!(
            "<g class=\"node {class} verb-{}\" data-step=\"{}\" \
             transform=\"translate({x:.1} {y:.1})\"><title>{}</title>",
            node.verb,
            escape(&node.step),
            escape(&tooltip(node)),
        ));
        match node.shape {
            Shape::Card => self.card(node, card),
            Shape::Outcome(tone) => self.outcome(card, tone),
            Shape::WayIn => self.way_in(card),
        }
        self.numbers(node, card, options);
        self.text.push_str("</g>");
    }

    fn card(&mut self, node: &Node, card: &Card) {
        let p = self.palette;
        let accent = accent(p, node.verb);
        let Size {
            width: w,
            height: h,
        } = card.size;
        self.push(format_args!(
            "<rect class=\"halo\" x=\"-5\" y=\"-5\" width=\"{:.1}\" height=\"{:.1}\" rx=\"17\" \
             fill=\"none\"/><rect class=\"shadow\" y=\"1.5\" width=\"{w:.1}\" height=\"{h:.1}\" \
             rx=\"12\" fill=\"{}\"/><rect class=\"box\" width=\"{w:.1}\" height=\"{h:.1}\" \
             rx=\"12\" fill=\"{}\" stroke=\"{}\"/>",
            w + 10.0,
            h + 10.0,
            p.shadow,
            p.card,
            p.card_line
        ));
        let tag = tag_width(node.verb);
        let tag_x = w - PAD - tag + 4.0;
        self.push(format_args!(
            "<text class=\"title\" x=\"{PAD}\" y=\"26\" font-size=\"{TITLE}\" \
             font-weight=\"650\" fill=\"{}\">{}</text><g class=\"tag\">\
             <rect class=\"tag-back\" x=\"{tag_x:.1}\" y=\"11\" width=\"{tag:.1}\" height=\"20\" \
             rx=\"10\" fill=\"{}\"/><g transform=\"translate({:.1} 15)\" class=\"icon\" \
             fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\" stroke-linecap=\"round\" \
             stroke-linejoin=\"round\">{}</g><text class=\"tag-text\" x=\"{:.1}\" y=\"24.6\" \
             font-size=\"{SMALL}\" font-weight=\"600\" fill=\"{}\">{}</text></g>",
            p.ink,
            escape(&card.title),
            accent.back,
            tag_x + 8.0,
            accent.ink,
            icons::of(node.verb),
            tag_x + 23.0,
            accent.ink,
            node.verb
        ));
        for (i, line) in card.lines.iter().enumerate() {
            self.push(format_args!(
                "<text class=\"words\" x=\"{PAD}\" y=\"{:.1}\" font-size=\"{TEXT}\" \
                 fill=\"{}\">{}</text>",
                48.0 + i as f64 * LINE,
                p.text,
                escape(line)
            ));
        }
        if !card.foot.is_empty() {
            self.push(format_args!(
                "<text class=\"foot\" x=\"{PAD}\" y=\"{:.1}\" font-size=\"{SMALL}\" \
                 fill=\"{}\">{}</text>",
                h - 12.0,
                p.muted,
                escape(&card.foot)
            ));
        }
    }

    fn outcome(&mut self, card: &Card, tone: Tone) {
        let tone = self.palette.tone(tone);
        let Size {
            width: w,
            height: h,
        } = card.size;
        self.push(format_args!(
            "<rect class=\"halo\" x=\"-5\" y=\"-5\" width=\"{:.1}\" height=\"{:.1}\" rx=\"22\" \
             fill=\"none\"/><rect class=\"box\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"17\" \
             fill=\"{}\" stroke=\"{}\"/><circle class=\"dot\" cx=\"18\" cy=\"{:.1}\" r=\"4\" \
             fill=\"{}\"/><text class=\"title\" x=\"30\" y=\"21.6\" font-size=\"{OUTCOME}\" \
             font-weight=\"600\" fill=\"{}\">{}</text>",
            w + 10.0,
            h + 10.0,
            tone.back,
            tone.line,
            h / 2.0,
            tone.ink,
            tone.ink,
            escape(&card.title)
        ));
    }

    fn way_in(&mut self, card: &Card) {
        let p = self.palette;
        let Size {
            width: w,
            height: h,
        } = card.size;
        self.push(format_args!(
            "<rect class=\"box\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"17\" fill=\"none\" \
             stroke=\"{}\" stroke-dasharray=\"3 4\"/><text class=\"title\" x=\"{:.1}\" y=\"21.6\" \
             font-size=\"{WAY_IN}\" font-weight=\"500\" text-anchor=\"middle\" fill=\"{}\">{}</text>",
            p.line,
            w / 2.0,
            p.muted,
            escape(&card.title)
        ));
    }

    /// How many leads stand here, went through and were lost, on the box's corners.
    fn numbers(&mut self, node: &Node, card: &Card, options: &Options) {
        let Some(live) = options.live else { return };
        let of = |counts: &BTreeMap<Name, u64>| {
            let count = counts.get(node.step.as_str()).copied();
            count.filter(|count| *count > 0)
        };
        let p = self.palette;
        let Size { width, height } = card.size;
        if let Some(count) = of(&live.waiting) {
            let text = count.to_string();
            let x = width + 8.0 - pill_width(&text);
            self.pill("count", &text, Point { x, y: 0.0 }, p.count, p.count_ink);
        }
        let left = |y| Point { x: 12.0, y };
        if let Some(count) = of(&live.passed) {
            let (text, at) = match node.shape {
                Shape::Card => (format!("{count} passed"), left(0.0)),
                Shape::Outcome(_) | Shape::WayIn => {
                    let text = count.to_string();
                    let x = width + 6.0 - pill_width(&text);
                    (text, Point { x, y: 0.0 })
                }
            };
            self.pill("tally-passed", &text, at, p.neutral.back, p.neutral.ink);
        }
        if let Some(count) = of(&live.dropped) {
            let text = format!("{count} dropped");
            self.pill(
                "tally-dropped",
                &text,
                left(height),
                p.lost.back,
                p.lost.ink,
            );
        }
    }

    /// How many took the arrow, beside its label.
    fn taken(&mut self, edge: &Edge, from: &str, label: &[String], at: Point, options: &Options) {
        let Some(live) = options.live else { return };
        let exits = edge.exits.iter();
        let count: u64 = exits
            .filter_map(|exit| {
                let key = (Name::from(from), Name::from(exit.as_str()));
                live.taken.get(&key)
            })
            .sum();
        if count == 0 {
            return;
        }
        let text = count.to_string();
        let x = match label.is_empty() {
            true => at.x + (COUNT_ROOM - pill_width(&text)) / 2.0,
            false => at.x + label_size(label).width / 2.0 + 2.0,
        };
        let p = self.palette;
        self.pill(
            "tally-taken",
            &text,
            Point { x, y: at.y },
            p.blue_back(),
            p.count,
        );
    }

    /// `at` is the middle of its left side.
    fn pill(&mut self, class: &str, text: &str, at: Point, back: &str, ink: &str) {
        let w = pill_width(text);
        self.push(format_args!(
            "<g class=\"{class}\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"20\" \
             rx=\"10\" fill=\"{back}\"/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" \
             font-weight=\"700\" text-anchor=\"middle\" fill=\"{ink}\">{text}</text></g>",
            at.x,
            at.y - 10.0,
            at.x + w / 2.0,
            at.y + 4.0,
        ));
    }
}

fn pill_width(text: &str) -> f64 {
    (width(text, 11.0 * BOLD) + 15.0).max(22.0)
}

fn members<'s>(scene: &'s Scene, frame: &'s str) -> impl Iterator<Item = usize> + 's {
    let inside = move |node: &Node| node.frame.as_deref() == Some(frame);
    let nodes = scene.nodes.iter().enumerate();
    nodes.filter(move |(_, node)| inside(node)).map(|(i, _)| i)
}

fn tooltip(node: &Node) -> String {
    [node.title.as_str(), node.text.as_str(), node.foot.as_str()]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

#[derive(Clone, Copy)]
struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    fn of(at: Point, size: Size) -> Bounds {
        Bounds {
            left: at.x - size.width / 2.0,
            top: at.y - size.height / 2.0,
            right: at.x + size.width / 2.0,
            bottom: at.y + size.height / 2.0,
        }
    }

    fn with(self, other: Bounds) -> Bounds {
        Bounds {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn grown(self, by: f64) -> Bounds {
        Bounds {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    fn meets(self, other: Bounds) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// For text and for attributes in double quotes. Controls that XML 1.0 forbids are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
