//! What a business's own answers to HELP, STOP and START must say, and may not. The engine's own say it
//! already. Source: 47 CFR 64.1200(a)(12), the CTIA handbook, the carriers' campaign reviews.

use crate::flow::keywords::{help_words, offers_a_way_out};
use crate::flow::preferences;
use crate::flow::template::{Piece, Source, Template};

/// One of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Help,
    OptOut,
    OptIn,
}

impl Answer {
    /// The diagnostic that names what it lacks.
    pub fn code(self) -> &'static str {
        match self {
            Answer::Help => "E0612",
            Answer::OptOut => "E0613",
            Answer::OptIn => "E0614",
        }
    }

    /// As complaints call it.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Help => "the answer to HELP",
            Answer::OptOut => "the answer to an opt-out",
            Answer::OptIn => "the confirmation of an opt-in",
        }
    }

    /// What is wrong with a text, and how to mend it; nothing where all is said. `locale` is `en` where the
    /// text is for all.
    pub fn wrong(
        self,
        template: &Template,
        brand: &str,
        locale: &str,
    ) -> Vec<(String, &'static str)> {
        let said = Said::of(template, brand, locale);
        let mut wrong = Vec::new();
        let mut ask = |there: bool, what: &str, help: &'static str| {
            if !there {
                wrong.push((format!("{} does not {what}", self.name()), help));
            }
        };
        ask(
            said.names(brand),
            "name the brand",
            "begin it with `{brand}:`",
        );
        match self {
            Answer::Help => {
                ask(
                    said.has_contact(),
                    "say how to reach you",
                    "add a phone number, an email address or a page",
                );
                ask(
                    said.has_stop(),
                    "say how to opt out",
                    "add `Reply STOP to opt out.`",
                );
            }
            Answer::OptOut => {
                ask(
                    said.ends(),
                    "say that no more messages come",
                    "add `You will get no more messages.`",
                );
                if let Some(sells) = said.sells() {
                    wrong.push((
                        format!("{} sells: `{sells}`", self.name()),
                        "the law allows a confirmation and no more; take it out",
                    ));
                }
            }
            Answer::OptIn => {
                ask(
                    said.has_frequency(),
                    "say how often you text",
                    "add `Msg frequency varies.`, or the number: `4 msgs/mo.`",
                );
                ask(
                    said.has_rates(),
                    "say that texts may cost",
                    "add `Msg & data rates may apply.`",
                );
                ask(
                    said.has_help(),
                    "say how to get help",
                    "add `Reply HELP for help.`",
                );
                ask(
                    said.has_stop(),
                    "say how to opt out",
                    "add `STOP to opt out.`",
                );
            }
        }
        wrong
    }
}

/// A text as its reader has it before them.
struct Said<'a> {
    text: String,
    lower: String,
    locale: &'a str,
    /// It links to the lead's own page, on which they find the business and the way out.
    page: bool,
}

impl<'a> Said<'a> {
    fn of(template: &Template, brand: &str, locale: &'a str) -> Self {
        let pieces = template.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Token(token) if token.source == Source::Brand => brand,
            Piece::Token(_) => "",
        });
        let text: String = pieces.collect();
        let page = template.pieces.iter().any(|piece| {
            matches!(piece, Piece::Token(token)
                if matches!(&token.source, Source::Link(name) if **name == *preferences::LINK))
        });
        Self {
            lower: text.to_lowercase().replace('’', "'"),
            text,
            locale,
            page,
        }
    }

    fn names(&self, brand: &str) -> bool {
        self.lower.contains(&brand.to_lowercase())
    }

    fn has_contact(&self) -> bool {
        let mut words = self.lower.split_whitespace();
        self.page || longest_number(&self.text) >= 7 || words.any(is_address)
    }

    fn has_stop(&self) -> bool {
        offers_a_way_out(&self.text, self.locale)
    }

    fn has_help(&self) -> bool {
        let ways = help_words(self.locale);
        let mut words = self.text.split(|c: char| !c.is_alphanumeric());
        words.any(|word| ways.contains(&word.to_lowercase()))
    }

    fn ends(&self) -> bool {
        self.any(&ENDS)
    }

    fn has_frequency(&self) -> bool {
        let counted = PERIODS.iter().any(|period| self.lower.contains(period))
            && self.lower.chars().any(|c| c.is_ascii_digit());
        self.any(&OFTEN) || counted
    }

    fn has_rates(&self) -> bool {
        self.any(&RATES)
    }

    /// The first word of an advertisement.
    fn sells(&self) -> Option<String> {
        if let Some(word) = SELLS.iter().find(|word| self.has_word(word)) {
            return Some(word.to_string());
        }
        let mut words = self.text.split_whitespace();
        let sells = words.find(|word| {
            let price =
                word.contains(['%', '$', '€', '£']) && word.contains(|c: char| c.is_ascii_digit());
            let word = word.to_lowercase();
            price || word.starts_with("http://") || word.starts_with("https://")
        });
        sells.map(str::to_string)
    }

    fn any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.lower.contains(phrase))
    }

    fn has_word(&self, word: &str) -> bool {
        let mut words = self.lower.split(|c: char| !c.is_alphanumeric());
        words.any(|said| said == word)
    }
}

/// The digits of the longest telephone number.
fn longest_number(text: &str) -> usize {
    let (mut longest, mut here) = (0, 0);
    for c in text.chars() {
        match c {
            '0'..='9' => here += 1,
            ' ' | '-' | '.' | '(' | ')' | '+' | '/' => {}
            _ => here = 0,
        }
        longest = longest.max(here);
    }
    longest
}

