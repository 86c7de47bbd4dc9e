//! A picture of a flow that an author would put on a slide: as SVG, and as text for Graphviz and
//! Mermaid. Decides what is shown and how it looks; a flow in, text out.
//!
//! A page may bring the picture to life: every step is a `g.node[data-step]`, every arrow a
//! `g.edge[data-from][data-exit][data-to]` (`data-exit` a list separated by spaces), both named as in
//! `conversation::Hop`.

mod draw;
mod icons;
mod layout;
mod measure;
mod palette;
mod path;
mod scene;
mod straighten;
mod text;

use std::collections::BTreeMap;

use crate::flow::{Flow, Objective};
use crate::lead::Name;

use palette::Palette;
use scene::Scene;

/// How a picture is drawn; by default for a file that follows the reader's light or dark theme.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    pub style: Style,
    pub live: Option<&'a StepNumbers>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Light, and dark where the reader prefers it: its own style sheet is inside.
    #[default]
    Auto,
    Light,
    Dark,
    /// For a page that brings [`css`] itself; without a background.
    Bare,
}

impl Style {
    fn palette(self) -> &'static Palette {
        match self {
            Style::Auto | Style::Light | Style::Bare => &palette::LIGHT,
            Style::Dark => &palette::DARK,
        }
    }
}

/// How many leads stand at each step, went through it and were lost there; how many took each exit.
#[derive(Debug, Clone, Default)]
pub struct StepNumbers {
    pub waiting: BTreeMap<Name, u64>,
    pub passed: BTreeMap<Name, u64>,
    pub dropped: BTreeMap<Name, u64>,
    /// By step and exit.
    pub taken: BTreeMap<(Name, Name), u64>,
}

impl StepNumbers {
    /// Several counts of one step (by status) are added up.
    pub fn of(counts: &[(Name, u64)]) -> Self {
        let mut waiting: BTreeMap<Name, u64> = BTreeMap::new();
        for (step, count) in counts {
            *waiting.entry(step.clone()).or_default() += count;
        }
        Self {
            waiting,
            ..Self::default()
        }
    }
}

/// The flow's picture as one SVG document.
pub fn svg(flow: &Flow, options: &Options) -> String {
    draw::draw(&Scene::of(flow), options)
}

/// Whether the picture of a flow with this objective shows the outcome as what it is for.
pub fn is_won(outcome: &str, objective: Objective) -> bool {
    scene::tone(outcome, objective) == scene::Tone::Won
}

/// The flow's graph for Graphviz.
pub fn dot(flow: &Flow) -> String {
    text::dot(&Scene::of(flow))
}

/// The flow's graph as a Mermaid flowchart.
pub fn mermaid(flow: &Flow) -> String {
    text::mermaid(&Scene::of(flow))
}

/// The style sheet of [`Style::Bare`] pictures: light, dark by the reader's preference, and either by
/// `data-theme` on the page's root.
pub fn css() -> String {
    format!(
        "{}@media (prefers-color-scheme:dark){{{}}}{}",
        palette::rules(&palette::LIGHT, ".flow-picture"),
        palette::rules(
            &palette::DARK,
            ":is(:root:not([data-theme=light]) .flow-picture,.flow-picture:root)"
        ),
        palette::rules(&palette::DARK, ":root[data-theme=dark] .flow-picture"),
    )
}

#[cfg(test)]
mod tests;
