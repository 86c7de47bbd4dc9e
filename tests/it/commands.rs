//! What the commands do with what people type, and what they say of it: the real binary.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

struct Said {
    code: i32,
    out: String,
    err: String,
}

/// Runs a command in `dir` with `typed` on standard input.
fn replytree(dir: &Path, words: &[&str], typed: &str) -> Said {
    printing_to(Stdio::piped(), dir, words, typed)
}

fn printing_to(out: Stdio, dir: &Path, words: &[&str], typed: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .current_dir(dir)
        .args(words)
        .env_remove("REPLYTREE_DB")
        .env_remove("REPLYTREE_WORKSPACE")
        .env_remove("REPLYTREE_LISTEN")
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that reads nothing may have gone already.
    let _ = input.write_all(typed.as_bytes());
    drop(input);
    let ended = child.wait_with_output().unwrap();
    Said {
        code: ended.status.code().unwrap(),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// A folder with the welcome playbook in it.
fn workspace() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let made = replytree(dir.path(), &["init", "--playbook", "welcome"], "");
    assert_eq!(made.code, 0, "{}", made.err);
    dir
}

#[test]
fn what_cannot_be_done_is_said_with_its_mend() {
    let dir = workspace();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for (words, code, mend) in [
        ("backup copy.db", 1, "no database at replytree.db"),
        (
            "--db sqlite:other.db key list",
            1,
            "no database at other.db",
        ),
        ("--db sqlite:other.db report", 1, "no database at other.db"),
        (
            "--db sqlite:no/such.db key add a --role admin",
            1,
            "cannot open sqlite:no/such.db",
        ),
        ("--db sqlite:flows key list", 1, "cannot open sqlite:flows"),
        (
            "--db postgres://ada:secret@host/db key list",
            1,
            "use --db sqlite:FILE",
        ),
        ("--db mysql key list", 1, "write --db sqlite:FILE"),
        ("--workspace empty check", 1, "`replytree init` makes one"),
        ("check empty", 1, "no flow in empty"),
        ("check nosuch.yaml", 1, "cannot read nosuch.yaml"),
        ("restore flows", 1, "is a folder, not a backup"),
        ("restore nosuch.db", 1, "nosuch.db is not there"),
        ("init", 1, "is a workspace already"),
        ("init new --playbook welcme", 1, "did you mean `welcome`"),
        ("chat welcom", 1, "did you mean `welcome`"),
        ("chat", 2, "<FLOW>"),
        ("chat welcome --lead name", 1, "write it as name=Ada"),
        (
            "graph welcome -o no/such.svg",
            1,
            "cannot write no/such.svg",
        ),
        ("explain E9999", 1, "E9999"),
        ("key add a", 2, "--role"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let said = replytree(dir.path(), &words, "");
        assert_eq!(said.code, code, "{words:?}: {}", said.err);
        let heard = said.err.to_lowercase();
        assert!(
            heard.contains(&mend.to_lowercase()),
            "{words:?}: {}",
            said.err
        );
        assert!(!heard.contains("secret"), "{words:?}: {}", said.err);
    }
    let made = |name: &str| dir.path().join(name).exists();
    assert!(
        !made("replytree.db") && !made("other.db"),
        "a database was made"
    );
}

#[test]
fn a_channel_that_cannot_work_is_found_by_check() {
    let dir = tempfile::tempdir().unwrap();
    for (channel, code, said) in [
        ("carrier: twilio", 1, "the channel has no `account`"),
        (
            "carrier: webhook, api: \"https://g.example\", secret: \"${SECRET}\"",
            1,
            "`whsec_` followed by base64",
        ),
        ("carrier: sandbox", 0, "0 errors"),
    ] {
        let text =
            format!("brand: N\nchannels: {{ main: {{ from: \"+13125550100\", {channel} }} }}\n");
        std::fs::write(dir.path().join("workspace.yaml"), text).unwrap();
        let checked = Command::new(env!("CARGO_BIN_EXE_replytree"))
            .current_dir(dir.path())
            .args(["--workspace", ".", "check"])
            .env("SECRET", "not base64")
            .output()
            .unwrap();
        let out = String::from_utf8(checked.stdout).unwrap();
        assert_eq!(checked.status.code(), Some(code), "{channel}: {out}");
        assert!(out.contains(said), "{channel}: {out}");
    }
}

#[test]
fn a_database_is_replaced_only_by_a_backup_that_holds() {
    let dir = workspace();
    let run = |words: &[&str]| replytree(dir.path(), words, "");
    let keys = || run(&["key", "list"]).out;
    assert_eq!(run(&["key", "add", "crm", "--role", "admin"]).code, 0);
    assert_eq!(run(&["backup", "copy.db"]).code, 0);
    assert_eq!(run(&["key", "add", "site", "--role", "agent"]).code, 0);
    std::fs::write(dir.path().join("not-a-backup.db"), "hello").unwrap();
    for file in ["not-a-backup.db", "nosuch.db", "flows"] {
        assert_eq!(run(&["restore", file, "--replace"]).code, 1, "{file}");
        assert!(keys().contains("site"), "{file}: the database is gone");
    }
    assert_eq!(run(&["restore", "copy.db"]).code, 1);
    assert_eq!(run(&["restore", "copy.db", "--replace"]).code, 0);
    assert!(
        keys().contains("crm") && !keys().contains("site"),
        "{}",
        keys()
    );
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restored"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn each_playbook_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let help = replytree(dir.path(), &["init", "--help"], "").out;
    let (_, list) = help.split_once("Playbooks").unwrap();
    let mut names: Vec<&str> = list
        .lines()
        .skip(1)
        .flat_map(str::split_whitespace)
        .collect();
    names
        .iter_mut()
        .for_each(|name| *name = name.trim_end_matches(','));
    assert!(
        names.contains(&"check-in") && names.contains(&"retail"),
        "{names:?}"
    );
    for name in names {
        let made = replytree(dir.path(), &["init", name, "--playbook", name], "");
        assert_eq!(made.code, 0, "{name}: {}", made.err);
        let words = ["--workspace", name, "check", "--deny", "warnings"];
        let checked = replytree(dir.path(), &words, "");
        assert_eq!(checked.code, 0, "{name}: {}", checked.out);
    }
}

#[test]
fn a_chat_forgives_the_order_and_remembers_why_after_an_undo() {
    let dir = workspace();
    let typed = "yes\n/undo\n/why\nblue\n/why\nnot yet\n/undo\n/why\n/quit\n";
    let said = replytree(
        dir.path(),
        &["chat", "--lead", "name=Ada", "nmae=B", "welcome"],
        typed,
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let why: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.contains("read as") || line.contains("not written"))
        .collect();
    assert_eq!(why.len(), 3, "{}", said.out);
    assert!(why[0].contains("has not written yet"), "{}", why[0]);
    assert!(
        why[1].contains("unclear") && why[2].contains("unclear"),
        "{why:?}"
    );
    assert!(
        said.out.contains("no field `nmae`; did you mean `name`?"),
        "{}",
        said.out
    );
    assert!(said.out.contains("Hi Ada, Northside here."), "{}", said.out);
}

#[test]
fn a_word_that_names_no_place_is_read_as_a_text_and_said_so() {
    let dir = workspace();
    for (words, note) in [
        (vec!["understand", "welcome", "timing", "yes"], None),
        (vec!["understand", "stop", "texting", "me"], None),
        (
            vec!["understand", "welcom", "timing", "yes"],
            Some("did you mean `welcome`?"),
        ),
        (
            vec!["understand", "welcome"],
            Some("understand welcome STEP TEXT"),
        ),
        (
            vec!["understand", "welcome", "call-now", "yes"],
            Some("asks nothing"),
        ),
    ] {
        let said = replytree(dir.path(), &words, "");
        assert_eq!(said.code, 0, "{words:?}");
        match note {
            Some(note) => assert!(said.err.contains(note), "{words:?}: {}", said.err),
            None => assert_eq!(said.err, "", "{words:?}"),
        }
    }
}

#[test]
fn the_sandbox_invites_people_to_this_machine() {
    let dir = workspace();
    let said = replytree(dir.path(), &["user", "add", "dana", "--role", "agent"], "");
    assert!(
        said.err.contains("http://127.0.0.1:8080/welcome/"),
        "{}",
        said.err
    );
}

#[test]
fn explain_without_a_code_lists_them_all() {
    let dir = tempfile::tempdir().unwrap();
    let said = replytree(dir.path(), &["explain"], "");
    assert_eq!(said.code, 0, "{}", said.err);
    for line in [
        "E0001  this is not YAML",
        "E0204  a step is not defined",
        "reading-grade",
    ] {
        assert!(said.out.lines().any(|l| l == line), "{line}\n{}", said.out);
    }
}

/// Two servers on one file would hand over each lead twice; a restore under one would lose what it writes.
#[test]
fn a_database_is_served_once_and_not_replaced_meanwhile() {
    let dir = workspace();
    let run = |words: &[&str]| replytree(dir.path(), words, "");
    assert_eq!(run(&["key", "add", "crm", "--role", "admin"]).code, 0);
    assert_eq!(run(&["backup", "copy.db"]).code, 0);
    let mut server = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .current_dir(dir.path())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(server.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("Replytree is at"), "{line}");
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["restore", "copy.db", "--replace"],
    ] {
        let said = run(words);
        assert_eq!(said.code, 1, "{words:?}");
        let mend = "is being served by another process; stop that one first";
        assert!(said.err.contains(mend), "{words:?}: {}", said.err);
    }
    assert_eq!(run(&["key", "list"]).code, 0, "other commands go on");
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(run(&["restore", "copy.db", "--replace"]).code, 0);
}

/// Whoever starts a server twice is told of the port, and finds no empty database of a server that never was.
#[test]
fn a_port_in_use_is_said_with_its_mend_and_nothing_is_left_behind() {
    let dir = workspace();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let before = files(dir.path());
    for (listen, mend) in [
        (
            format!("127.0.0.1:{port}"),
            format!("another program listens on 127.0.0.1:{port}"),
        ),
        ("8080".to_string(), "--listen 127.0.0.1:8081".to_string()),
    ] {
        let said = replytree(dir.path(), &["serve", "--listen", &listen], "");
        assert_eq!(said.code, 1, "{listen}: {}", said.err);
        assert!(said.err.contains(&mend), "{listen}: {}", said.err);
        assert_eq!(files(dir.path()), before, "{listen}");
    }
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// `| head` reads a line and goes. That is nobody's mistake, and what was found still decides the exit code.
#[test]
#[cfg(unix)]
fn an_output_that_is_closed_ends_a_command_without_a_word() {
    let dir = workspace();
    std::fs::write(dir.path().join("flows/broken.yaml"), "flow: broken\n").unwrap();
    assert_eq!(
        replytree(dir.path(), &["key", "add", "crm", "--role", "admin"], "").code,
        0
    );
    for (words, code) in [
        ("check", 1),
        ("check --format json", 1),
        ("check --format sarif", 1),
        ("check flows/templates/welcome.yaml --report", 0),
        ("test flows/templates/welcome.yaml", 0),
        ("test flows/templates/welcome.yaml --format junit", 0),
        ("graph welcome", 0),
        ("graph welcome --format dot", 0),
        ("explain", 0),
        ("explain E0204", 0),
        ("schema", 0),
        ("report --format human", 0),
        ("report --format json", 0),
        ("report --format csv", 0),
        ("replies welcome", 0),
        ("key list --format human", 0),
        ("key list --format json", 0),
        ("consent verify --format human", 0),
        ("consent export proof.csv --format human", 0),
        ("chat welcome", 0),
        ("understand", 0),
        ("parts", 0),
        ("when", 0),
        ("init other", 0),
        ("--help", 0),
    ] {
        let words_of: Vec<&str> = words.split(' ').collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = printing_to(writer.into(), dir.path(), &words_of, "yes\n+13125550142\n");
        assert_eq!(said.err, "", "{words}");
        assert_eq!(said.code, code, "{words}");
    }
    // What is still in somebody's buffer when it closes, too: input without end must not be read on.
    let said = without_end(dir.path());
    assert_eq!(said, "", "parts of endless input");
}

/// What `yes | replytree parts | head -1` complains of; it hangs if it does not end.
#[cfg(unix)]
fn without_end(dir: &Path) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .current_dir(dir)
        .arg("parts")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let typing = std::thread::spawn(move || while input.write_all(b"yes\n").is_ok() {});
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.contains("GSM-7"), "{line}");
    drop(out);
    let ended = child.wait_with_output().unwrap();
    typing.join().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    String::from_utf8(ended.stderr).unwrap()
}

