//! How wide a text will be, without a font: widths of DejaVu Sans's letters, in thousandths of the
//! font's size. It is the widest sans-serif in wide use (with Verdana), so that no text leaves its box
//! in another.

/// How much wider bold letters are: draw a bold text of `size` as one of `size * BOLD`.
pub const BOLD: f64 = 1.14;

/// Of the characters from the blank to the tilde.
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// The width of `text` at `size` pixels.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(thousandths).sum::<f64>() * size / 1000.0
}

fn thousandths(c: char) -> f64 {
    let ascii = (c as usize).checked_sub(0x20).and_then(|at| ASCII.get(at));
    match (ascii, c) {
        (Some(width), _) => f64::from(*width),
        (None, '·' | '\u{a0}') => 318.0,
        (None, '—' | '…') => 1000.0,
        (None, '≤' | '≥' | '≠') => 838.0,
        (None, c) if (c as u32) < 0x2e80 => 640.0,
        (None, _) => 1050.0,
    }
}

/// `text` in at most `lines_max` lines of `width_max` pixels; what does not fit ends in `…`.
pub fn wrap(text: &str, size: f64, width_max: f64, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    // Not at hard blanks.
    let words = text
        .split([' ', '\n', '\t'])
        .filter(|word| !word.is_empty());
    for word in words {
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
                vec!["One two", "three four…"],
            ),
            ("One two \u{a0}three", vec!["One two", "\u{a0}three"]),
            (
                "a and b\u{a0}≥\u{a0}20000",
                vec!["a and", "b\u{a0}≥\u{a0}20000"],
            ),
            ("Donaudampfschifffahrtsgesellschaft", vec!["Donauda…"]),
        ] {
            assert_eq!(wrap(text, 10.0, 62.0, 2), lines, "{text}");
        }
    }
}
