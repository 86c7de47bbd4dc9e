//! A small sign for each verb: strokes on a square of 12.

/// Elements to stand in a group that strokes and does not fill.
pub fn of(verb: &str) -> &'static str {
    match verb {
        "ask" => {
            "<path d=\"M1 2.5h10v6.5h-5l-2.5 2.2v-2.2h-2.5z\"/><path d=\"M4.6 4.6a1.4 1.2 0 1 1 \
             1.4 1.6v.5M6 7.9v.1\"/>"
        }
        "say" => "<path d=\"M1 2.5h10v6.5h-5l-2.5 2.2v-2.2h-2.5z\"/><path d=\"M3.6 5.8h4.8\"/>",
        "decide" => "<path d=\"M6 11v-4.5L2 2.5M6 6.5l4-4M1.5 4.6v-2.6h2.6M7.9 2h2.6v2.6\"/>",
        "handoff" => {
            "<path d=\"M1.5 8v-2a4.5 4.5 0 0 1 9 0v2M10.5 9q0 2-3.5 2\"/>\
             <path d=\"M1.5 6.7h1.6v3h-1.6zM8.9 6.7h1.6v3h-1.6z\"/>"
        }
        "email" => "<path d=\"M1 2.5h10v7.5h-10zM1 3.2l5 4 5-4\"/>",
        "wait" => "<circle cx=\"6\" cy=\"6\" r=\"5\"/><path d=\"M6 3.2v2.8l2 1.5\"/>",
        "book" => "<path d=\"M1.2 2.6h9.6v8.2h-9.6zM1.2 5.2h9.6M3.8 1.2v2.4M8.2 1.2v2.4\"/>",
        "call" => "<path d=\"M4 1v2.6M8 1v2.6M2.6 3.6h6.8v2a3.4 3.4 0 0 1-6.8 0zM6 9v2.2\"/>",
        "set" => "<path d=\"M1.2 10.8l.6-2.8 6-6 2.2 2.2-6 6z\"/>",
        "run" => "<path d=\"M1.2 3h6.3a3 3 0 0 1 0 6h-4.5M5 7l-2 2 2 2\"/>",
        _ => "<path d=\"M10.8 6h-9M5 2.8l-3.2 3.2 3.2 3.2\"/>",
    }
}
