//! Words to a tree, by precedence: `or`, `and`, `not`, comparisons and `in`, `+`.

use std::ops::Range;

use crate::diagnostic::Problem;
use crate::flow::condition::lexer::{Lexeme, Token};
use crate::flow::condition::{Compare, problem};

/// The deepest that brackets and `not` may nest.
const DEPTH_MAX: usize = 40;

/// A condition as written, each part with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub range: Range<usize>,
    pub node: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Name(String),
    Word(String),
    Number(f64),
    Bool(bool),
    List(Vec<(String, Range<usize>)>),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Compare(Compare, Box<Tree>, Box<Tree>),
    In(Box<Tree>, Box<Tree>),
    Add(Box<Tree>, Box<Tree>),
}

type Read = Result<Tree, Box<Problem>>;

pub fn tree(text: &str, tokens: &[Token]) -> Read {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        end: text.len(),
    };
    if tokens.is_empty() {
        let help = "write what must hold, such as `answers.budget >= 20000`";
        return parser.fail("the condition is empty", help);
    }
    let tree = parser.or()?;
    match parser.peek() {
        None => Ok(tree),
        Some(Lexeme::Close(_)) => parser.fail(
            "a bracket closes nothing",
            "remove it, or open one before it",
        ),
        Some(Lexeme::Comma) => parser.fail(
            "a comma joins nothing here",
            "write `and` or `or` between two conditions",
        ),
        Some(_) => parser.fail(
            "the condition should have ended here",
            "write `and` or `or` between two conditions, and quotes around words",
        ),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.tokens.get(self.at).map(|token| &token.lexeme)
    }

    fn take(&mut self, lexeme: &Lexeme) -> bool {
        let taken = self.peek() == Some(lexeme);
        self.at += usize::from(taken);
        taken
    }

    /// A problem at the token that stands next, or at the end.
    fn fail<T>(&self, message: &str, help: &str) -> Result<T, Box<Problem>> {
        let range = match self.tokens.get(self.at) {
            Some(token) => token.range.clone(),
            None => self.end..self.end,
        };
        let help = Some(help.to_string());
        Err(Box::new(problem(range, "E0501", message, "", help)))
    }

    fn or(&mut self) -> Read {
        let mut left = self.and()?;
        while self.take(&Lexeme::Or) {
            left = join(Node::Or, left, self.and()?);
        }
        Ok(left)
    }

    fn and(&mut self) -> Read {
        let mut left = self.not()?;
        while self.take(&Lexeme::And) {
            left = join(Node::And, left, self.not()?);
        }
        Ok(left)
    }

    fn not(&mut self) -> Read {
        let start = self.tokens.get(self.at).map_or(0, |t| t.range.start);
        if !self.take(&Lexeme::Not) {
            return self.comparison();
        }
        self.deeper()?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Tree {
            range: start..inner.range.end,
            node: Node::Not(Box::new(inner)),
        })
    }

    fn deeper(&mut self) -> Result<(), Box<Problem>> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let help = "split the condition over two `decide` steps";
            return self.fail("too many brackets inside one another", help);
        }
        Ok(())
    }

    fn comparison(&mut self) -> Read {
        let left = self.sum()?;
        let tree = match self.peek() {
            Some(Lexeme::Compare(how)) => {
                let how = *how;
                self.at += 1;
                join(|a, b| Node::Compare(how, a, b), left, self.sum()?)
            }
            Some(Lexeme::In) => {
                self.at += 1;
                join(Node::In, left, self.list_or_sum()?)
            }
            Some(Lexeme::Not) if self.in_follows() => {
                self.at += 2;
                let inside = join(Node::In, left, self.list_or_sum()?);
                Tree {
                    range: inside.range.clone(),
                    node: Node::Not(Box::new(inside)),
                }
            }
            _ => return Ok(left),
        };
        if matches!(self.peek(), Some(Lexeme::Compare(_))) {
            return self.fail(
                "a comparison cannot go on with another",
                "compare twice and write `and` between, such as `score > 1 and score < 5`",
            );
        }
        Ok(tree)
    }

    fn in_follows(&self) -> bool {
        self.tokens.get(self.at + 1).map(|t| &t.lexeme) == Some(&Lexeme::In)
    }

    fn sum(&mut self) -> Read {
        let mut left = self.value()?;
        while self.take(&Lexeme::Plus) {
            left = join(Node::Add, left, self.value()?);
        }
        Ok(left)
    }

    /// Behind `in`: `['a', 'b']`, also in round brackets, or anything a comparison may hold.
    fn list_or_sum(&mut self) -> Read {
        let listed = match self.peek() {
            Some(Lexeme::Open('[')) => true,
            Some(Lexeme::Open(_)) => {
                let after = |n: usize| self.tokens.get(self.at + n).map(|t| &t.lexeme);
                matches!(after(1), Some(Lexeme::Quoted(_)))
                    && matches!(after(2), Some(Lexeme::Comma | Lexeme::Close(_)))
            }
            _ => false,
        };
        if listed { self.list() } else { self.sum() }
    }

    fn list(&mut self) -> Read {
        let start = self.tokens[self.at].range.start;
        self.at += 1;
        let mut words = Vec::new();
        loop {
            match self.tokens.get(self.at) {
                Some(token) => match &token.lexeme {
                    Lexeme::Quoted(word) => words.push((word.clone(), token.range.clone())),
                    Lexeme::Close(_) if !words.is_empty() => {}
                    _ => return self.fail("a list holds quoted words", "write `['a', 'b']`"),
                },
                None => return self.fail("the list is never closed", "write `['a', 'b']`"),
            }
            self.at += usize::from(!matches!(self.peek(), Some(Lexeme::Close(_))));
            match self.peek() {
                Some(Lexeme::Comma) => self.at += 1,
                Some(Lexeme::Close(_)) => break,
                _ => return self.fail("the list is never closed", "write `['a', 'b']`"),
            }
        }
        let end = self.tokens[self.at].range.end;
        self.at += 1;
        Ok(Tree {
            range: start..end,
            node: Node::List(words),
        })
    }

    fn value(&mut self) -> Read {
        let Some(token) = self.tokens.get(self.at) else {
            let help = "write a name, a number or a quoted word here";
            return self.fail("the condition stops before it is whole", help);
        };
        let node = match &token.lexeme {
            Lexeme::Name(name) => match name.to_ascii_lowercase().as_str() {
                "true" => Node::Bool(true),
                "false" => Node::Bool(false),
                _ => Node::Name(name.clone()),
            },
            Lexeme::Quoted(word) => Node::Word(word.clone()),
            Lexeme::Number(number) => Node::Number(*number),
            Lexeme::Open('(') => return self.brackets(),
            Lexeme::Open(_) => {
                let help = "a list stands behind `in`: `timing in ['yes', 'later']`";
                return self.fail("a list cannot stand here", help);
            }
            _ => {
                let help = "write a name, a number or a quoted word here";
                return self.fail("a value is missing", help);
            }
        };
        self.at += 1;
        Ok(Tree {
            range: token.range.clone(),
            node,
        })
    }

    fn brackets(&mut self) -> Read {
        let open = self.at;
        let start = self.tokens[open].range.start;
        self.deeper()?;
        self.at += 1;
        let inner = self.or()?;
        self.depth -= 1;
        if !self.take(&Lexeme::Close(')')) {
            self.at = open;
            return self.fail("a bracket is never closed", "write `)` where it should end");
        }
        let end = self.tokens[self.at - 1].range.end;
        Ok(Tree {
            range: start..end,
            node: inner.node,
        })
    }
}

fn join(node: impl FnOnce(Box<Tree>, Box<Tree>) -> Node, left: Tree, right: Tree) -> Tree {
    Tree {
        range: left.range.start..right.range.end,
        node: node(Box::new(left), Box::new(right)),
    }
}
