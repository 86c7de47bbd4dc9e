//! Where the boxes and arrows of a picture stand. Knows sizes only, nothing of flows.
//!
//! Layers run from top to bottom; between any two layers of boxes lies one of labels, so that a label
//! has a place of its own and never lies on a box. An arrow that spans layers holds a narrow place in
//! each, and bends only in the gaps between layers: it cannot cross a box. The order within a layer
//! is found by rust-sugiyama; the exact places are then evened out by least squares.

use std::collections::VecDeque;

use super::straighten::{Straighten, straighten};
use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

/// Above this many places the order is not improved by swapping neighbours, which takes too long.
const TRANSPOSE_MAX: usize = 400;
/// Above this many places the order of discovery is kept.
const ORDER_MAX: usize = 4_000;
/// Above this many places long arrows are left as they fall.
const STRAIGHTEN_MAX: usize = 2_000;
const SWEEPS: usize = 24;
const GAP_BETWEEN_BOXES: f64 = 30.0;
const GAP_BETWEEN_LINES: f64 = 14.0;
const PORT_GAP: f64 = 18.0;

#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    pub fn wider(self, by: f64) -> Size {
        let width = self.width + by;
        Size { width, ..self }
    }
}

/// An arrow between two boxes and the size of its label.
#[derive(Debug, Clone, Copy)]
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub label: Size,
    /// How much it wants to be straight, and to have its boxes below each other.
    pub weight: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// The way of an arrow: it runs straight down (or up) between the two ends of a leg, and curves from
/// one leg to the next.
#[derive(Debug, Clone)]
pub struct Way {
    pub legs: Vec<(Point, Point)>,
    /// The middle of its label.
    pub label: Point,
    pub ends: Ends,
}

/// How an arrow arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Down,
    Up,
    /// At the right side of the box it left.
    Around,
}

#[derive(Debug, Clone)]
pub struct Layout {
    /// The middle of each box.
    pub boxes: Vec<Point>,
    pub ways: Vec<Way>,
    pub width: f64,
    pub height: f64,
}

/// A place in a layer: a box, or where an arrow passes.
struct Place {
    size: Size,
    layer: usize,
    x: f64,
    gap: f64,
}

struct Grid {
    places: Vec<Place>,
    links: Vec<(usize, usize)>,
    /// For each arrow its places from top to bottom, both boxes included.
    chains: Vec<Vec<usize>>,
    /// Whether an arrow points upwards.
    upward: Vec<bool>,
    layers: Vec<Vec<usize>>,
}

/// Lays out `boxes` and `arrows`; an arrow from a box to itself is not among them. `start` is on top.
pub fn layout(boxes: &[Size], arrows: &[Arrow], start: usize) -> Layout {
    let upward = find_upward(boxes.len(), arrows, start);
    let layer_of = assign_layers(boxes.len(), arrows, &upward);
    let mut grid = Grid::new(boxes, arrows, upward, &layer_of);
    grid.order();
    grid.even_out(arrows);
    grid.draw(boxes.len())
}

/// The arrows that close a circle when boxes are discovered depth first from `start`.
fn find_upward(boxes: usize, arrows: &[Arrow], start: usize) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    for (i, arrow) in arrows.iter().enumerate() {
        leaving[arrow.from].push(i);
    }
    let mut seen = vec![Seen::No; boxes];
    let mut upward = vec![false; arrows.len()];
    for root in std::iter::once(start).chain(0..boxes) {
        if seen[root] != Seen::No {
            continue;
        }
        seen[root] = Seen::Open;
        let mut path = vec![(root, 0)];
        while let Some((at, next)) = path.last_mut() {
            let Some(&arrow) = leaving[*at].get(*next) else {
                seen[*at] = Seen::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let to = arrows[arrow].to;
            match seen[to] {
                Seen::Open => upward[arrow] = true,
                Seen::Done => {}
                Seen::No => {
                    seen[to] = Seen::Open;
                    path.push((to, 0));
                }
            }
        }
    }
    upward
}

