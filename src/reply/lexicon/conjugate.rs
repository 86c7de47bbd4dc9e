//! The forms in which people tell others to do something: every person of the imperative, polite and
//! negative ones too, infinitives, and with "me" put behind. Made from a verb and, where they differ, its
//! stems; written `infinitive:second:third`. Without accents: replies are read without them.

/// How a form stands in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// "manden", "écrivez", "schreibt"
    Command,
    /// "mandar", "enviando", "texting"
    Infinitive,
    /// "mándenme"
    CommandMe,
    /// "retirée", "contactado", "gelöscht"
    Participle,
}

/// A verb as a language file writes it: `nehmen:nimm:genommen`.
struct Verb<'a> {
    infinitive: &'a str,
    second: Option<&'a str>,
    third: Option<&'a str>,
}

/// All forms of a verb of a language.
pub(super) fn forms(language: &str, verb: &str) -> Vec<(Mood, String)> {
    let mut parts = verb.split(':');
    let verb = Verb {
        infinitive: parts.next().unwrap_or_default(),
        second: parts.next().filter(|p| !p.is_empty()),
        third: parts.next().filter(|p| !p.is_empty()),
    };
    match language {
        "en" => english(&verb),
        "es" => spanish(&verb),
        "fr" => french(&verb),
        "de" => german(&verb),
        _ => portuguese(&verb),
    }
}

fn with(mood: Mood, stem: &str, endings: &[&str]) -> impl Iterator<Item = (Mood, String)> {
    endings
        .iter()
        .map(move |ending| (mood, format!("{stem}{ending}")))
}

/// `stop`, `stopping`, `stoppin`, `stopped`; the second form is the stem before `-ing`, the third the
/// participle.
fn english(verb: &Verb) -> Vec<(Mood, String)> {
    let base = verb.infinitive;
    let stem = verb
        .second
        .unwrap_or(base.strip_suffix('e').unwrap_or(base));
    let ing = with(Mood::Infinitive, stem, &["ing", "in"]);
    let done = match verb.third {
        Some(done) => done.to_string(),
        None => format!("{stem}ed"),
    };
    std::iter::once((Mood::Command, base.to_string()))
        .chain(ing)
        .chain([(Mood::Participle, done)])
        .collect()
}

/// The stem before the other vowel: `sac-` is `saqu-` before e, `dirig-` is `dirij-` before a.
fn respelled(stem: &str, before_e: bool) -> String {
    const BEFORE_E: [(&str, &str); 3] = [("c", "qu"), ("g", "gu"), ("z", "c")];
    const BEFORE_A: [(&str, &str); 3] = [("gu", "g"), ("g", "j"), ("c", "z")];
    let table = if before_e { BEFORE_E } else { BEFORE_A };
    let changed = table.iter().find_map(|(from, to)| {
        let rest = stem.strip_suffix(from)?;
        Some(format!("{rest}{to}"))
    });
    changed.unwrap_or_else(|| stem.to_string())
}

