//! How wide a text will be, without a font: widths of Helvetica's letters, in thousandths of the
//! font's size, a little rounded up so that a box is never too narrow in another sans-serif.

/// The width of `text` at `size` pixels.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(thousandths).sum::<f64>() * size / 1000.0
}

fn thousandths(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 280.0,
        ' ' | 'f' | 't' | 'I' | '/' | '(' | ')' | '[' | ']' | '·' => 310.0,
        'r' | '-' | '{' | '}' | '"' | '`' => 370.0,
        'm' | 'M' | 'W' | '@' | '%' => 880.0,
        'w' | 'C' | 'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'R' | 'U' | '—' | '…' => 750.0,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | 'T' | 'F' | 'Z' | '&' => 680.0,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 520.0,
        c if (c as u32) < 0x2e80 => 575.0,
        _ => 1050.0,
    }
}

/// `text` in at most `lines_max` lines of `width_max` pixels; what does not fit ends in `…`.
pub fn wrap(text: &str, size: f64, width_max: f64, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = match line.is_empty() {
            true => word.to_string(),
            false => format!("{line} {word}"),
        };
        if line.is_empty() || width(&longer, size) <= width_max {
            line = longer;
            continue;
        }
        if lines.len() + 1 == lines_max {
            lines.push(shorten(&longer, size, width_max));
            return lines;
        }
        lines.push(shorten(&line, size, width_max));
        line = word.to_string();
    }
    if !line.is_empty() {
        lines.push(shorten(&line, size, width_max));
    }
    lines
}

/// `text` on one line of `width_max` pixels, its end cut to `…` when it is longer.
pub fn shorten(text: &str, size: f64, width_max: f64) -> String {
    if width(text, size) <= width_max {
        return text.to_string();
    }
    let room = width_max - width("…", size);
    let mut used = 0.0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += thousandths(*c) * size / 1000.0;
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end_matches([' ', ',', '.', '{', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_the_lines_and_the_width_it_may_have() {
        for (text, lines) in [
            ("", vec![]),
            ("Hi there", vec!["Hi there"]),
            ("One two three four", vec!["One two", "three four"]),
            (
                "One two three four five six seven",
                vec!["One two", "three four fi…"],
            ),
            ("Donaudampfschifffahrtsgesellschaft", vec!["Donaudam…"]),
        ] {
            assert_eq!(wrap(text, 10.0, 62.0, 2), lines, "{text}");
        }
    }
}
