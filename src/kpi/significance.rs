//! Whether two shares differ by more than chance: of the leads in one arm so many did it, of those in the
//! other so many. Pure arithmetic; what counts as "did it" is the caller's.
//!
//! - The test: Fisher's exact test, two-sided, where a cell of the table is expected to hold fewer than
//!   five (R. A. Fisher, *The Design of Experiments*, 1935; Cochran's rule of five, 1954), else the z-test of
//!   two proportions with the pooled share (J. L. Fleiss, B. Levin, M. C. Paik, *Statistical Methods for Rates
//!   and Proportions*, 3rd ed. 2003, chapter 3).
//! - The interval of the difference, 95 %: R. G. Newcombe, "Interval estimation for the difference between
//!   independent proportions", *Statistics in Medicine* 17 (1998) 873–890, method 10, from E. B. Wilson's
//!   score intervals (1927).
//! - How many leads it takes: Fleiss, Levin and Paik, chapter 4, for a power of 80 % at 5 %.
//!
//! A test that is looked at again and again until it says yes says yes too often: the number of leads is to
//! be settled before. One look in twenty finds something where there is nothing.

/// Differences up to here are not looked for: nobody would change a flow for them.
pub const SMALLEST: f64 = 0.02;
/// The chance of an error of the first kind that is accepted.
pub const ALPHA: f64 = 0.05;
/// Of the normal distribution: 97.5 % and 80 % lie below.
const Z_ALPHA: f64 = 1.959_963_985;
const Z_POWER: f64 = 0.841_621_234;
/// Cochran's rule.
const EXPECTED_MIN: f64 = 5.0;
/// Beyond so many leads nobody waits: the answer is that none can be had.
const MORE_MAX: u64 = 10_000_000;

/// `hits` of `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub hits: u64,
    pub all: u64,
}

impl Share {
    pub fn new(hits: u64, all: u64) -> Self {
        Share {
            hits: hits.min(all),
            all,
        }
    }

    fn rate(self) -> f64 {
        match self.all {
            0 => 0.0,
            all => self.hits as f64 / all as f64,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    FisherExact,
    TwoProportionZ,
}

impl Test {
    pub fn as_str(self) -> &'static str {
        match self {
            Test::FisherExact => "fisher_exact",
            Test::TwoProportionZ => "two_proportion_z",
        }
    }
}

/// What can be said of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The first has the greater share, and it is no chance.
    More,
    /// The smaller.
    Less,
    /// So many leads more, in both arms together, would tell a difference like the one seen.
    NotYet { more: u64 },
    /// A difference of [`SMALLEST`] would have shown by now.
    NoDifference,
}

/// Of the first share less the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    pub difference: f64,
    /// 95 % of such intervals hold the true difference.
    pub low: f64,
    pub high: f64,
    pub p: f64,
    pub test: Test,
    pub verdict: Verdict,
}

impl Comparison {
    /// In a line: `+11.5 points (95 %: 2.1 to 20.7), p = 0.016`, and what follows from it.
    pub fn spoken(&self) -> String {
        let points = |share: f64| format!("{:.1}", share * 100.0);
        let sign = if self.difference >= 0.0 { "+" } else { "" };
        let p = match self.p {
            p if p < 0.001 => "p < 0.001".to_string(),
            p => format!("p = {p:.3}"),
        };
        let figures = format!(
            "{sign}{} points (95 %: {} to {}), {p}",
            points(self.difference),
            points(self.low),
            points(self.high)
        );
        match self.verdict {
            Verdict::More => format!("more than chance: {figures}"),
            Verdict::Less => format!("less than chance: {figures}"),
            Verdict::NotYet { more } => format!("not enough yet: {more} more leads; {figures}"),
            Verdict::NoDifference => format!(
                "no difference of {} points or more; {figures}",
                points(SMALLEST)
            ),
        }
    }
}

