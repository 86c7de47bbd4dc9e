use super::*;

fn tree(source: &str) -> Node {
    let (root, problems) = read("t.yaml", source);
    assert!(problems.is_empty(), "{problems:?}");
    root.unwrap()
}

fn codes(source: &str) -> Vec<(&'static str, String)> {
    let (_, problems) = read("t.yaml", source);
    let piece = |p: &Diagnostic| source[p.span.range()].to_string();
    problems.iter().map(|p| (p.code, piece(p))).collect()
}

#[test]
fn words_stay_words_and_numbers_stay_as_written() {
    let root = tree("yes: no\non: 1.10\nnull_: ~\nq: \"~\"");
    assert_eq!(root.get("yes").unwrap().text(), Some("no"));
    assert_eq!(root.get("on").unwrap().text(), Some("1.10"));
    assert!(root.get("null_").is_none());
    assert_eq!(root.get("q").unwrap().text(), Some("~"));
}

#[test]
fn a_piece_of_a_text_is_found_where_it_was_written() {
    for source in [
        "k: Hé {nmae}, hi",
        "k: \"Hé \\\"x\\\" \\u00e9 {nmae}, hi\"",
        "k: 'it''s {nmae}'",
        "k: >-\n  Hello there\n  my {nmae}, hi\n",
        "k: |\n    one\n      two {nmae}\n    three\n",
        "k: >\n\n  a\n\n  b {nmae}\n",
        "k: \"a\n  b \\\n  c {nmae}\"",
        "k: plain\n  folded {nmae} on\nz: 1",
        "\u{feff}k: bom {nmae}",
    ] {
        let root = tree(source);
        let node = root.get("k").unwrap();
        let at = node.text().unwrap().find("{nmae}").unwrap();
        let span = node.place(source, at..at + 6);
        assert_eq!(&source[span.range()], "{nmae}", "{source}");
    }
}

#[test]
fn the_traps_of_yaml_are_named() {
    for (source, code, piece) in [
        ("a: 1\nb: 2\na: 3", "E0003", "a"),
        ("a:\n\tb: 1", "E0002", "\t"),
        ("from: +15551234567", "E0006", "+15551234567"),
        ("a: [1, 2\nb: 3", "E0001", ":"),
        ("a: 1\n---\nb: 2", "E0007", ""),
        ("{a: 1}: 2", "E0008", "{a: 1}"),
        ("a:\n\u{a0} b: 1", "E0002", "\u{a0}"),
        ("a: Your room #12 is ready", "E0009", "#12 is ready"),
        ("a: !Hi there", "E0009", "!Hi there"),
        ("a: &Hi there", "E0009", "&Hi there"),
    ] {
        let found = codes(source);
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        assert_eq!(found[0].0, code, "{source}");
        assert_eq!(found[0].1, piece, "{source}");
    }
}

#[test]
fn comments_tags_and_anchors_that_are_meant_are_left_in_peace() {
    for source in [
        "a: end #todo",
        "a: two words # why",
        "a: two words    #",
        "a: \"Room #12 is ready\"",
        "a: Room#12 is ready",
        "a: &Hi there\nb: *Hi",
        "a: !!str 1",
    ] {
        assert_eq!(codes(source), [], "{source}");
    }
}

#[test]
fn merge_keys_bring_in_what_the_map_does_not_say() {
    let root = tree("a: &x { k: 1, l: 2 }\nb:\n  <<: *x\n  l: 3\n");
    let b = root.get("b").unwrap();
    assert_eq!(b.get("k").unwrap().text(), Some("1"));
    assert_eq!(b.get("l").unwrap().text(), Some("3"));
}

#[test]
fn an_alias_bomb_and_a_deep_well_are_refused() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (from, to) in "abcdefg".chars().zip("bcdefgh".chars()) {
        bomb.push_str(&format!(
            "{to}: &{to} [{}]\n",
            vec![format!("*{from}"); 9].join(",")
        ));
    }
    assert_eq!(codes(&bomb)[0].0, "E0004");
    assert_eq!(codes(&"[".repeat(5000))[0].0, "E0004");
}
