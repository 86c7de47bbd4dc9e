//! The engine's own few texts: the answers to STOP, START, HELP and "who is this", in each language;
//! those to STOP and HELP in the business's own words where it wrote any.
//! What they must and may not say: 47 CFR 64.1200(a)(12) and the CTIA handbook; brand, no marketing.

use std::borrow::Cow;

use crate::conversation::SmsMessage;
use crate::flow::preferences;
use crate::flow::template::{Scope, Source};
use crate::flow::walk::Facts;
use crate::flow::workspace::{Said, Workspace};
use crate::lead::Value;
use crate::policy::{MessageKind, Purpose};
use crate::time::Zone;

/// The texts of one language; `{brand}` and `{contact}` are filled in.
pub(super) struct Notices {
    locale: &'static str,
    opted_out: &'static str,
    opted_in: &'static str,
    /// Asks to confirm a consent.
    confirm: &'static str,
    help: &'static str,
    who: &'static str,
    wrong_number: &'static str,
}

const ALL: [Notices; 5] = [
    Notices {
        locale: "en",
        opted_out: "{brand}: You are unsubscribed. You will get no more messages from us. \
                    Reply START to rejoin.",
        opted_in: "{brand}: You are subscribed. Msg frequency varies. Msg & data rates may apply. \
                   Reply HELP for help, STOP to opt out.",
        confirm: "{brand}: Reply YES to confirm that you want our texts. Msg frequency varies. \
                  Msg & data rates may apply. Reply HELP for help, STOP to opt out.",
        help: "{brand}: {contact}Msg frequency varies. Msg & data rates may apply. \
               Reply STOP to opt out.",
        who: "This is {brand}. You asked to hear from us at this number. {contact}\
              Reply STOP to opt out.",
        wrong_number: "{brand}: Sorry about that. We will not text this number again.",
    },
    Notices {
        locale: "es",
        opted_out: "{brand}: Su baja está hecha. No recibirá más mensajes. \
                    Responda START para volver.",
        opted_in: "{brand}: Su alta está hecha. La frecuencia varía. Pueden aplicar tarifas. \
                   Responda AYUDA para ayuda, STOP para salir.",
        confirm: "{brand}: Responda SI para confirmar que quiere nuestros mensajes. La frecuencia varía. \
                  Pueden aplicar tarifas. Responda AYUDA para ayuda, STOP para salir.",
        help: "{brand}: {contact}La frecuencia varía. Pueden aplicar tarifas. \
               Responda STOP para salir.",
        who: "Somos {brand}. Usted nos pidió mensajes en este número. {contact}\
              Responda STOP para salir.",
        wrong_number: "{brand}: Disculpe. No escribiremos más a este número.",
    },
    Notices {
        locale: "fr",
        opted_out: "{brand} : vous êtes désabonné. Vous ne recevrez plus de messages. \
                    Répondez START pour revenir.",
        opted_in: "{brand} : vous êtes abonné. Fréquence variable. Des frais peuvent s'appliquer. \
                   Répondez AIDE pour de l'aide, STOP pour arrêter.",
        confirm: "{brand} : répondez OUI pour confirmer que vous voulez nos messages. Fréquence variable. \
                  Des frais peuvent s'appliquer. Répondez AIDE pour de l'aide, STOP pour arrêter.",
        help: "{brand} : {contact}Fréquence variable. Des frais peuvent s'appliquer. \
               Répondez STOP pour arrêter.",
        who: "Ici {brand}. Vous avez demandé nos messages à ce numéro. {contact}\
              Répondez STOP pour arrêter.",
        wrong_number: "{brand} : désolé. Nous n'écrirons plus à ce numéro.",
    },
    Notices {
        locale: "de",
        opted_out: "{brand}: Sie sind abgemeldet und erhalten keine Nachrichten mehr. \
                    Mit START melden Sie sich wieder an.",
        opted_in: "{brand}: Sie sind angemeldet. Häufigkeit variiert. Es können Kosten anfallen. \
                   HILFE für Hilfe, STOP zum Abmelden.",
        confirm: "{brand}: Antworten Sie JA, um unsere Nachrichten zu bestätigen. Häufigkeit variiert. \
                  Es können Kosten anfallen. HILFE für Hilfe, STOP zum Abmelden.",
        help: "{brand}: {contact}Häufigkeit variiert. Es können Kosten anfallen. \
               STOP zum Abmelden.",
        who: "Hier ist {brand}. Sie wollten unter dieser Nummer von uns hören. {contact}\
              STOP zum Abmelden.",
        wrong_number: "{brand}: Verzeihung. Wir schreiben nicht mehr an diese Nummer.",
    },
    Notices {
        locale: "pt",
        opted_out: "{brand}: Inscrição cancelada. Não enviaremos mais mensagens. \
                    Responda START para voltar.",
        opted_in: "{brand}: Inscrição feita. A frequência varia. Podem aplicar-se tarifas. \
                   Responda AJUDA para ajuda, STOP para sair.",
        confirm: "{brand}: Responda SIM para confirmar que quer nossas mensagens. A frequência varia. \
                  Podem aplicar-se tarifas. Responda AJUDA para ajuda, STOP para sair.",
        help: "{brand}: {contact}A frequência varia. Podem aplicar-se tarifas. \
               Responda STOP para sair.",
        who: "Somos {brand}. Você pediu mensagens neste número. {contact}\
              Responda STOP para sair.",
        wrong_number: "{brand}: Desculpe. Não escreveremos mais para este número.",
    },
];

