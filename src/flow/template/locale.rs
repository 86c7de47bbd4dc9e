//! How a locale writes numbers, days, hours, and yes. Source: Unicode CLDR 48, with abbreviations
//! written without their full stops and narrow spaces written as plain ones: both cost an SMS dear.

/// One language's words.
#[derive(Debug)]
pub struct Words {
    pub months: [&'static str; 12],
    pub months_short: [&'static str; 12],
    /// From Monday.
    pub days: [&'static str; 7],
    pub days_short: [&'static str; 7],
    pub am_pm: [&'static str; 2],
    pub no_yes: [&'static str; 2],
    /// A day as it stands before a time; `E`, `d`, `M` as in a date pattern.
    pub day_pattern: &'static str,
}

/// How numbers are grouped and where a currency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    pub group: char,
    pub decimal: char,
    /// How many digits a number must have before its first group is set apart.
    pub grouped_from: usize,
    pub currency: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `$24,900`
    Before,
    /// `R$ 24.900`
    BeforeApart,
    /// `24.900 €`
    After,
}

/// A locale and the region that stands behind it, as far as formats differ.
#[derive(Debug, Clone, Copy)]
pub struct Locale<'a> {
    pub language: &'a str,
    pub region: &'a str,
}

/// Where Spanish groups by commas and reads the clock by twelve hours.
const SPANISH_BY_COMMA: [&str; 11] = [
    "US", "MX", "PR", "DO", "GT", "HN", "NI", "PA", "SV", "PE", "CU",
];
/// Where English reads the clock by 24 hours.
const ENGLISH_BY_24: [&str; 3] = ["GB", "IE", "ZA"];

impl<'a> Locale<'a> {
    /// `tag` is BCP 47; its own region outranks the workspace's.
    pub fn of(tag: &'a str, workspace_region: &'a str) -> Self {
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or("en");
        Self {
            language,
            region: parts.next_back().unwrap_or(workspace_region),
        }
    }

    fn is(self, region: &str) -> bool {
        self.region.eq_ignore_ascii_case(region)
    }

    fn in_any(self, regions: &[&str]) -> bool {
        regions.iter().any(|region| self.is(region))
    }

    pub fn words(self) -> &'static Words {
        match self.language {
            "es" => &SPANISH,
            "fr" => &FRENCH,
            "de" => &GERMAN,
            "pt" => &PORTUGUESE,
            _ => &ENGLISH,
        }
    }

    pub fn clock_pattern(self) -> &'static str {
        let by_twelve = match self.language {
            "es" => self.in_any(&SPANISH_BY_COMMA) || self.is("CO"),
            "fr" | "de" | "pt" => false,
            _ => !self.in_any(&ENGLISH_BY_24),
        };
        if by_twelve { "h:mm a" } else { "HH:mm" }
    }

    pub fn numbers(self) -> Numbers {
        let style = |group, decimal, grouped_from, currency| Numbers {
            group,
            decimal,
            grouped_from,
            currency,
        };
        match self.language {
            "es" if self.in_any(&SPANISH_BY_COMMA) => style(',', '.', 4, Place::Before),
            "es" if self.is("ES") => style('.', ',', 5, Place::After),
            "es" => style('.', ',', 4, Place::BeforeApart),
            "fr" if self.is("CH") => style(' ', ',', 4, Place::After),
            "fr" => style(' ', ',', 4, Place::After),
            "de" if self.is("CH") => style('\'', '.', 4, Place::BeforeApart),
            "de" if self.is("AT") => style('.', ',', 4, Place::BeforeApart),
            "de" => style('.', ',', 4, Place::After),
            "pt" if self.is("PT") => style(' ', ',', 5, Place::After),
            "pt" => style('.', ',', 4, Place::BeforeApart),
            _ => style(',', '.', 4, Place::Before),
        }
    }
}

static ENGLISH: Words = Words {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    months_short: [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    days: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    days_short: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    am_pm: ["AM", "PM"],
    no_yes: ["no", "yes"],
    day_pattern: "EEE d MMM",
};

static SPANISH: Words = Words {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    months_short: [
        "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic",
    ],
    days: [
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ],
    days_short: ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
    am_pm: ["a.m.", "p.m."],
    no_yes: ["no", "sí"],
    day_pattern: "EEE d MMM",
};

static FRENCH: Words = Words {
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    months_short: [
        "janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc",
    ],
    days: [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
    days_short: ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"],
    am_pm: ["AM", "PM"],
    no_yes: ["non", "oui"],
    day_pattern: "EEE d MMM",
};

static GERMAN: Words = Words {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    months_short: [
        "Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sept", "Okt", "Nov", "Dez",
    ],
    days: [
        "Montag",
        "Dienstag",
        "Mittwoch",
        "Donnerstag",
        "Freitag",
        "Samstag",
        "Sonntag",
    ],
    days_short: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
    am_pm: ["AM", "PM"],
    no_yes: ["nein", "ja"],
    day_pattern: "EEE d. MMM",
};

static PORTUGUESE: Words = Words {
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    months_short: [
        "jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez",
    ],
    days: [
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ],
    days_short: ["seg", "ter", "qua", "qui", "sex", "sáb", "dom"],
    am_pm: ["AM", "PM"],
    no_yes: ["não", "sim"],
    day_pattern: "EEE d 'de' MMM",
};
