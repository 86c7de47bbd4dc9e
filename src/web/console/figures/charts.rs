//! Bars, days and lines as SVG. Colours come by class, sizes by attribute: the console's policy runs
//! no style of a page's own.

use maud::{Markup, html};

use crate::time::Timestamp;

/// `42 %`; a dash of nothing.
pub fn rate(part: u64, all: u64) -> String {
    match all {
        0 => "–".to_string(),
        _ => {
            let percent = share(part, all) * 100.0;
            match percent {
                p if p > 0.0 && p < 10.0 => format!("{p:.1} %"),
                p => format!("{p:.0} %"),
            }
        }
    }
}

/// 0 to 1.
pub fn share(part: u64, all: u64) -> f64 {
    match all {
        0 => 0.0,
        _ => (part as f64 / all as f64).min(1.0),
    }
}

/// One bar of a list; the number stands beside it.
pub fn bar(share: f64, tone: &str) -> Markup {
    let width = (share * 100.0).max(if share > 0.0 { 1.0 } else { 0.0 });
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="10" {}
            rect class=(tone) width=(format!("{width:.1}")) height="10" {}
        }
    }
}

pub struct Part {
    pub name: &'static str,
    pub count: u64,
    pub tone: &'static str,
}

/// One bar of several parts, each told below it.
pub fn split(parts: &[Part]) -> Markup {
    let all: u64 = parts.iter().map(|part| part.count).sum();
    let ends = parts.iter().scan(0, |end, part| {
        *end += part.count;
        Some(*end)
    });
    let there: Vec<(&Part, u64)> = parts
        .iter()
        .zip(ends)
        .filter(|(part, _)| part.count > 0)
        .collect();
    html! {
        svg.split viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="10" {}
            @for (part, end) in &there {
                @let (width, stop) = (share(part.count, all) * 100.0, share(*end, all) * 100.0);
                rect class=(part.tone) x=(format!("{:.2}", stop - width)) width=(format!("{width:.2}")) height="10" {}
            }
        }
        ul.legend {
            @for (part, _) in there {
                li { span class=(format!("dot {}", part.tone)) {} (part.name) " " b { (part.count) } " " span.hint { (rate(part.count, all)) } }
            }
        }
    }
}

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 150.0;

/// Two bars in one for each day: begun behind, answered before it. The last day is today's.
pub fn days(counts: &[(u64, u64)], now: Timestamp) -> Markup {
    let most = counts
        .iter()
        .map(|(begun, _)| *begun)
        .max()
        .unwrap_or(0)
        .max(1);
    let slot = WIDTH / counts.len().max(1) as f64;
    let tall = |count: u64| (share(count, most) * HEIGHT).max(if count > 0 { 3.0 } else { 0.0 });
    let begun: u64 = counts.iter().map(|(begun, _)| begun).sum();
    let answered: u64 = counts.iter().map(|(_, answered)| answered).sum();
    let first = counts.len() as i64 - 1;
    let day = |back: i64| Timestamp::from_ms(now.as_ms() - back * 86_400_000);
    html! {
        svg.days viewBox=(format!("0 -8 {WIDTH} {}", HEIGHT + 10.0)) role="img"
            aria-label=(format!("{begun} begun and {answered} answered in the last {} days; at most {most} in a day", counts.len())) {
            line.axis x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
            @for (n, (begun, answered)) in counts.iter().enumerate() {
                @let x = n as f64 * slot + slot * 0.14;
                @for (class, count) in [("pale", *begun), ("accent", *answered)] {
                    rect class=(class) x=(format!("{x:.1}")) width=(format!("{:.1}", slot * 0.72)) rx="2.500"
                        y=(format!("{:.1}", HEIGHT - tall(count))) height=(format!("{:.1}", tall(count))) {
                        title { (begun) " begun, " (answered) " answered" }
                    }
                }
            }
        }
        p.axis-labels {
            time datetime=(day(first)) data-at="day" { (day(first)) }
            span.hint { "most in a day: " (most) }
            span { "today" }
        }
        ul.legend {
            li { span.dot.pale {} "begun " b { (begun) } }
            li { span.dot.accent {} "answered " b { (answered) } }
        }
        (day_table(counts, now))
    }
}

/// The drawing's numbers, of days on which anything began; the newest first.
fn day_table(counts: &[(u64, u64)], now: Timestamp) -> Markup {
    let days = counts.iter().rev().enumerate();
    let days: Vec<(usize, &(u64, u64))> = days.filter(|(_, (begun, _))| *begun > 0).collect();
    html! {
        @if !days.is_empty() {
            details.day-table {
                summary { "As a table" }
                div.table-frame tabindex="0" role="region" aria-label="Day by day" { table.list {
                    thead { tr { th scope="col" { "Day" } th.number scope="col" { "Begun" } th.number scope="col" { "Answered" } } }
                    tbody { @for (back, (begun, answered)) in days {
                        @let day = Timestamp::from_ms(now.as_ms() - back as i64 * 86_400_000);
                        tr {
                            th scope="row" { time datetime=(day) data-day { (day.to_string().get(..10).unwrap_or_default()) } }
                            td.number { (begun) } td.number { (answered) }
                        }
                    } }
                } }
            }
        }
    }
}

/// A line of what began, day by day: the shape of it, nothing more.
pub fn spark(counts: &[(u64, u64)]) -> Markup {
    let most = counts
        .iter()
        .map(|(begun, _)| *begun)
        .max()
        .unwrap_or(0)
        .max(1);
    let step = 100.0 / (counts.len().max(2) - 1) as f64;
    let points: Vec<String> = counts
        .iter()
        .enumerate()
        .map(|(n, (begun, _))| {
            let (x, y) = (n as f64 * step, 26.0 - share(*begun, most) * 24.0);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let line = points.join(" ");
    html! {
        svg.spark viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true" {
            polygon points=(format!("0,28 {line} 100,28")) {}
            polyline points=(line) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_no_more_than_is_known() {
        for (part, all, wanted) in [
            (0, 0, "–"),
            (0, 8, "0 %"),
            (1, 200, "0.5 %"),
            (1, 3, "33 %"),
            (3, 3, "100 %"),
        ] {
            assert_eq!(rate(part, all), wanted, "{part} of {all}");
        }
    }
}