/// An output that takes nothing for another reason is said, and is a failure.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said() {
    let dir = workspace();
    for words in ["check", "graph welcome", "schema", "parts hi"] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let words_of: Vec<&str> = words.split(' ').collect();
        let said = printing_to(full.unwrap().into(), dir.path(), &words_of, "");
        assert_eq!(said.code, 1, "{words}");
        assert!(said.err.contains("No space left"), "{words}: {}", said.err);
        assert!(!said.err.contains("panicked"), "{words}: {}", said.err);
    }
}

/// A path that is there is the path; any other word is a flow's name, or a slip that is named.
#[test]
fn a_flow_is_checked_and_tested_by_its_name_too() {
    let dir = workspace();
    let file = "flows/templates/welcome.yaml";
    std::fs::write(
        dir.path().join("flows/bad.yaml"),
        "flow: \"bad-one\" # not yet\nsteps\n",
    )
    .unwrap();
    for (words, code, said) in [
        ("check welcome", 0, "1 flow compiled, 0 errors"),
        ("test welcome", 0, file),
        ("check bad-one", 1, "flows/bad.yaml"),
        ("check welcome bad-one", 1, "flows/bad.yaml"),
        ("test bad-one", 1, "flows/bad.yaml"),
        ("--workspace flows test welcome", 0, file),
        (
            "check welcom",
            1,
            "no file, folder or flow `welcom`; did you mean `welcome`?",
        ),
        ("test xyz", 1, "the flows looked through are in flows"),
        (
            "check welcome.yaml",
            1,
            "did you mean flows/templates/welcome.yaml?",
        ),
        (
            "test flows/welcome.yaml",
            1,
            "did you mean flows/templates/welcome.yaml?",
        ),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = replytree(dir.path(), &words, "");
        let heard = format!("{}{}", ran.out, ran.err);
        assert!(heard.contains(said), "{words:?}: {heard}");
        assert_eq!(ran.code, code, "{words:?}: {heard}");
    }
    // A folder of the name stands in the way.
    std::fs::create_dir(dir.path().join("welcome")).unwrap();
    let ran = replytree(dir.path(), &["check", "welcome"], "");
    assert!(ran.err.contains("no flow in welcome"), "{}", ran.err);
}

