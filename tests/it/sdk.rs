//! The carriers' own Python libraries sign webhooks; `replytree hook` must hold those that are good
//! and refuse those that were tampered with. Signing is tests/sdk/sign.py; here the binary judges.
//!
//! Needs a virtual environment with tests/sdk/requirements.txt: `REPLYTREE_SDK_PYTHON`, else
//! target/sdk-venv/bin/python. Without one the test says that it was skipped, and why; with
//! `REPLYTREE_SDK=required` it fails instead.

#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

fn python() -> PathBuf {
    std::env::var_os("REPLYTREE_SDK_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sdk-venv/bin/python"),
        PathBuf::from,
    )
}

/// What the libraries signed, or why there is nothing.
fn signed() -> Result<Vec<Json>, String> {
    let python = python();
    if !python.exists() {
        return Err(format!("there is no {}", python.display()));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/sign.py");
    let out = Command::new(python)
        .arg(script)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&out.stderr);
    if !out.status.success() && said.contains("ModuleNotFoundError") {
        return Err(said.trim().lines().last().unwrap_or("").to_string());
    }
    assert!(out.status.success(), "sign.py: {said}");
    Ok(serde_json::from_slice(&out.stdout).expect("sign.py prints JSON"))
}

/// A workspace whose channel `main` is the case's.
fn workspace(dir: &Path, case: &Json) {
    let mut yaml =
        String::from("brand: Test\npublic_url: https://hooks.example\nchannels:\n  main:\n");
    yaml += &format!(
        "    carrier: {}\n    from: \"+12025550111\"\n",
        case["carrier"].as_str().unwrap()
    );
    for (key, value) in case["settings"].as_object().unwrap() {
        yaml += &format!("    {key}: {value}\n");
    }
    std::fs::write(dir.join("workspace.yaml"), yaml).unwrap();
}

fn hook(dir: &Path, case: &Json) -> (i32, Json) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .args([
            "hook",
            "main",
            "--format",
            "json",
            "--at",
            case["at"].as_str().unwrap(),
        ])
        .arg("--workspace")
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(case["raw"].as_str().unwrap().as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    let json = serde_json::from_slice(&out.stdout).unwrap_or_default();
    (out.status.code().unwrap(), json)
}

#[test]
fn what_the_carriers_own_libraries_sign_is_held_and_what_was_tampered_with_is_not() {
    let cases = match signed() {
        Ok(cases) => cases,
        Err(why) => {
            let required = std::env::var("REPLYTREE_SDK").is_ok_and(|value| value == "required");
            assert!(!required, "the carriers' libraries are required: {why}");
            println!("skipped: {why}");
            return;
        }
    };
    let dir = tempfile::tempdir().unwrap();
    for case in &cases {
        workspace(dir.path(), case);
        let (code, json) = hook(dir.path(), case);
        let name = case["name"].as_str().unwrap();
        let valid = case["valid"].as_bool().unwrap();
        assert_eq!(
            (code == 0, &json["valid"]),
            (valid, &case["valid"]),
            "{name}: {json}"
        );
        if let Some(text) = case["text"].as_str() {
            assert_eq!(json["events"][0]["text"], text, "{name}: {json}");
            assert_eq!(json["events"][0]["from"], "+14135550122", "{name}: {json}");
        }
    }
    let good = cases.iter().filter(|case| case["valid"] == true).count();
    println!(
        "{good} good and {} tampered webhooks were told apart",
        cases.len() - good
    );
    assert!(good > 20 && cases.len() > 60);
}
