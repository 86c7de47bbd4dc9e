//! Which ways of writing an opt-out speaks of: texts, emails, or all there are. "Stop emailing me" says
//! something of emails, "STOP ALL" of both; a bare "stop" speaks of neither, and means the way it came.

use super::Reply;
use super::everywhere::find;
use super::lexicon::Topic;

/// Words for emails, as replies are normalised: lower case, without accents and punctuation.
const EMAILS: [&str; 15] = [
    "email",
    "emails",
    "emailing",
    "emailed",
    "mail",
    "mails",
    "mailing",
    "correo",
    "correos",
    "courriel",
    "courriels",
    "mel",
    "e",
    "newsletter",
    "newsletters",
];
const TEXTS: [&str; 17] = [
    "text",
    "texts",
    "texting",
    "texted",
    "sms",
    "phone",
    "number",
    "mensaje",
    "mensajes",
    "texto",
    "textos",
    "textes",
    "nachrichten",
    "handy",
    "mensagem",
    "mensagens",
    "telefono",
];
const ALL: [&str; 18] = [
    "all",
    "everything",
    "every",
    "any",
    "anything",
    "stopall",
    "completely",
    "altogether",
    "todo",
    "todos",
    "tout",
    "tous",
    "alles",
    "alle",
    "tudo",
    "contact",
    "contacting",
    "forever",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    pub texts: bool,
    pub emails: bool,
}

/// "Email me instead" wishes for emails, and so does not opt out of them.
pub fn speaks_of(text: &str) -> Ways {
    let reply = Reply::read(text);
    let wished = find(&reply, Topic::ChannelWish).map_or(0..0, |(found, _)| found.start..found.end);
    let mut words = reply.text().split(' ').enumerate().peekable();
    let (mut texts, mut emails) = (false, false);
    while let Some((at, word)) = words.next() {
        // "e-mail" is two words here; a lone "e" is none of ours.
        let begins_email = word == "e"
            && words
                .peek()
                .is_some_and(|(_, next)| next.starts_with("mail"));
        let is_email = begins_email || word != "e" && EMAILS.contains(&word);
        emails |= is_email && !wished.contains(&at);
        texts |= TEXTS.contains(&word);
        if ALL.contains(&word) {
            (texts, emails) = (true, true);
        }
    }
    Ways { texts, emails }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_speaks_of_what_it_names() {
        for (text, texts, emails) in [
            ("STOP", false, false),
            ("unsubscribe", false, false),
            ("stop emailing me", false, true),
            ("No more e-mails please", false, true),
            ("stop texting me", true, false),
            ("STOP ALL", true, true),
            ("stop all texts and emails", true, true),
            ("no quiero más correos", false, true),
            ("don't contact me again", true, true),
            ("stop, e is not mail", false, true),
            ("please email me instead", false, false),
            ("Don't text me, email me instead", true, false),
            ("don't text or email me", true, true),
            ("no me escriban, mejor por correo", false, false),
            ("par e-mail uniquement svp", false, false),
            ("keine SMS, lieber per E-Mail", true, false),
            ("não mande mensagem, só por email", true, false),
        ] {
            assert_eq!(speaks_of(text), Ways { texts, emails }, "{text:?}");
        }
    }
}