/// What is said of workspace.yaml points at a key of it, by the path as it was typed.
#[test]
fn a_workspace_is_named_by_its_path_and_underlined_at_a_key() {
    let dir = workspace();
    let real = "channels:\n  main: { carrier: webhook, api: \"https://g.example\", \
                secret: \"${HOOK}\", from: \"+13125550100\" }\n";
    for (text, place, says) in [
        (
            format!("# ours\nbrand: N\n{real}"),
            ":2:1",
            "add `contact` below this",
        ),
        (
            format!("brand: N\ncontact:\n{real}"),
            ":2:1",
            "nothing stands here",
        ),
        (format!("# ours\nbrnad: N\n{real}"), ":2:1", "unknown key"),
        (
            format!(
                "brand: N\ncontact: Call 1\n{}",
                real.replace("${HOOK}", "${SHORT}")
            ),
            ":4:20",
            "cannot work",
        ),
    ] {
        std::fs::write(dir.path().join("flows/workspace.yaml"), &text).unwrap();
        let run = |here: &Path, words: &[&str]| {
            let ran = Command::new(env!("CARGO_BIN_EXE_replytree"))
                .current_dir(here)
                .args(words)
                .env("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
                .env("SHORT", "not base64")
                .output()
                .unwrap();
            String::from_utf8(ran.stdout).unwrap()
        };
        for (here, path) in [("", "flows/workspace.yaml"), ("flows", "workspace.yaml")] {
            let said = run(&dir.path().join(here), &["check"]);
            assert!(
                said.contains(&format!("> {path}{place}\n")),
                "{here}: {said}"
            );
            assert!(said.contains(says), "{here}: {said}");
        }
        let said = run(dir.path(), &["check", "welcome"]);
        assert!(!said.contains("workspace.yaml"), "of another file: {said}");
    }
}

const FOR_REAL: &str = "brand: Acme\nchannels: { main: { carrier: webhook, from: \"+13125550100\", secret: \
    \"${ACME_SECRET}\", api: \"https://gateway.example\" } }\n";

/// A server whose workspace is broken would send by no channel and take what is due for sent.
#[test]
fn a_server_without_a_good_workspace_does_not_start() {
    let dir = workspace();
    let file = dir.path().join("flows/workspace.yaml");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for broken in [FOR_REAL, "brand: Acme\nchannels: [\n", ""] {
        std::fs::write(&file, broken).unwrap();
        let said = replytree(dir.path(), &serve, "");
        assert_eq!(said.code, 1, "{broken}: {}", said.err);
        assert!(
            said.err
                .contains("flows/workspace.yaml has errors, so nothing is served"),
            "{broken}: {}",
            said.err
        );
    }
}

#[test]
fn a_database_that_texted_for_real_does_not_become_a_sandbox_by_itself() {
    let dir = workspace();
    let file = dir.path().join("flows/workspace.yaml");
    std::fs::write(&file, FOR_REAL).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut server = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .current_dir(dir.path())
        .args(serve)
        .env("ACME_SECRET", "0123456789abcdef0123456789abcdef")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = server.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    assert!(line.starts_with("Replytree is at"), "{line}");
    server.kill().unwrap();
    server.wait().unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = replytree(dir.path(), &serve, "");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(
        said.err.contains("texts left for real from this database"),
        "{}",
        said.err
    );
}