/// Each box below all that lead to it: the longest way from above, as in rust-sugiyama's `Up`.
fn assign_layers(boxes: usize, arrows: &[Arrow], upward: &[bool]) -> Vec<usize> {
    let mut before = vec![0usize; boxes];
    let mut down: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    for (arrow, up) in arrows.iter().zip(upward) {
        let (above, below) = ends(arrow, *up);
        down[above].push(below);
        before[below] += 1;
    }
    let mut layer = vec![0; boxes];
    let mut ready: VecDeque<usize> = (0..boxes).filter(|b| before[*b] == 0).collect();
    while let Some(at) = ready.pop_front() {
        for &below in &down[at] {
            layer[below] = layer[below].max(layer[at] + 1);
            before[below] -= 1;
            if before[below] == 0 {
                ready.push_back(below);
            }
        }
    }
    layer
}

fn ends(arrow: &Arrow, upward: bool) -> (usize, usize) {
    match upward {
        true => (arrow.to, arrow.from),
        false => (arrow.from, arrow.to),
    }
}

impl Grid {
    fn new(boxes: &[Size], arrows: &[Arrow], upward: Vec<bool>, layer_of: &[usize]) -> Self {
        let mut places: Vec<Place> = boxes
            .iter()
            .zip(layer_of)
            .map(|(size, layer)| Place {
                size: *size,
                layer: layer * 2,
                x: 0.0,
                gap: GAP_BETWEEN_BOXES,
            })
            .collect();
        let mut links = Vec::new();
        let mut chains = Vec::with_capacity(arrows.len());
        for (arrow, up) in arrows.iter().zip(&upward) {
            let (above, below) = ends(arrow, *up);
            let (first, last) = (layer_of[above] * 2 + 1, layer_of[below] * 2 - 1);
            let at_label = if *up { last } else { first };
            let mut chain = vec![above];
            for layer in first..=last {
                let size = match layer == at_label {
                    true => arrow.label,
                    false => Size {
                        width: 2.0,
                        height: 0.0,
                    },
                };
                let place = Place {
                    size,
                    layer,
                    x: 0.0,
                    gap: GAP_BETWEEN_LINES,
                };
                chain.push(places.len());
                places.push(place);
            }
            chain.push(below);
            links.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
            chains.push(chain);
        }
        let depth = places.iter().map(|p| p.layer + 1).max().unwrap_or(0);
        let mut layers = vec![Vec::new(); depth];
        for (i, place) in places.iter().enumerate() {
            layers[place.layer].push(i);
        }
        Grid {
            places,
            links,
            chains,
            upward,
            layers,
        }
    }