/// tú, vos, usted, ustedes, vosotros; the second form is the stem of the present, the third that of the
/// subjunctive: `detener:detien:deteng`.
fn spanish(verb: &Verb) -> Vec<(Mood, String)> {
    let (stem, vowel) = verb.infinitive.split_at(verb.infinitive.len() - 2);
    let first = vowel == "ar";
    let present = verb.second.unwrap_or(stem);
    let own = respelled(verb.second.unwrap_or(stem), first);
    let wish = verb.third.map_or(own, str::to_string);
    let plain = respelled(stem, first);
    let (told, ordered, negated): ([&str; 1], [&str; 2], [&str; 2]) = if first {
        (["a"], ["e", "en"], ["es", "emos"])
    } else {
        (["e"], ["a", "an"], ["as", "amos"])
    };
    let familiar: &[&str] = match vowel {
        "ar" => &["a", "ad"],
        "er" => &["e", "ed"],
        _ => &["i", "id"],
    };
    let past: &[&str] = if first {
        &["ara", "aran", "aras", "asen", "ase"]
    } else {
        &["iera", "ieran", "ieras", "iesen", "iese"]
    };
    let mut forms: Vec<(Mood, String)> = Vec::new();
    let commands = with(Mood::Command, present, &told)
        .chain(with(Mood::Command, stem, familiar))
        .chain(with(Mood::Command, &wish, &ordered));
    for (mood, form) in commands {
        for me in ["me", "nos", "men"] {
            forms.push((Mood::CommandMe, format!("{form}{me}")));
        }
        forms.push((mood, form));
    }
    forms.extend(with(Mood::Command, &wish, &negated));
    let yours: &[&str] = if first { &["eis"] } else { &["ais"] };
    forms.extend(with(Mood::Command, &plain, yours));
    if first {
        // Chilean "no me mandís".
        forms.extend(with(Mood::Command, &plain, &["is"]));
    }
    forms.extend(with(Mood::Command, &wish, yours));
    forms.extend(with(Mood::Command, stem, past));
    let done = format!("{stem}{}", if first { "ad" } else { "id" });
    forms.extend(with(Mood::Participle, &done, &["o", "a", "os", "as"]));
    let doing = if first { "ando" } else { "iendo" };
    for ending in [vowel, doing] {
        forms.extend(
            with(Mood::Infinitive, stem, &[ending])
                .flat_map(|(m, f)| ["", "me", "nos"].map(|me| (m, format!("{f}{me}")))),
        );
    }
    forms
}

/// tu, você, vocês, and the infinitive with persons; the second form is the stem of the present, the third
/// that of the subjunctive.
fn portuguese(verb: &Verb) -> Vec<(Mood, String)> {
    let (stem, vowel) = verb.infinitive.split_at(verb.infinitive.len() - 2);
    let first = vowel == "ar";
    let present = verb.second.unwrap_or(stem);
    let stem_spelled = respelled(stem, first);
    let wish = verb.third.unwrap_or(&stem_spelled);
    let (told, ordered): (&str, &[&str]) = if first {
        ("a", &["e", "em", "es", "emos"])
    } else {
        ("e", &["a", "am", "as", "amos"])
    };
    let (theme, doing, done) = match vowel {
        "ar" => ("a", "ando", "ad"),
        "er" => ("e", "endo", "id"),
        _ => ("i", "indo", "id"),
    };
    let done = format!("{stem}{done}");
    let theme = format!("{stem}{theme}");
    with(Mood::Command, present, &[told])
        .chain(with(Mood::Command, wish, ordered))
        .chain(with(Mood::Command, &theme, &["sse", "ssem", "i"]))
        .chain(with(Mood::Infinitive, &theme, &["r", "rem", "res", "rmos"]))
        .chain(with(Mood::Infinitive, stem, &[doing]))
        .chain(with(Mood::Participle, &done, &["o", "a", "os", "as"]))
        .collect()
}

/// tu, vous, and what follows "que"; `envoyer:envoi` has another stem before a silent ending, and
/// `écrire:écri:écriv` one for each number.
fn french(verb: &Verb) -> Vec<(Mood, String)> {
    const SILENT: [&str; 3] = ["e", "es", "ent"];
    const SPOKEN: [&str; 3] = ["ez", "iez", "ons"];
    let infinitive = verb.infinitive;
    let mut forms: Vec<(Mood, String)> = match (infinitive.strip_suffix("er"), verb.third) {
        (Some(stem), None) => with(Mood::Command, verb.second.unwrap_or(stem), &SILENT)
            .chain(with(Mood::Command, stem, &SPOKEN))
            .chain(with(Mood::Infinitive, stem, &["er", "ant"]))
            .chain(with(Mood::Participle, stem, &["e", "ee", "es", "ees"]))
            .collect(),
        (_, many) => {
            let one = verb.second.unwrap_or(infinitive);
            let many = many.unwrap_or(one);
            with(Mood::Command, one, &["s", "t", ""])
                .chain(with(Mood::Command, many, &SILENT))
                .chain(with(Mood::Command, many, &SPOKEN))
                .chain(with(Mood::Infinitive, infinitive, &[""]))
                .chain(with(Mood::Infinitive, many, &["ant"]))
                .chain(with(Mood::Participle, one, &["t", "te", "ts", "tes"]))
                .collect()
        }
    };
    // "arretez de mecrire": the elision in one word with its verb, as it is typed.
    if infinitive.starts_with(['a', 'e', 'h', 'i', 'o', 'u']) {
        forms.push((Mood::Infinitive, format!("m{infinitive}")));
    }
    forms
}

