//! Makes the arrows of a layout straight: all the places that one arrow holds between its two boxes
//! move as one bar, wherever that leaves the order of every layer as it is. Then bars and boxes are
//! drawn towards those they are linked with, as far as their neighbours give way.

/// Sweeps over all bars; each is a Gauss-Seidel step towards least squares.
const SWEEPS: usize = 60;

/// What must be straightened: `order` of each layer, the room that neighbours need between their
/// middles, and what pulls on what.
pub struct Straighten<'a> {
    pub layers: &'a [Vec<usize>],
    /// Places of one arrow, top to bottom, boxes left out.
    pub runs: &'a [Vec<usize>],
    pub room: &'a dyn Fn(usize, usize) -> f64,
    /// Two places and how strongly they want to be one above the other.
    pub pulls: &'a [(usize, usize, f64)],
}

/// Bars (a box is a bar of one place) and which must stand left of which.
struct Bars {
    of: Vec<usize>,
    count: usize,
}

struct Limits {
    /// For each bar: those on its left and on its right, with the room between.
    left: Vec<Vec<(usize, f64)>>,
    right: Vec<Vec<(usize, f64)>>,
    /// All bars, each after those on its left.
    order: Vec<usize>,
}

/// New places, near the ones given.
pub fn straighten(task: &Straighten, x: &[f64]) -> Vec<f64> {
    let mut bars = Bars {
        of: (0..x.len()).collect(),
        count: x.len(),
    };
    let mut runs: Vec<&[usize]> = task.runs.iter().map(Vec::as_slice).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    for run in runs {
        bars.join(run, task);
    }
    let Some(limits) = bars.limits(task) else {
        return x.to_vec();
    };
    let wanted = bars.means(x);
    let mut at = limits.apart(&wanted);
    bars.settle(task, &limits, &mut at);
    bars.of.iter().map(|bar| at[*bar]).collect()
}

impl Bars {
    /// Makes one bar of the run; where two arrows cross inside it, of each half.
    fn join(&mut self, run: &[usize], task: &Straighten) {
        if run.len() < 2 {
            return;
        }
        let before: Vec<usize> = run.iter().map(|place| self.of[*place]).collect();
        for place in run {
            self.of[*place] = before[0];
        }
        if self.limits(task).is_some() {
            return;
        }
        for (place, bar) in run.iter().zip(before) {
            self.of[*place] = bar;
        }
        let (upper, lower) = run.split_at(run.len() / 2);
        self.join(upper, task);
        self.join(lower, task);
    }

    /// `None` when a bar would have to stand left of itself.
    fn limits(&self, task: &Straighten) -> Option<Limits> {
        let mut left = vec![Vec::new(); self.count];
        let mut right = vec![Vec::new(); self.count];
        let mut waits = vec![0usize; self.count];
        for pair in task.layers.iter().flat_map(|layer| layer.windows(2)) {
            let (a, b) = (self.of[pair[0]], self.of[pair[1]]);
            let room = (task.room)(pair[0], pair[1]);
            left[b].push((a, room));
            right[a].push((b, room));
            waits[b] += 1;
        }
        let mut order: Vec<usize> = (0..self.count).filter(|bar| waits[*bar] == 0).collect();
        let mut next = 0;
        while let Some(&bar) = order.get(next) {
            next += 1;
            for &(other, _) in &right[bar] {
                waits[other] -= 1;
                if waits[other] == 0 {
                    order.push(other);
                }
            }
        }
        (order.len() == self.count).then_some(Limits { left, right, order })
    }

    fn means(&self, x: &[f64]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.count];
        for (bar, x) in self.of.iter().zip(x) {
            sums[*bar].0 += x;
            sums[*bar].1 += 1.0;
        }
        sums.iter()
            .map(|(sum, n)| if *n > 0.0 { sum / n } else { 0.0 })
            .collect()
    }

    fn settle(&self, task: &Straighten, limits: &Limits, at: &mut [f64]) {
        let mut near: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.count];
        for &(a, b, pull) in task.pulls {
            let (a, b) = (self.of[a], self.of[b]);
            if a != b {
                near[a].push((b, pull));
                near[b].push((a, pull));
            }
        }
        for sweep in 0..SWEEPS {
            for n in 0..limits.order.len() {
                let bar = match sweep % 2 == 0 {
                    true => limits.order[n],
                    false => limits.order[limits.order.len() - 1 - n],
                };
                let weight: f64 = near[bar].iter().map(|(_, pull)| pull).sum();
                if weight <= 0.0 {
                    continue;
                }
                let sum: f64 = near[bar]
                    .iter()
                    .map(|(other, pull)| at[*other] * pull)
                    .sum();
                let lowest = limits.left[bar]
                    .iter()
                    .map(|(other, room)| at[*other] + room);
                let highest = limits.right[bar]
                    .iter()
                    .map(|(other, room)| at[*other] - room);
                let lowest = lowest.fold(f64::NEG_INFINITY, f64::max);
                let highest = highest.fold(f64::INFINITY, f64::min).max(lowest);
                at[bar] = (sum / weight).clamp(lowest, highest);
            }
        }
    }
}

impl Limits {
    /// Apart as they must be, near what is wanted: half-way between pushing all to the right and all
    /// to the left, which keeps every limit because limits are linear.
    fn apart(&self, wanted: &[f64]) -> Vec<f64> {
        let mut rightwards = wanted.to_vec();
        for &bar in &self.order {
            for &(other, room) in &self.left[bar] {
                rightwards[bar] = rightwards[bar].max(rightwards[other] + room);
            }
        }
        let mut leftwards = wanted.to_vec();
        for &bar in self.order.iter().rev() {
            for &(other, room) in &self.right[bar] {
                leftwards[bar] = leftwards[bar].min(leftwards[other] - room);
            }
        }
        rightwards
            .iter()
            .zip(leftwards)
            .map(|(a, b)| (a + b) / 2.0)
            .collect()
    }
}