    /// Orders each layer so that few arrows cross.
    fn order(&mut self) {
        if self.links.is_empty() || self.places.len() > ORDER_MAX {
            return;
        }
        let vertices: Vec<(u32, (f64, f64))> = self
            .places
            .iter()
            .enumerate()
            .map(|(i, place)| (i as u32, (place.size.width.max(8.0), 10.0)))
            .collect();
        let edges: Vec<(u32, u32)> = self
            .links
            .iter()
            .map(|(a, b)| (*a as u32, *b as u32))
            .collect();
        let config = Config {
            minimum_length: 1,
            vertex_spacing: 16.0,
            dummy_vertices: true,
            dummy_size: 1.0,
            ranking_type: RankingType::Up,
            c_minimization: CrossingMinimization::Median,
            transpose: self.places.len() <= TRANSPOSE_MAX,
        };
        let mut left = 0.0;
        for (component, _, _) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config)
        {
            let mut right: f64 = left;
            for (i, (x, _)) in component {
                self.places[i].x = left + x;
                right = right.max(left + x + self.places[i].size.width);
            }
            left = right + GAP_BETWEEN_BOXES;
        }
        for layer in &mut self.layers {
            layer.sort_by(|a, b| self.places[*a].x.total_cmp(&self.places[*b].x));
        }
    }

    /// Draws every place towards those it is linked with, as far as its layer has room; then makes
    /// the long arrows straight.
    fn even_out(&mut self, arrows: &[Arrow]) {
        let mut near: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.places.len()];
        let mut pulls = Vec::with_capacity(self.links.len());
        for (chain, arrow) in self.chains.iter().zip(arrows) {
            let last = chain.len() - 2;
            for (i, pair) in chain.windows(2).enumerate() {
                let inside = i > 0 && i < last;
                let pull = arrow.weight * if inside { 6.0 } else { 1.0 };
                near[pair[0]].push((pair[1], pull));
                near[pair[1]].push((pair[0], pull));
                pulls.push((pair[0], pair[1], pull));
            }
        }
        for sweep in 0..SWEEPS {
            for step in 0..self.layers.len() {
                let at = match sweep % 2 == 0 {
                    true => step,
                    false => self.layers.len() - 1 - step,
                };
                self.settle(at, &near);
            }
        }
        if self.places.len() > STRAIGHTEN_MAX {
            return;
        }
        let x: Vec<f64> = self.places.iter().map(|place| place.x).collect();
        let runs: Vec<Vec<usize>> = self
            .chains
            .iter()
            .map(|chain| chain[1..chain.len() - 1].to_vec())
            .collect();
        let task = Straighten {
            layers: &self.layers,
            runs: &runs,
            room: &|a, b| self.room(a, b),
            pulls: &pulls,
        };
        let straight = straighten(&task, &x);
        for (place, x) in self.places.iter_mut().zip(straight) {
            place.x = x;
        }
    }

    fn settle(&mut self, layer: usize, near: &[Vec<(usize, f64)>]) {
        let row = &self.layers[layer];
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(row.len());
        for (i, &place) in row.iter().enumerate() {
            if i > 0 {
                offset += self.room(row[i - 1], place);
            }
            offsets.push(offset);
        }
        let wanted: Vec<(f64, f64)> = row
            .iter()
            .zip(&offsets)
            .map(|(&place, offset)| {
                let weight: f64 = near[place].iter().map(|(_, pull)| pull).sum();
                let sum: f64 = near[place]
                    .iter()
                    .map(|&(other, pull)| self.places[other].x * pull)
                    .sum();
                match weight > 0.0 {
                    true => (sum / weight - offset, weight),
                    false => (self.places[place].x - offset, 0.1),
                }
            })
            .collect();
        let row = row.clone();
        for ((place, x), offset) in row.into_iter().zip(rising(&wanted)).zip(offsets) {
            self.places[place].x = x + offset;
        }
    }

    /// How far the middles of two neighbours must be apart.
    fn room(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (&self.places[a], &self.places[b]);
        (a.size.width + b.size.width) / 2.0 + a.gap.max(b.gap).min(a.gap + b.gap)
    }

    fn draw(&self, boxes: usize) -> Layout {
        let left = self
            .places
            .iter()
            .map(|p| p.x - p.size.width / 2.0)
            .fold(f64::INFINITY, f64::min);
        let right = self
            .places
            .iter()
            .map(|p| p.x + p.size.width / 2.0)
            .fold(f64::NEG_INFINITY, f64::max);
        let rows = self.rows();
        let middle = |place: usize| {
            let place = &self.places[place];
            let (top, bottom) = rows[place.layer];
            Point {
                x: place.x - left,
                y: (top + bottom) / 2.0,
            }
        };
        let ports = self.ports(boxes);
        let ways = self
            .chains
            .iter()
            .enumerate()
            .map(|(i, chain)| self.way(i, chain, &rows, &ports, left))
            .collect();
        Layout {
            boxes: (0..boxes).map(middle).collect(),
            ways,
            width: (right - left).max(0.0),
            height: rows.last().map_or(0.0, |row| row.1),
        }
    }

    /// Top and bottom of each layer. A gap is the deeper the farther arrows travel sideways in it.
    fn rows(&self) -> Vec<(f64, f64)> {
        let mut travel = vec![0.0f64; self.layers.len() + 1];
        for &(a, b) in &self.links {
            let (a, b) = (&self.places[a], &self.places[b]);
            travel[b.layer] = travel[b.layer].max((a.x - b.x).abs());
        }
        let mut y = 0.0;
        let mut rows = Vec::with_capacity(self.layers.len());
        for (i, layer) in self.layers.iter().enumerate() {
            if i > 0 {
                y += 16.0 + (travel[i] * 0.075).min(30.0);
            }
            let height = layer
                .iter()
                .map(|p| self.places[*p].size.height)
                .fold(0.0, f64::max);
            rows.push((y, y + height));
            y += height;
        }
        rows
    }

    /// For each arrow, how far from the middle of its upper and of its lower box it stands.
    fn ports(&self, boxes: usize) -> Vec<(f64, f64)> {
        let mut ports = vec![(0.0, 0.0); self.chains.len()];
        for at in 0..boxes {
            let mut below: Vec<usize> = Vec::new();
            let mut above: Vec<usize> = Vec::new();
            for (i, chain) in self.chains.iter().enumerate() {
                if chain[0] == at {
                    below.push(i);
                }
                if chain[chain.len() - 1] == at {
                    above.push(i);
                }
            }
            let width = self.places[at].size.width;
            below.sort_by(|a, b| self.x_of(*a, 1).total_cmp(&self.x_of(*b, 1)));
            above.sort_by(|a, b| self.x_from_end(*a).total_cmp(&self.x_from_end(*b)));
            for (n, i) in below.iter().enumerate() {
                ports[*i].0 = port(n, below.len(), width);
            }
            for (n, i) in above.iter().enumerate() {
                ports[*i].1 = port(n, above.len(), width);
            }
        }
        ports
    }

    fn x_of(&self, chain: usize, nth: usize) -> f64 {
        self.places[self.chains[chain][nth]].x
    }

    fn x_from_end(&self, chain: usize) -> f64 {
        self.x_of(chain, self.chains[chain].len() - 2)
    }

    fn way(
        &self,
        i: usize,
        chain: &[usize],
        rows: &[(f64, f64)],
        ports: &[(f64, f64)],
        left: f64,
    ) -> Way {
        let last = chain.len() - 1;
        let mut legs: Vec<(Point, Point)> = Vec::with_capacity(chain.len());
        for (n, &place) in chain.iter().enumerate() {
            let place = &self.places[place];
            let (top, bottom) = rows[place.layer];
            let middle = (top + bottom) / 2.0;
            let half = place.size.height / 2.0;
            let (dx, from, to) = match n {
                0 => (ports[i].0, middle + half, bottom),
                n if n == last => (ports[i].1, top, middle - half),
                _ => (0.0, top, bottom),
            };
            let x = place.x + dx - left;
            legs.push((Point { x, y: from }, Point { x, y: to }));
        }
        let at_label = if self.upward[i] { last - 1 } else { 1 };
        let label = Point {
            x: legs[at_label].0.x,
            y: (legs[at_label].0.y + legs[at_label].1.y) / 2.0,
        };
        if self.upward[i] {
            legs.reverse();
            legs.iter_mut()
                .for_each(|leg| std::mem::swap(&mut leg.0, &mut leg.1));
        }
        let ends = match self.upward[i] {
            true => Ends::Up,
            false => Ends::Down,
        };
        Way { legs, label, ends }
    }
}

/// Where the `n`th of `count` arrows stands on a side of this width, from its middle.
fn port(n: usize, count: usize, width: f64) -> f64 {
    if count < 2 {
        return 0.0;
    }
    let gap = PORT_GAP.min(width * 0.7 / (count - 1) as f64);
    (n as f64 - (count - 1) as f64 / 2.0) * gap
}

/// The rising sequence nearest to the wanted values (value, weight), in least squares: neighbours
/// out of order are pooled.
fn rising(wanted: &[(f64, f64)]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wanted.len());
    for &(value, weight) in wanted {
        let mut pool = (value, weight, 1);
        while let Some(&(before, its_weight, count)) = pools.last() {
            if before <= pool.0 {
                break;
            }
            pools.pop();
            let weight = its_weight + pool.1;
            pool = (
                (before * its_weight + pool.0 * pool.1) / weight,
                weight,
                count + pool.2,
            );
        }
        pools.push(pool);
    }
    pools
        .into_iter()
        .flat_map(|(value, _, count)| std::iter::repeat_n(value, count))
        .collect()
}
