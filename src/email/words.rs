//! The few words that a letter adds of its own, in each language of the engine's own texts.

/// `{brand}` is filled in by the caller.
#[derive(Debug)]
pub struct Words {
    pub language: &'static str,
    /// Stands before the texts so far.
    pub so_far: &'static str,
    /// Who the lead's own texts are from.
    pub you: &'static str,
    pub why: &'static str,
    pub unsubscribe: &'static str,
    /// The page after unsubscribing, and the button before it.
    pub ask: &'static str,
    pub done: &'static str,
}

const ALL: [Words; 5] = [
    Words {
        language: "en",
        so_far: "So far by text message",
        you: "You",
        why: "You get this email because you asked to hear from {brand}.",
        unsubscribe: "Unsubscribe from emails",
        ask: "Do you want no more emails from {brand}?",
        done: "You are unsubscribed. You will get no more marketing emails from {brand}.",
    },
    Words {
        language: "es",
        so_far: "Hasta ahora por mensaje de texto",
        you: "Usted",
        why: "Recibe este correo porque pidió noticias de {brand}.",
        unsubscribe: "Darse de baja de los correos",
        ask: "¿No quiere más correos de {brand}?",
        done: "Su baja está hecha. No recibirá más correos comerciales de {brand}.",
    },
    Words {
        language: "fr",
        so_far: "Jusqu'ici par SMS",
        you: "Vous",
        why: "Vous recevez cet e-mail parce que vous avez demandé des nouvelles de {brand}.",
        unsubscribe: "Se désabonner des e-mails",
        ask: "Vous ne voulez plus d'e-mails de {brand} ?",
        done: "Vous êtes désabonné. Vous ne recevrez plus d'e-mails commerciaux de {brand}.",
    },
    Words {
        language: "de",
        so_far: "Bisher per SMS",
        you: "Sie",
        why: "Sie erhalten diese E-Mail, weil Sie von {brand} hören wollten.",
        unsubscribe: "Von E-Mails abmelden",
        ask: "Möchten Sie keine E-Mails von {brand} mehr?",
        done: "Sie sind abgemeldet und erhalten keine Werbe-E-Mails von {brand} mehr.",
    },
    Words {
        language: "pt",
        so_far: "Até agora por mensagem de texto",
        you: "Você",
        why: "Você recebe este e-mail porque pediu notícias de {brand}.",
        unsubscribe: "Cancelar os e-mails",
        ask: "Não quer mais e-mails de {brand}?",
        done: "Inscrição cancelada. Não enviaremos mais e-mails comerciais de {brand}.",
    },
];

/// Those of the lead's language; English for any other.
pub fn of(locale: &str) -> &'static Words {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    ALL.iter()
        .find(|words| words.language == language)
        .unwrap_or(&ALL[0])
}

pub fn fill(text: &str, brand: &str) -> String {
    text.replace("{brand}", brand)
}
