//! Byte offsets of a source as lines and columns, both from 1, columns counted in characters.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Where each line of a source begins.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_newlines).collect(),
        }
    }

    /// The position of a byte offset; one past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        // A byte order mark takes no room in an editor.
        let column = before.chars().filter(|c| *c != '\u{feff}').count();
        Position {
            line: line as u32 + 1,
            column: column as u32 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position};

    #[test]
    fn columns_count_characters_not_bytes() {
        let lines = Lines::new("a\né: x\n");
        for (offset, line, column) in [(0, 1, 1), (2, 2, 1), (4, 2, 2), (6, 2, 4), (99, 3, 1)] {
            let position = lines.position(offset);
            assert_eq!(position, Position { line, column }, "{offset}");
        }
    }
}