/// `None` while one of the arms is empty.
pub fn compare(one: Share, other: Share) -> Option<Comparison> {
    if one.all == 0 || other.all == 0 {
        return None;
    }
    let (test, p) = match expected_min(one, other) < EXPECTED_MIN {
        true => (Test::FisherExact, fisher(one, other)),
        false => (Test::TwoProportionZ, z_test(one, other)),
    };
    let difference = one.rate() - other.rate();
    let (low, high) = newcombe(one, other);
    let verdict = match p < ALPHA {
        true if difference > 0.0 => Verdict::More,
        true => Verdict::Less,
        false => match more(one, other) {
            0 => Verdict::NoDifference,
            more => Verdict::NotYet { more },
        },
    };
    Some(Comparison {
        difference,
        low,
        high,
        p,
        test,
        verdict,
    })
}

/// The least that a cell of the table is expected to hold if there were no difference.
fn expected_min(one: Share, other: Share) -> f64 {
    let all = (one.all + other.all) as f64;
    let hits = (one.hits + other.hits) as f64;
    let least = one.all.min(other.all) as f64;
    least * hits.min(all - hits) / all
}

fn z_test(one: Share, other: Share) -> f64 {
    let pooled = (one.hits + other.hits) as f64 / (one.all + other.all) as f64;
    let spread = pooled * (1.0 - pooled) * (1.0 / one.all as f64 + 1.0 / other.all as f64);
    match spread > 0.0 {
        true => 2.0 * above((one.rate() - other.rate()).abs() / spread.sqrt()),
        false => 1.0,
    }
}

/// All tables with these margins that are no likelier than the one at hand.
fn fisher(one: Share, other: Share) -> f64 {
    let (all, hits) = (one.all + other.all, one.hits + other.hits);
    let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let whole = ln_choose(all, hits);
    let ln_of = |k: u64| ln_choose(one.all, k) + ln_choose(other.all, hits - k) - whole;
    let here = ln_of(one.hits);
    let tables = hits.saturating_sub(other.all)..=hits.min(one.all);
    // Equal ones differ by rounding.
    let sum: f64 = tables
        .map(ln_of)
        .filter(|ln| *ln <= here + 1e-7)
        .map(f64::exp)
        .sum();
    sum.min(1.0)
}

/// By Stirling's series, and by itself where that is coarse.
fn ln_factorial(n: u64) -> f64 {
    if n < 20 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let n = n as f64;
    let tail = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1260.0 * n.powi(5));
    n * n.ln() - n + 0.5 * (2.0 * std::f64::consts::PI * n).ln() + tail
}

/// The chance that a standard normal value is above `z`, for `z` of 0 and more: M. Abramowitz and I. A.
/// Stegun, *Handbook of Mathematical Functions*, 26.2.17, off by at most 7.5e-8.
fn above(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (density * series).clamp(0.0, 0.5)
}

fn wilson(share: Share) -> (f64, f64) {
    let (n, p, z2) = (share.all as f64, share.rate(), Z_ALPHA * Z_ALPHA);
    let middle = p + z2 / (2.0 * n);
    let half = Z_ALPHA * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z2 / n;
    ((middle - half) / whole, (middle + half) / whole)
}

fn newcombe(one: Share, other: Share) -> (f64, f64) {
    let ((l1, u1), (l2, u2)) = (wilson(one), wilson(other));
    let (p1, p2) = (one.rate(), other.rate());
    let difference = p1 - p2;
    let down = ((p1 - l1).powi(2) + (u2 - p2).powi(2)).sqrt();
    let up = ((u1 - p1).powi(2) + (p2 - l2).powi(2)).sqrt();
    ((difference - down).max(-1.0), (difference + up).min(1.0))
}

