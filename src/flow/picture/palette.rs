//! The colours of a picture, once for paper and once for the dark. `picture.css` holds the same
//! colours for browsers, made from here.

use super::scene::Tone;

pub struct Palette {
    pub canvas: &'static str,
    pub card: &'static str,
    pub card_line: &'static str,
    pub shadow: &'static str,
    pub ink: &'static str,
    pub text: &'static str,
    pub muted: &'static str,
    pub line: &'static str,
    pub faint: &'static str,
    pub silence: &'static str,
    pub silence_ink: &'static str,
    pub frame_line: &'static str,
    pub count: &'static str,
    pub count_ink: &'static str,
    pub won: Colours,
    pub neutral: Colours,
    pub lost: Colours,
    blue: Colours,
    teal: Colours,
    violet: Colours,
    orange: Colours,
    pink: Colours,
    cyan: Colours,
    green: Colours,
    grey: Colours,
}

#[derive(Clone, Copy)]
pub struct Colours {
    pub back: &'static str,
    pub line: &'static str,
    pub ink: &'static str,
}

const fn colours(back: &'static str, line: &'static str, ink: &'static str) -> Colours {
    Colours { back, line, ink }
}

pub static LIGHT: Palette = Palette {
    canvas: "#fbfbfd",
    card: "#ffffff",
    card_line: "#d9dde6",
    shadow: "#e6e9f0",
    ink: "#131722",
    text: "#454c5e",
    muted: "#656d80",
    line: "#6b7488",
    faint: "#9aa2b3",
    silence: "#c28a2c",
    silence_ink: "#80560c",
    frame_line: "#b9bde0",
    count: "#3b4cca",
    count_ink: "#ffffff",
    won: colours("#e2f6ea", "#9ad9b4", "#116939"),
    neutral: colours("#eef0f5", "#c9cfdb", "#434b5e"),
    lost: colours("#fdeaea", "#f0b7b7", "#a32020"),
    blue: colours("#e6eeff", "#b3c9fb", "#1d4fc4"),
    teal: colours("#def5f2", "#a3ddd5", "#0c6258"),
    violet: colours("#efe9fe", "#cdbdf8", "#5b2fc0"),
    orange: colours("#ffecdc", "#f8c79c", "#a1450b"),
    pink: colours("#fde8f3", "#f3b8d7", "#a81a66"),
    cyan: colours("#e0f3fb", "#a4d8ee", "#0b5d80"),
    green: colours("#e6f5e0", "#b3dba3", "#2f6616"),
    grey: colours("#eceef3", "#ccd1dc", "#464e60"),
};

pub static DARK: Palette = Palette {
    canvas: "#12151c",
    card: "#1c212c",
    card_line: "#343c4c",
    shadow: "#0b0d12",
    ink: "#f2f4f9",
    text: "#bcc4d4",
    muted: "#949db0",
    line: "#8791a6",
    faint: "#667085",
    silence: "#c99a49",
    silence_ink: "#e6bd75",
    frame_line: "#454c78",
    count: "#8b9bff",
    count_ink: "#10131b",
    won: colours("#12301f", "#28643f", "#7fe0a6"),
    neutral: colours("#262c38", "#414a5c", "#c3cad8"),
    lost: colours("#381a1d", "#6e3136", "#ff9b9b"),
    blue: colours("#1b2b4d", "#31508f", "#9dbdff"),
    teal: colours("#10322f", "#1f625b", "#6fdccd"),
    violet: colours("#2b2150", "#52409a", "#c3aeff"),
    orange: colours("#3d2413", "#7c4820", "#ffb47a"),
    pink: colours("#3c1a2d", "#7a305a", "#ff9fd0"),
    cyan: colours("#12303d", "#235f78", "#7fd3f5"),
    green: colours("#1e3214", "#3d6628", "#a8de8d"),
    grey: colours("#282e3a", "#434b5b", "#bcc3d1"),
};

impl Palette {
    pub fn blue_back(&self) -> &'static str {
        self.blue.back
    }

    pub fn tone(&self, tone: Tone) -> Colours {
        match tone {
            Tone::Won => self.won,
            Tone::Neutral => self.neutral,
            Tone::Lost => self.lost,
        }
    }
}

pub fn accent(palette: &Palette, verb: &str) -> Colours {
    match verb {
        "ask" => palette.blue,
        "say" => palette.teal,
        "decide" | "run" => palette.violet,
        "handoff" => palette.orange,
        "email" => palette.pink,
        "call" => palette.cyan,
        "book" => palette.green,
        _ => palette.grey,
    }
}

const VERBS: [&str; 11] = [
    "ask", "say", "decide", "handoff", "email", "wait", "book", "call", "set", "run", "return",
];

/// The rules that give a picture these colours, each under `scope`.
pub fn rules(palette: &Palette, scope: &str) -> String {
    let p = palette;
    let mut css = format!(
        "{scope} .canvas,{scope} .label-back{{fill:var(--picture-canvas,{0})}}{scope} .card .box{{fill:{1};stroke:{2}}}\
         {scope} .shadow{{fill:{3}}}{scope} .title{{fill:{4}}}{scope} .words{{fill:{5}}}\
         {scope} .foot,{scope} .way-in .title,{scope} .frame text{{fill:{6}}}\
         {scope} .line{{stroke:{7}}}{scope} .head{{fill:{7}}}{scope} .way-in .box{{stroke:{7}}}\
         {scope} .unclear .line,{scope} .otherwise .line{{stroke:{8}}}\
         {scope} .unclear .head,{scope} .otherwise .head{{fill:{8}}}\
         {scope} .silence .line{{stroke:{9}}}{scope} .silence .head{{fill:{9}}}",
        p.canvas, p.card, p.card_line, p.shadow, p.ink, p.text, p.muted, p.line, p.faint, p.silence
    );
    css.push_str(&format!(
        "{scope} .label{{fill:{0}}}{scope} .silence .label{{fill:{1}}}\
         {scope} .unclear .label,{scope} .otherwise .label{{fill:{2}}}\
         {scope} .frame rect{{stroke:{3}}}\
         {scope} .count rect{{fill:{4}}}{scope} .count text{{fill:{5}}}",
        p.ink, p.silence_ink, p.muted, p.frame_line, p.count, p.count_ink
    ));
    for (class, back, ink) in [
        ("passed", p.neutral.back, p.neutral.ink),
        ("dropped", p.lost.back, p.lost.ink),
        ("taken", p.blue.back, p.blue.ink),
    ] {
        css.push_str(&format!(
            "{scope} .tally-{class} rect{{fill:{back}}}{scope} .tally-{class} text{{fill:{ink}}}"
        ));
    }
    for (tone, c) in [("won", p.won), ("neutral", p.neutral), ("lost", p.lost)] {
        css.push_str(&format!(
            "{scope} .{tone} .box{{fill:{};stroke:{}}}{scope} .{tone} .dot,\
             {scope} .{tone} .title{{fill:{}}}",
            c.back, c.line, c.ink
        ));
    }
    for verb in VERBS {
        let c = accent(p, verb);
        css.push_str(&format!(
            "{scope} .verb-{verb} .tag-back{{fill:{}}}{scope} .verb-{verb} .icon{{stroke:{1}}}\
             {scope} .verb-{verb} .tag-text{{fill:{1}}}",
            c.back, c.ink
        ));
    }
    css
}
