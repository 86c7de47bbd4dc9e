//! How long a workspace of 100 flows with 30 steps each takes to compile from YAML, and how long one
//! flow alone. Prints milliseconds and bytes a second.
//!
//! `cargo bench --bench compile`

use std::fmt::Write as _;
use std::time::Instant;

use replytree::diagnostic::Source;
use replytree::flow::compile;
use replytree::flow::workspace::Workspace;

const FLOWS: usize = 100;
const STEPS: usize = 30;
const RUNS: usize = 7;

fn main() {
    let workspace = Workspace::default();
    let sources: Vec<Source> = (0..FLOWS).map(flow).collect();
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    let compiled = compile(&workspace, &sources);
    assert_eq!(
        compiled.flows.len(),
        FLOWS,
        "{:?}",
        compiled.diagnostics.first()
    );
    let all = median(|| drop(compile(&workspace, &sources)));
    let one = median(|| drop(compile(&workspace, &sources[..1])));
    println!(
        "{FLOWS} flows of {STEPS} steps ({} kB): {all:.1} ms",
        bytes / 1024
    );
    println!(
        "one of them: {one:.2} ms; {:.1} MB/s",
        bytes as f64 / 1e6 / (all / 1e3)
    );
}

/// Twenty-eight questions in a row, a handoff and an end.
fn flow(n: usize) -> Source {
    let mut text = format!(
        "flow: bench-{n}\nabout: A long one.\nobjective: qualification\nkind: marketing\n\
         lead:\n  name: {{ fallback: there }}\nstart: q0\nsteps:\n"
    );
    for step in 0..STEPS - 2 {
        let next = if step + 1 == STEPS - 2 {
            "call".to_string()
        } else {
            format!("q{}", step + 1)
        };
        let _ = write!(
            text,
            "  q{step}:\n    ask: \"Hi {{name}}, {{brand}} asks question {step}. Reply 1 for yes, 2 \
             for no. STOP to opt out.\"\n    answers:\n      yes: {{ key: 1, score: 5, then: {next} \
             }}\n      no: {{ key: 2, words: [not now], then: done }}\n    no_reply:\n      - {{ \
             after: 4h, say: \"Still there? Reply 1 for yes, 2 for no.\" }}\n      - {{ after: 1d, \
             then: done }}\n"
        );
    }
    text.push_str(
        "  call: { handoff: sales, brief: \"{name} is ready.\", outcomes: { reached: done, \
         no_answer: done, unclaimed: done } }\n  done: { end: done }\n",
    );
    Source {
        file: format!("bench-{n}.yaml"),
        text,
    }
}

fn median(mut run: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}
