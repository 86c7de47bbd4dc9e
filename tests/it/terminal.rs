//! What is changed from a terminal stands in the audit log beside what is changed in the console.

use std::path::Path;
use std::process::Command;

use replytree::store::{self, AuditQuery, AuditRow};

fn run(dir: &Path, args: &[&str]) -> bool {
    let done = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .arg("--workspace")
        .arg(dir.join("flows"))
        .arg("--db")
        .arg(format!("sqlite:{}", dir.join("t.db").display()))
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    done.status.success()
}

fn log(dir: &Path) -> Vec<AuditRow> {
    let store = store::open(&format!("sqlite:{}", dir.join("t.db").display())).unwrap();
    let all = AuditQuery {
        limit: 100,
        ..AuditQuery::default()
    };
    let mut rows = store.audit(&all).unwrap();
    rows.reverse();
    rows
}

#[test]
fn every_command_that_changes_data_is_in_the_log_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let flows = dir.join("flows");
    std::fs::create_dir(&flows).unwrap();
    std::fs::write(flows.join("workspace.yaml"), crate::web::WORKSPACE).unwrap();
    std::fs::write(flows.join("drive.yaml"), crate::web::DRIVE).unwrap();
    std::fs::write(flows.join("notice.yaml"), crate::web::NOTICE).unwrap();
    let rows =
        "phone,name,model,consent wording\n+13125550142,Ada,Aster,Yes\n+13125550143,Bo,Aster,Yes\n";
    std::fs::write(dir.join("leads.csv"), rows).unwrap();

    let import = ["import", "leads.csv", "--consent", "Text me"];
    let lead = "+13125550142";
    for (args, good, noted) in [
        (
            &["key", "add", "crm", "--role", "agent"][..],
            true,
            Some(("key add", "crm (agent)")),
        ),
        (&["key", "add", "crm", "--role", "agent"], false, None),
        (&["key", "list"], true, None),
        (&["key", "revoke", "crm"], true, Some(("key revoke", "crm"))),
        (
            &["user", "add", "dana", "--role", "agent"],
            true,
            Some(("user add", "dana")),
        ),
        (
            &["user", "reset", "dana"],
            true,
            Some(("user reset", "dana")),
        ),
        (
            &["user", "disable", "dana"],
            true,
            Some(("user disable", "dana")),
        ),
        (&["user", "list"], true, None),
        (&[import.as_slice(), &["--dry-run"]].concat(), true, None),
        (&import, true, Some(("import", "2 rows, 0 refused"))),
        (
            &["enroll", "drive", "--csv", "leads.csv", "--dry-run"],
            true,
            None,
        ),
        (
            &["enroll", "drive", "--csv", "leads.csv"],
            true,
            Some(("enroll", "drive, 2 leads")),
        ),
        (&["resume", "drive"], false, None),
        (&["prune", "--dry-run"], true, None),
        (
            &["prune"],
            true,
            Some(("prune", "0 asked, 0 pruned, 0 reassigned")),
        ),
        (
            &["retention"],
            true,
            Some((
                "retention",
                "0 texts blanked, 0 leads forgotten, 0 proofs ended",
            )),
        ),
        (&["consent", "verify"], true, None),
        (&["consent", "show", lead], true, Some(("consent show", ""))),
        (
            &["consent", "export", "proof.csv"],
            true,
            Some(("consent export", "2 rows")),
        ),
        (&["backup", "copy.db"], true, Some(("backup", "copy.db"))),
        (&["review"], true, None),
        (&["erase", lead], true, Some(("erase", ""))),
        (&["erase", lead], false, None),
    ] {
        let before = match dir.join("t.db").exists() {
            true => log(dir).len(),
            false => 0,
        };
        assert_eq!(run(dir, args), good, "{args:?}");
        let rows = log(dir);
        let new = rows[before..]
            .iter()
            .map(|row| (row.act.as_str(), row.about.as_str()));
        let wanted = noted.map(|(act, about)| (format!("replytree {act}"), about));
        let wanted = wanted.iter().map(|(act, about)| (act.as_str(), *about));
        assert_eq!(
            new.collect::<Vec<_>>(),
            wanted.collect::<Vec<_>>(),
            "{args:?}"
        );
    }
    let rows = log(dir);
    for row in &rows {
        assert!(row.actor.starts_with("terminal: "), "{row:?}");
        assert!(row.actor.len() > "terminal: ".len(), "{row:?}");
        assert!(!format!("{row:?}").contains("0142"), "{row:?}");
    }
    // Whom it was about is told by what stands for them in the ledger, before and after the erasure.
    let of = |act: &str| rows.iter().find(|row| row.act == act).unwrap().lead;
    assert!(of("replytree erase").is_some());
    assert_eq!(of("replytree erase"), of("replytree consent show"));
}