/// How many leads are still missing, in both arms as they are shared out now, until a difference as great
/// as the one seen, or [`SMALLEST`] where that is less, would show.
fn more(one: Share, other: Share) -> u64 {
    let (p2, seen) = (other.rate(), one.rate() - other.rate());
    let effect = seen.abs().max(SMALLEST);
    // Towards the side that has room for it.
    let up = match seen == 0.0 {
        true => p2 + effect <= 1.0,
        false => seen > 0.0 && p2 + effect <= 1.0 || p2 - effect < 0.0,
    };
    let p1 = if up { p2 + effect } else { p2 - effect }.clamp(0.0, 1.0);
    let middle = f64::midpoint(p1, p2);
    let top = Z_ALPHA * (2.0 * middle * (1.0 - middle)).sqrt()
        + Z_POWER * (p1 * (1.0 - p1) + p2 * (1.0 - p2)).sqrt();
    let each = (top / (p1 - p2)).powi(2).ceil();
    // An unequal split needs more: what counts is the harmonic mean of both arms.
    let (a, b) = (one.all as f64, other.all as f64);
    let split = (a + b).powi(2) / (4.0 * a * b);
    let needed = (2.0 * each * split).min(MORE_MAX as f64) as u64;
    needed.saturating_sub(one.all + other.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(hits: u64, all: u64) -> Share {
        Share::new(hits, all)
    }

    fn near(got: f64, wanted: f64, by: f64) -> bool {
        (got - wanted).abs() <= by
    }

    /// Fisher's own tea tasting, and tables of textbooks as R's `fisher.test` gives them.
    #[test]
    fn small_tables_are_judged_exactly() {
        for (one, other, p) in [
            ((3, 4), (1, 4), 0.485_714),
            ((4, 4), (0, 4), 0.028_571),
            ((1, 9), (11, 14), 0.002_759),
            ((0, 5), (0, 5), 1.0),
        ] {
            let got = compare(share(one.0, one.1), share(other.0, other.1)).unwrap();
            assert_eq!(got.test, Test::FisherExact, "{one:?} {other:?}");
            assert!(near(got.p, p, 2e-6), "{one:?} {other:?}: {}", got.p);
        }
    }

    /// As R's `prop.test(…, correct = FALSE)` gives them.
    #[test]
    fn large_tables_are_judged_by_z() {
        for (one, other, p) in [
            ((83, 200), (60, 200), 0.016_417),
            ((500, 1000), (500, 1000), 1.0),
            ((60, 1000), (40, 1000), 0.040_174),
        ] {
            let got = compare(share(one.0, one.1), share(other.0, other.1)).unwrap();
            assert_eq!(got.test, Test::TwoProportionZ, "{one:?} {other:?}");
            assert!(near(got.p, p, 2e-6), "{one:?} {other:?}: {}", got.p);
        }
    }

    /// Table II of Newcombe's paper, method 10.
    #[test]
    fn the_interval_is_newcombes() {
        for (one, other, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            let got = compare(share(one.0, one.1), share(other.0, other.1)).unwrap();
            assert!(near(got.low, low, 6e-5), "{one:?}: {}", got.low);
            assert!(near(got.high, high, 6e-5), "{one:?}: {}", got.high);
        }
    }

    #[test]
    fn a_verdict_says_which_is_more_or_how_many_leads_are_missing() {
        let verdict = |one: (u64, u64), other: (u64, u64)| {
            let got = compare(share(one.0, one.1), share(other.0, other.1));
            got.map(|it| it.verdict)
        };
        assert_eq!(verdict((0, 0), (3, 4)), None);
        assert_eq!(verdict((83, 200), (60, 200)), Some(Verdict::More));
        assert_eq!(verdict((60, 200), (83, 200)), Some(Verdict::Less));
        // 60 % against 50 %: 388 in each arm (Fleiss, Levin and Paik, without the correction).
        assert_eq!(
            verdict((60, 100), (50, 100)),
            Some(Verdict::NotYet {
                more: 2 * 388 - 200
            })
        );
        // The same missing more where the arms are unequal.
        let Some(Verdict::NotYet { more }) = verdict((12, 20), (90, 180)) else {
            panic!("twenty leads decide nothing");
        };
        assert!(more > 2 * 388 - 200, "{more}");
        assert_eq!(
            verdict((10_000, 20_000), (10_000, 20_000)),
            Some(Verdict::NoDifference)
        );
        let none = verdict((0, 10), (0, 10));
        assert!(matches!(none, Some(Verdict::NotYet { .. })), "{none:?}");
        let all = verdict((10, 10), (10, 10));
        assert!(matches!(all, Some(Verdict::NotYet { .. })), "{all:?}");
    }
}
