//! The lines of arrows as SVG paths, and their heads.

use std::fmt::Write;

use super::layout::{Ends, Point, Way};

/// Straight along each leg, and from one to the next by a curve that leaves and arrives upright.
pub fn path_of(way: &Way) -> String {
    let mut path = String::new();
    let mut last: Option<Point> = None;
    let count = way.legs.len();
    for (i, (from, to)) in way.legs.iter().enumerate() {
        let to = if i + 1 == count {
            short_of_head(way)
        } else {
            *to
        };
        let _ = match last {
            None => write!(path, "M{:.1} {:.1}", from.x, from.y),
            Some(before) if (before.x - from.x).abs() < 0.5 => {
                write!(path, "L{:.1} {:.1}", from.x, from.y)
            }
            Some(before) => {
                let middle = (before.y + from.y) / 2.0;
                write!(
                    path,
                    "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}",
                    before.x, from.x, from.x, from.y
                )
            }
        };
        if (from.y - to.y).abs() > 0.2 || (from.x - to.x).abs() > 0.2 {
            let _ = write!(path, "L{:.1} {:.1}", to.x, to.y);
        }
        last = Some(to);
    }
    path
}

pub fn last_leg(way: &Way) -> (Point, Point) {
    let nowhere = Point { x: 0.0, y: 0.0 };
    way.legs.last().copied().unwrap_or((nowhere, nowhere))
}

/// 1 for an arrow that ends downwards, -1 upwards, 0 sideways.
pub fn direction(way: &Way) -> f64 {
    match way.ends {
        Ends::Down => 1.0,
        Ends::Up => -1.0,
        Ends::Around => 0.0,
    }
}

pub fn short_of_head(way: &Way) -> Point {
    let (_, end) = last_leg(way);
    Point {
        x: end.x,
        y: end.y - 6.0 * direction(way),
    }
}

pub fn head_of(way: &Way) -> String {
    let (_, Point { x, y }) = last_leg(way);
    match way.ends {
        Ends::Around => format!("M{x:.1} {y:.1}l8 -4.2l0 8.4z"),
        Ends::Down | Ends::Up => {
            let d = direction(way);
            let back = -8.5 * d;
            format!("M{x:.1} {y:.1}l-4.4 {back:.1}q4.4 {:.1} 8.8 0z", 2.2 * d)
        }
    }
}
