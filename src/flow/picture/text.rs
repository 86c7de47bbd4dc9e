//! A scene as text for other programs that draw: Graphviz and Mermaid.

use std::fmt::Write;

use super::measure::wrap;
use super::scene::{EdgeKind, Node, Scene, Shape, Tone};

pub fn dot(scene: &Scene) -> String {
    let mut out = format!(
        "digraph \"{}\" {{\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", \
         fillcolor=\"#ffffff\", color=\"#9aa2b3\", fontname=\"Helvetica\", fontsize=11];\n  \
         edge [color=\"#6b7488\", fontname=\"Helvetica\", fontsize=10];\n",
        quoted(&scene.title)
    );
    for (i, node) in scene.nodes.iter().enumerate() {
        let look = match node.shape {
            Shape::Card => "",
            Shape::Outcome(Tone::Won) => ", shape=oval, fillcolor=\"#e2f6ea\"",
            Shape::Outcome(Tone::Neutral) => ", shape=oval, fillcolor=\"#eef0f5\"",
            Shape::Outcome(Tone::Lost) => ", shape=oval, fillcolor=\"#fdeaea\"",
            Shape::WayIn => ", shape=plaintext, style=\"\"",
        };
        let lines: Vec<String> = lines(node).iter().map(|line| quoted(line)).collect();
        let _ = writeln!(out, "  n{i} [label=\"{}\"{look}];", lines.join("\\n"));
    }
    for edge in &scene.edges {
        let style = match edge.kind {
            EdgeKind::Way => "",
            EdgeKind::Silence => ", style=dashed",
            EdgeKind::Unclear => ", style=dotted",
            EdgeKind::Otherwise => ", color=\"#9aa2b3\"",
        };
        let label = quoted(&edge.labels.join(" / "));
        let _ = writeln!(
            out,
            "  n{} -> n{} [label=\"{label}\"{style}];",
            edge.from, edge.to
        );
    }
    out.push_str("}\n");
    out
}

pub fn mermaid(scene: &Scene) -> String {
    let mut out = String::from("flowchart TD\n");
    for (i, node) in scene.nodes.iter().enumerate() {
        let text = lines(node)
            .iter()
            .map(|line| entities(line))
            .collect::<Vec<_>>()
            .join("<br/>");
        let _ = match node.shape {
            Shape::Card => writeln!(out, "  n{i}(\"{text}\")"),
            Shape::Outcome(tone) => {
                let class = match tone {
                    Tone::Won => "won",
                    Tone::Neutral => "neutral",
                    Tone::Lost => "lost",
                };
                writeln!(out, "  n{i}([\"{text}\"]):::{class}")
            }
            Shape::WayIn => writeln!(out, "  n{i}>\"{text}\"]"),
        };
    }
    for edge in &scene.edges {
        let arrow = match edge.kind {
            EdgeKind::Way | EdgeKind::Otherwise => "-->",
            EdgeKind::Silence | EdgeKind::Unclear => "-.->",
        };
        let label = entities(&edge.labels.join(" / "));
        let _ = match label.is_empty() {
            true => writeln!(out, "  n{} {arrow} n{}", edge.from, edge.to),
            false => writeln!(out, "  n{} {arrow}|\"{label}\"| n{}", edge.from, edge.to),
        };
    }
    out.push_str(
        "  classDef won fill:#e2f6ea,stroke:#9ad9b4,color:#116939\n  classDef neutral \
         fill:#eef0f5,stroke:#c9cfdb,color:#434b5e\n  classDef lost \
         fill:#fdeaea,stroke:#f0b7b7,color:#a32020\n",
    );
    out
}

fn lines(node: &Node) -> Vec<String> {
    let head = match node.shape {
        Shape::Card => format!("{} · {}", node.title, node.verb),
        Shape::Outcome(_) | Shape::WayIn => node.title.clone(),
    };
    let mut lines = vec![head];
    lines.extend(wrap(&node.text, 11.0, 190.0, 2));
    lines.extend((!node.foot.is_empty()).then(|| node.foot.clone()));
    lines
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', " ")
}

/// Mermaid reads `#` and `;` as the bounds of an entity; all that could end a text is one.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | ';' | '`' | '|' | '\\' => {
                let _ = write!(out, "#{};", c as u32);
            }
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
