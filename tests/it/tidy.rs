//! The house rules that no compiler checks: who may import whom (docs/ARCHITECTURE.md), how long a
//! file may be, what the pure half never touches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A module, and what it may import besides itself.
pub const MAY_IMPORT: &[(&str, &str)] = &[
    ("time", ""),
    ("diagnostic", ""),
    ("lead", "time"),
    ("reply", "time lead"),
    ("policy", "time lead"),
    ("experiment", "time lead"),
    ("conversation", "time lead policy"),
    (
        "flow",
        "time diagnostic lead reply policy conversation experiment",
    ),
    (
        "lint",
        "time diagnostic lead policy conversation flow reply",
    ),
    (
        "advance",
        "time lead reply policy experiment conversation flow",
    ),
    ("store", "time lead policy conversation"),
    ("carrier", "time lead conversation"),
    ("email", "time lead conversation"),
    (
        "runtime",
        "time diagnostic lead reply policy experiment conversation flow lint advance store carrier email",
    ),
    (
        "sim",
        "time diagnostic lead reply policy experiment conversation flow lint advance store carrier email \
         runtime",
    ),
    ("import", "time lead policy store runtime"),
    ("kpi", "time lead conversation store"),
    (
        "web",
        "time diagnostic lead reply policy experiment conversation flow lint advance store carrier email \
         runtime import kpi",
    ),
];

/// The pure half: no waiting, no machine.
const PURE: &str = "time diagnostic lead reply policy experiment conversation flow lint advance";
const IMPURE: &[&str] = &[
    "tokio", "axum", "rusqlite", "std::fs", "std::env", "async fn", "reqwest",
];

/// Lines a file may have; one that is a table may say so with `tidy: table`.
const LINES_MAX: usize = 700;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).expect("src is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file is text");
            (
                path.strip_prefix(&root).expect("below src").to_path_buf(),
                text,
            )
        })
        .collect()
}

fn module_of(path: &Path) -> String {
    let first = path.components().next().expect("a path has a part");
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_string()
}

/// The code of a file without its comments and without its tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("\n#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..end]
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.split("//").next().unwrap_or("")))
}

#[test]
fn modules_import_only_what_their_row_allows() {
    let rows: BTreeMap<&str, Vec<&str>> = MAY_IMPORT
        .iter()
        .map(|(name, row)| (*name, row.split_whitespace().collect()))
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        let Some(row) = rows.get(module.as_str()) else {
            continue;
        };
        for (line, code) in code(&text) {
            for (at, _) in code.match_indices("crate::") {
                let other: String = code[at + 7..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                if rows.contains_key(other.as_str())
                    && other != module
                    && !row.contains(&other.as_str())
                {
                    wrong.push(format!(
                        "src/{}:{line}: {module} imports {other}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_half_touches_no_machine() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !PURE.split_whitespace().any(|pure| pure == module_of(&path)) {
            continue;
        }
        for (line, code) in code(&text) {
            for word in IMPURE.iter().filter(|word| code.contains(**word)) {
                wrong.push(format!(
                    "src/{}:{line}: {word} in the pure half",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_clock_reads_the_wall() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| !path.ends_with("runtime/clock.rs"))
        .flat_map(|(path, text)| {
            code(text)
                .filter(|(_, code)| {
                    code.contains("SystemTime::now") || code.contains("Timestamp::now")
                })
                .map(|(line, _)| format!("src/{}:{line}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_is_short_enough_to_be_read() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX && !text.contains("tidy: table"))
        .map(|(path, text)| format!("src/{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_stands_in_the_store_only() {
    let verbs = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "];
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| module_of(path) != "store")
        .flat_map(|(path, text)| {
            code(text)
                .filter(|(_, code)| verbs.iter().any(|verb| code.contains(verb)))
                .map(|(line, _)| format!("src/{}:{line}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever closes the output early (`| head`) is answered in one place.
#[test]
fn commands_print_through_output_only() {
    let ways = ["println!", "print!", "io::stdout().lock", "anstream::"];
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| module_of(path) == "cli" && !path.ends_with("output.rs"))
        .flat_map(|(path, text)| {
            code(text)
                .filter(|(_, code)| ways.iter().any(|way| code.contains(way)))
                .map(|(line, _)| format!("src/{}:{line}", path.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