/// Those of the lead's language; English for any other.
pub(super) fn of(locale: &str) -> &'static Notices {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    ALL.iter()
        .find(|notices| notices.locale == language)
        .unwrap_or(&ALL[0])
}

impl Notices {
    /// In the business's own words for `locale` where it wrote any.
    pub fn opted_out(&self, facts: &Facts, locale: &str) -> String {
        let own = own_words(facts.workspace.opt_out.as_ref(), facts, locale);
        own.unwrap_or_else(|| fill(self.opted_out, facts.workspace))
    }

    pub fn confirm(&self, workspace: &Workspace) -> String {
        fill(self.confirm, workspace)
    }

    /// In the business's own words for `locale` where it wrote any.
    pub fn opted_in(&self, facts: &Facts, locale: &str) -> String {
        let own = own_words(facts.workspace.opted_in.as_ref(), facts, locale);
        own.unwrap_or_else(|| fill(self.opted_in, facts.workspace))
    }

    /// In the business's own words for `locale` where it wrote any.
    pub fn help(&self, facts: &Facts, locale: &str) -> String {
        let own = own_words(facts.workspace.help.as_ref(), facts, locale);
        own.unwrap_or_else(|| fill(self.help, facts.workspace))
    }

    pub fn who_we_are(&self, workspace: &Workspace) -> String {
        fill(self.who, workspace)
    }

    pub fn wrong_number(&self, workspace: &Workspace) -> String {
        fill(self.wrong_number, workspace)
    }
}

/// Tells a lead what they opted into.
pub fn opt_in_confirmation(facts: &Facts, locale: &str) -> SmsMessage {
    SmsMessage {
        text: of(locale).opted_in(facts, locale),
        media: Vec::new(),
        kind: MessageKind::Transactional,
        purpose: Purpose::OptInConfirmation,
        channel: None,
        hold: None,
        step: None,
        appointment: None,
    }
}

/// Asks a lead, once, to confirm a consent that somebody told of them. It leaves in the hours that
/// marketing keeps; whether it may leave at all, the gate says.
pub fn opt_in_request(workspace: &Workspace, locale: &str) -> SmsMessage {
    SmsMessage {
        text: of(locale).confirm(workspace),
        media: Vec::new(),
        kind: MessageKind::Marketing,
        purpose: Purpose::OptInRequest,
        channel: None,
        hold: None,
        step: None,
        appointment: None,
    }
}

/// What the workspace says itself; `{brand}` and `{link.preferences}` are all such a text may name.
fn own_words(said: Option<&Said>, facts: &Facts, locale: &str) -> Option<String> {
    let scope = OwnWords { facts, locale };
    Some(said?.in_locale(locale)?.rendered(&scope))
}

struct OwnWords<'a> {
    facts: &'a Facts<'a>,
    locale: &'a str,
}

impl Scope for OwnWords<'_> {
    fn get(&self, source: &Source) -> Cow<'_, Value> {
        Cow::Owned(match source {
            Source::Brand => Value::text(&*self.facts.workspace.brand),
            Source::Link(name) if *name == preferences::LINK => Value::Text(preferences::url(
                self.facts.public_url,
                self.facts.link_key,
                self.facts.lead.phone,
            )),
            _ => Value::Nothing,
        })
    }

    fn zone(&self) -> &Zone {
        &self.facts.workspace.time_zone
    }

    fn locale(&self) -> &str {
        self.locale
    }
}

fn fill(text: &str, workspace: &Workspace) -> String {
    let contact = workspace
        .contact()
        .map(|c| format!("{c}. "))
        .unwrap_or_default();
    text.replace("{contact}", &contact)
        .replace("{brand}", &workspace.brand)
}
