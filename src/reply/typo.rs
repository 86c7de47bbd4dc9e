//! How near two words are: one slip of a thumb apart, or one letter.

/// Longest word compared, in letters.
const LETTERS_MAX: usize = 24;

/// One edit apart: a letter more, less, other, or two neighbours swapped.
pub(super) fn is_near(typed: &str, meant: &str) -> bool {
    let (a, b) = (typed.as_bytes(), meant.as_bytes());
    if a == b || a.len() > LETTERS_MAX || b.len() > LETTERS_MAX || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Greater => a[1..] == *b,
        std::cmp::Ordering::Less => *a == b[1..],
        std::cmp::Ordering::Equal => a[1..] == b[1..] || swapped(a, b),
    }
}

fn swapped(a: &[u8], b: &[u8]) -> bool {
    a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
}

/// An edit that hands make: letters swapped, doubled or single, come too early, a neighbouring key hit instead
/// or beside; and one letter forgotten in a long word.
pub(super) fn is_slip(typed: &str, meant: &str) -> bool {
    if !is_near(typed, meant) {
        return false;
    }
    let (a, b) = (typed.as_bytes(), meant.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => {
            let was_double = same > 0 && b[same] == b[same - 1] || b.get(same + 1) == b.get(same);
            b.len() >= 7 || b.len() >= 5 && was_double
        }
        std::cmp::Ordering::Greater => {
            let extra = a[same];
            let before = same.checked_sub(1).map(|i| a[i]);
            let after = b.get(same).copied();
            let too_early = b.len() >= 5 && b.get(same + 1) == Some(&extra);
            too_early
                || [before, after]
                    .into_iter()
                    .flatten()
                    .any(|c| c == extra || are_neighbours(c, extra))
        }
        std::cmp::Ordering::Equal => {
            swapped(&a[same..], &b[same..]) || are_neighbours(a[same], b[same])
        }
    }
}

fn are_neighbours(a: u8, b: u8) -> bool {
    const ROWS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    let place = |c| {
        ROWS.iter()
            .enumerate()
            .find_map(|(row, keys)| keys.iter().position(|k| *k == c).map(|col| (row, col)))
    };
    match (place(a), place(b)) {
        (Some((r1, c1)), Some((r2, c2))) => r1.abs_diff(r2) <= 1 && c1.abs_diff(c2) <= 1 && a != b,
        _ => false,
    }
}

/// Two forms of one word: a long common beginning and little else.
pub(super) fn same_root(a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    shared >= 5 && shared * 5 >= a.len().max(b.len()) * 3
}
