#[test]
fn scratch() {
    let Ok(dir) = std::env::var("FLOWS") else {
        return;
    };
    let mut sources = vec![];
    fn walk(p: &std::path::Path, out: &mut Vec<replytree::diagnostic::Source>) {
        for e in std::fs::read_dir(p).unwrap() {
            let p = e.unwrap().path();
            if p.is_dir() {
                walk(&p, out)
            } else if p.extension().is_some_and(|e| e == "yaml") && !p.ends_with("workspace.yaml") {
                out.push(replytree::diagnostic::Source {
                    file: p.display().to_string(),
                    text: std::fs::read_to_string(&p).unwrap(),
                })
            }
        }
    }
    walk(std::path::Path::new(&dir), &mut sources);
    let mut w = super::compile::workspace();
    let t = w.teams.values().next().unwrap().clone();
    let c = w.calendars.values().next().unwrap().clone();
    let e = w.endpoints.values().next().unwrap().clone();
    for n in std::env::var("NAMES").unwrap_or_default().split(',') {
        w.teams.insert(n.into(), t.clone());
        w.calendars.insert(n.into(), c.clone());
        w.endpoints.insert(n.into(), e.clone());
    }
    let c = replytree::flow::compile(&w, &sources);
    println!(
        "{}",
        replytree::diagnostic::render(
            &c.diagnostics,
            &sources,
            replytree::diagnostic::Colour::Never
        )
    );
    println!("{} flows of {}", c.flows.len(), sources.len());
}