/// An email address or the address of a page.
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let (name, host) = word.split_once('@').unwrap_or(("x", word));
    let (before, end) = host
        .split('/')
        .next()
        .and_then(|host| host.rsplit_once('.'))
        .unwrap_or(("", ""));
    let letters = end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic());
    !name.is_empty() && !before.is_empty() && letters || word.starts_with("http")
}

// In the languages that replies are read in.

const ENDS: [&str; 32] = [
    "no more",
    "no longer",
    "unsubscribed",
    "opted out",
    "opted-out",
    "not receive",
    "not get",
    "not text",
    "not message",
    "won't",
    "stopped",
    "removed",
    "are out",
    "no recibirá",
    "no recibirás",
    "baja",
    "no más",
    "no le escribiremos",
    "désabonné",
    "désinscrit",
    "ne recevrez plus",
    "plus de message",
    "plus aucun",
    "abgemeldet",
    "keine",
    "nicht mehr",
    "cancelad",
    "não enviaremos",
    "não receberá",
    "não mais",
    "removid",
    "saiu",
];

const OFTEN: [&str; 17] = [
    "frequency",
    "frequently",
    "recurring",
    "frecuencia",
    "recurrentes",
    "fréquence",
    "récurrent",
    "häufigkeit",
    "frequência",
    "recorrentes",
    "msgs/",
    "msg/",
    "messages/",
    "texts/",
    "sms/",
    "mensajes/",
    "mensagens/",
];

const PERIODS: [&str; 18] = [
    "per month",
    "a month",
    "per week",
    "a week",
    "per day",
    "a day",
    "monthly",
    "weekly",
    "al mes",
    "por mes",
    "por semana",
    "a la semana",
    "par mois",
    "par semaine",
    "pro monat",
    "pro woche",
    "ao mês",
    "por mês",
];

const RATES: [&str; 11] = [
    "rates may apply",
    "rates apply",
    "charges may apply",
    "fees may apply",
    "tarifas",
    "cargos",
    "frais",
    "kosten",
    "gebühren",
    "custos",
    "taxas",
];

const SELLS: [&str; 40] = [
    "sale",
    "deal",
    "deals",
    "discount",
    "discounts",
    "coupon",
    "promo",
    "code",
    "offer",
    "offers",
    "save",
    "free",
    "buy",
    "shop",
    "off",
    "wait",
    "oferta",
    "ofertas",
    "descuento",
    "cupón",
    "gratis",
    "compre",
    "ahorre",
    "código",
    "rebaja",
    "offre",
    "remise",
    "soldes",
    "gratuit",
    "achetez",
    "rabatt",
    "angebot",
    "gutschein",
    "kostenlos",
    "sparen",
    "desconto",
    "cupom",
    "grátis",
    "economize",
    "promoção",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::template::{Names, parse};

    fn lacks(answer: Answer, text: &str, locale: &str) -> usize {
        let (template, problems) = parse(text, &Names::default());
        assert!(problems.is_empty(), "{text}: {problems:?}");
        answer.wrong(&template, "Acme", locale).len()
    }

    #[test]
    fn what_an_answer_lacks_is_told() {
        for (answer, locale, text, wrong) in [
            (
                Answer::Help,
                "en",
                "{brand}: help at support@acme.example or 555-0100. Reply STOP to opt out.",
                0,
            ),
            (
                Answer::Help,
                "en",
                "{brand}: see acme.example/help. STOP to opt out.",
                0,
            ),
            (
                Answer::Help,
                "en",
                "Acme: all your settings: {link.preferences} STOP to opt out.",
                0,
            ),
            (
                Answer::Help,
                "es",
                "{brand}: llame al 312 555 0100. Responda STOP para salir.",
                0,
            ),
            (
                Answer::Help,
                "en",
                "{brand}: call 0800. STOP to opt out.",
                1,
            ),
            (Answer::Help, "en", "Call 312 555 0100 on 24 days", 2),
            (Answer::Help, "en", "We are here for you.", 3),
            (
                Answer::OptOut,
                "en",
                "{brand}: You are unsubscribed and get no more texts.",
                0,
            ),
            (
                Answer::OptOut,
                "es",
                "{brand}: Su baja está hecha. Responda START para volver.",
                0,
            ),
            (Answer::OptOut, "en", "You are unsubscribed.", 1),
            (Answer::OptOut, "en", "{brand}: bye.", 1),
            (
                Answer::OptOut,
                "en",
                "Acme: you are unsubscribed. No more messages. But wait, take 20% off with code STAY!",
                1,
            ),
            (
                Answer::OptOut,
                "en",
                "{brand}: you are out. Come back for $5.",
                1,
            ),
            (
                Answer::OptOut,
                "en",
                "{brand}: no more texts. Change your mind: {link.preferences}",
                0,
            ),
            (
                Answer::OptIn,
                "en",
                "{brand}: Welcome. 4 msgs/mo. Msg & data rates may apply. HELP for help, STOP to opt out.",
                0,
            ),
            (
                Answer::OptIn,
                "en",
                "{brand}: up to 4 texts a month. Message and data rates may apply. Reply HELP for help or STOP to end.",
                0,
            ),
            (
                Answer::OptIn,
                "de",
                "{brand}: Häufigkeit variiert. Es können Kosten anfallen. HILFE für Hilfe, STOP zum Abmelden.",
                0,
            ),
            (Answer::OptIn, "en", "{brand}: Welcome!", 4),
        ] {
            assert_eq!(lacks(answer, text, locale), wrong, "{text}");
        }
    }
}