/// du, ihr, Sie, the infinitive and the participle; `nehmen:nimm:genommen`. A prefix that may part is
/// divided off by a dot: `an.rufen` is `anrufen`, `anzurufen`, `angerufen`, and its parts by themselves.
fn german(verb: &Verb) -> Vec<(Mood, String)> {
    let (prefix, simple) = match verb.infinitive.split_once('.') {
        Some((prefix, simple)) => (prefix, simple),
        None => ("", verb.infinitive),
    };
    let stem = simple.strip_suffix("en").unwrap_or(simple);
    let stem = if stem == simple {
        simple.strip_suffix('n').unwrap_or(simple)
    } else {
        stem
    };
    let link = if stem.ends_with(['d', 't']) { "e" } else { "" };
    let bare = ["be", "er", "ver", "ent", "zer"]
        .iter()
        .any(|p| simple.starts_with(p))
        || simple.ends_with("ieren");
    let ge = if bare { "" } else { "ge" };
    let regular = format!("{ge}{stem}{link}t");
    let participle = verb.third.unwrap_or(&regular);
    let mut forms: Vec<(Mood, String)> = with(Mood::Command, stem, &["", "e"])
        .chain([
            (Mood::Command, format!("{stem}{link}t")),
            (Mood::Command, simple.to_string()),
        ])
        // Bavarian "schreibts", Swabian "schreibet".
        .chain(with(Mood::Command, stem, &["ts", "et"]))
        .collect();
    forms.extend(verb.second.map(|du| (Mood::Command, du.to_string())));
    forms.extend([
        (Mood::Infinitive, format!("{prefix}{simple}")),
        (Mood::Infinitive, format!("{prefix}{participle}")),
        (Mood::Participle, format!("{prefix}{participle}")),
    ]);
    if !prefix.is_empty() {
        forms.push((Mood::Infinitive, format!("{prefix}zu{simple}")));
        forms.push((Mood::Infinitive, format!("{prefix}{stem}{link}t")));
        forms.push((Mood::Infinitive, format!("{prefix}{stem}e")));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_is_told() {
        for (language, verb, wanted) in [
            ("en", "spam:spamm", "spam spamming spammin spammed"),
            (
                "es",
                "sacar",
                "saca sacad saque saquen saques saqueis sacado sacadas sacame sacadme saqueme saquenme sacaran sacar \
                 sacarme sacando sacandome",
            ),
            (
                "es",
                "detener:detien:deteng",
                "detenga detengan detened detener deteniendo",
            ),
            (
                "es",
                "escribir",
                "escribe escribi escriban escribais escribidme escribiendo",
            ),
            (
                "pt",
                "ligar",
                "liga ligue liguem ligues ligassem ligar ligarem ligando",
            ),
            ("pt", "excluir", "exclua excluam excluir excluido"),
            (
                "fr",
                "envoyer:envoi",
                "envoye envoyee envoie envoies envoyez envoyiez envoyer",
            ),
            (
                "fr",
                "ecrire:ecri:ecriv",
                "ecris ecrivez ecriviez ecrire mecrire",
            ),
            ("de", "nehmen:nimm:genommen", "nimm nehmt nehmen genommen"),
            (
                "de",
                "an.rufen::gerufen",
                "ruf ruft anrufen anzurufen angerufen",
            ),
            ("de", "belästigen", "belästige belästigt belästigen"),
        ] {
            let forms: Vec<String> = forms(language, verb).into_iter().map(|(_, f)| f).collect();
            for form in wanted.split_whitespace() {
                assert!(
                    forms.iter().any(|f| f == form),
                    "{verb}: {form} in {forms:?}"
                );
            }
        }
    }
}
