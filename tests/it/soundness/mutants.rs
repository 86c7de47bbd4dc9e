//! The shipped flows with one thing changed each: a step dropped, an exit led elsewhere, a span or a
//! number counted otherwise.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use replytree::flow::workspace::{self, Workspace};

pub struct Shipped {
    name: String,
    lines: Vec<String>,
    steps: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Change {
    flow: usize,
    edits: Vec<Edit>,
}

#[derive(Debug, Clone)]
enum Edit {
    Drop(usize),
    Lead { from: usize, to: usize },
    Count { what: usize, to: usize },
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("workspace.yaml")
        {
            found.push(path);
        }
    }
}

/// The flows as they lie in `flows`, without their tests, and their workspace under a short address.
pub fn shipped() -> (Arc<Workspace>, Vec<Shipped>) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("flows");
    let text = std::fs::read_to_string(root.join("workspace.yaml")).unwrap();
    let (workspace, problems) = workspace::read("workspace.yaml", &text, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    let workspace = Workspace {
        public_url: Some("https://n.example".to_string()),
        ..workspace
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let flows = paths.iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<String> = text
            .lines()
            .take_while(|line| *line != "tests:")
            .map(str::to_string)
            .collect();
        let name = lines.iter().find_map(|line| line.strip_prefix("flow: "));
        let name = name.unwrap().to_string();
        let steps = steps(&lines).map(|(name, _)| name).collect();
        Shipped { name, lines, steps }
    });
    (Arc::new(workspace), flows.collect())
}

/// The name of each step and the lines it takes.
fn steps(lines: &[String]) -> impl Iterator<Item = (String, std::ops::Range<usize>)> {
    let head =
        |line: &str| line.starts_with("  ") && line[2..].starts_with(|c: char| c.is_alphanumeric());
    let first = lines.iter().position(|line| line == "steps:").unwrap() + 1;
    let last = lines[first..]
        .iter()
        .position(|line| line.starts_with(|c: char| c.is_alphanumeric()))
        .map_or(lines.len(), |at| first + at);
    let heads: Vec<usize> = (first..last).filter(|at| head(&lines[*at])).collect();
    let mut ends: Vec<usize> = heads.iter().skip(1).copied().collect();
    ends.push(last);
    let named: Vec<(String, std::ops::Range<usize>)> = heads
        .into_iter()
        .zip(ends)
        .map(|(head, end)| {
            let name = lines[head].trim().split(':').next().unwrap();
            (name.to_string(), head..end)
        })
        .collect();
    named.into_iter()
}

pub fn change(shipped: &[Shipped]) -> impl Strategy<Value = Change> + use<> {
    let edit = prop_oneof![
        1 => any::<usize>().prop_map(Edit::Drop),
        4 => (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Edit::Lead { from, to }),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(what, to)| Edit::Count { what, to }),
    ];
    (0..shipped.len(), prop::collection::vec(edit, 1..3))
        .prop_map(|(flow, edits)| Change { flow, edits })
}

const COUNTS: [&str; 4] = ["after: ", "tries: ", "at_most: ", "wait: "];
const EXITS: [&str; 5] = [
    "then: ",
    "no_answer: ",
    "unclaimed: ",
    "reached: ",
    "failed: ",
];

impl Change {
    pub fn flow<'s>(&self, shipped: &'s [Shipped]) -> &'s str {
        &shipped[self.flow].name
    }

    pub fn files(&self, shipped: &[Shipped]) -> Vec<String> {
        let flow = &shipped[self.flow];
        let mut lines = flow.lines.clone();
        for edit in &self.edits {
            edit.make(&mut lines, &flow.steps);
        }
        let runs = |other: &&Shipped| {
            let run = format!("run: {}", other.name);
            flow.lines
                .iter()
                .any(|line| line.trim_end().ends_with(&run))
        };
        let others = shipped.iter().filter(runs).map(|other| &other.lines);
        std::iter::once(&lines)
            .chain(others)
            .map(|lines| lines.join("\n") + "\n")
            .collect()
    }

    pub fn shown(&self, shipped: &[Shipped]) -> String {
        format!("{self:?}\n{}", self.files(shipped).join("\n---\n"))
    }
}

/// Where a value stands behind one of `keys`: the line, and the bytes in it.
fn values(lines: &[String], keys: &[&str]) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for key in keys {
            for (start, _) in line.match_indices(key) {
                let from = start + key.len();
                let rest = &line[from..];
                let length = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
                    .unwrap_or(rest.len());
                if length > 0 {
                    found.push((at, from..from + length));
                }
            }
        }
    }
    found
}

impl Edit {
    fn make(&self, lines: &mut Vec<String>, names: &[String]) {
        match self {
            Edit::Drop(which) => {
                let steps: Vec<_> = steps(lines).collect();
                if let Some((_, range)) = steps.get(which % steps.len().max(1)) {
                    lines.drain(range.clone());
                }
            }
            Edit::Lead { from, to } => {
                let exits = values(lines, &EXITS);
                let (at, range) = exits[from % exits.len()].clone();
                let to = names
                    .get(to % (names.len() + 1))
                    .map_or("end", String::as_str);
                lines[at].replace_range(range, to);
            }
            Edit::Count { what, to } => {
                let counts = values(lines, &COUNTS);
                let Some((at, range)) = counts.get(what % counts.len().max(1)).cloned() else {
                    return;
                };
                let number = lines[at][range.clone()].parse::<u32>().is_ok();
                let to = match number {
                    true => ["0", "1", "3", "9"][to % 4],
                    false => ["30m", "2h", "1d", "10d"][to % 4],
                };
                lines[at].replace_range(range, to);
            }
        }
    }
}
