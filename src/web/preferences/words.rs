//! The words of the preferences page, in the languages that replies are understood in.

/// One language.
pub struct Words {
    pub locale: &'static str,
    pub title: &'static str,
    pub intro: &'static str,
    pub saved: &'static str,
    pub topics: &'static str,
    pub way: &'static str,
    pub by_text: &'static str,
    pub by_email: &'static str,
    pub language: &'static str,
    pub hours: &'static str,
    pub hours_help: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub save: &'static str,
    pub stop_title: &'static str,
    pub stop_help: &'static str,
    pub stop: &'static str,
    pub stopped: &'static str,
    pub start: &'static str,
    agreement: &'static str,
    pub unknown: &'static str,
    pub unknown_help: &'static str,
}

impl Words {
    /// What a lead agrees to who comes back, as it stands beside the button.
    pub fn agreement(&self, brand: &str) -> String {
        self.agreement.replace("{brand}", brand)
    }
}

/// Of the language; English for any other.
pub fn of(locale: &str) -> &'static Words {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let known = ALL.iter().find(|words| words.locale == language);
    known.unwrap_or(&ALL[0])
}

// tidy: table
const ALL: [Words; 5] = [
    Words {
        locale: "en",
        title: "Your text preferences",
        intro: "Choose what you hear from us, how and when.",
        saved: "Saved.",
        topics: "Topics",
        way: "How we reach you",
        by_text: "Text message",
        by_email: "Email instead of texts",
        language: "Language",
        hours: "Hours",
        hours_help: "We only text offers between these times, where you are.",
        from: "From",
        to: "Until",
        save: "Save",
        stop_title: "Stop all texts",
        stop_help: "You will get no more texts from us.",
        stop: "Stop all texts",
        stopped: "You have opted out. We do not text you.",
        start: "Text me again",
        agreement: "I agree to get marketing texts from {brand} at this number. Consent is not a \
                    condition of purchase. Msg frequency varies. Msg & data rates may apply. Reply \
                    STOP to opt out, HELP for help.",
        unknown: "This link does not work",
        unknown_help: "Please use the link in our latest text, or reply STOP to it to opt out.",
    },
    Words {
        locale: "es",
        title: "Sus preferencias de mensajes",
        intro: "Elija qué le enviamos, cómo y cuándo.",
        saved: "Guardado.",
        topics: "Temas",
        way: "Cómo le contactamos",
        by_text: "Mensaje de texto",
        by_email: "Correo en lugar de mensajes",
        language: "Idioma",
        hours: "Horario",
        hours_help: "Solo enviamos ofertas entre estas horas, según su hora local.",
        from: "Desde",
        to: "Hasta",
        save: "Guardar",
        stop_title: "No recibir más mensajes",
        stop_help: "No le enviaremos más mensajes.",
        stop: "No recibir más mensajes",
        stopped: "Usted se dio de baja. No le escribimos.",
        start: "Quiero recibir mensajes",
        agreement: "Acepto recibir mensajes de marketing de {brand} en este número. No es condición \
                    de compra. La frecuencia varía. Pueden aplicar tarifas. Responda STOP para \
                    salir, AYUDA para ayuda.",
        unknown: "Este enlace no funciona",
        unknown_help: "Use el enlace de nuestro último mensaje, o responda STOP para salir.",
    },
    Words {
        locale: "fr",
        title: "Vos préférences de messages",
        intro: "Choisissez ce que nous vous envoyons, comment et quand.",
        saved: "Enregistré.",
        topics: "Sujets",
        way: "Comment vous joindre",
        by_text: "SMS",
        by_email: "E-mail au lieu de SMS",
        language: "Langue",
        hours: "Heures",
        hours_help: "Nous n'envoyons d'offres qu'entre ces heures, chez vous.",
        from: "De",
        to: "À",
        save: "Enregistrer",
        stop_title: "Ne plus recevoir de SMS",
        stop_help: "Vous ne recevrez plus de messages de notre part.",
        stop: "Ne plus recevoir de SMS",
        stopped: "Vous êtes désabonné. Nous ne vous écrivons plus.",
        start: "Recevoir à nouveau des SMS",
        agreement: "J'accepte de recevoir des SMS publicitaires de {brand} à ce numéro. Aucun achat \
                    n'en dépend. Fréquence variable. Des frais peuvent s'appliquer. Répondez STOP \
                    pour arrêter, AIDE pour de l'aide.",
        unknown: "Ce lien ne fonctionne pas",
        unknown_help: "Utilisez le lien de notre dernier SMS, ou répondez STOP pour arrêter.",
    },
    Words {
        locale: "de",
        title: "Ihre Einstellungen für Nachrichten",
        intro: "Wählen Sie, was Sie von uns hören, wie und wann.",
        saved: "Gespeichert.",
        topics: "Themen",
        way: "Wie wir Sie erreichen",
        by_text: "SMS",
        by_email: "E-Mail statt SMS",
        language: "Sprache",
        hours: "Zeiten",
        hours_help: "Angebote senden wir nur zwischen diesen Zeiten, bei Ihnen vor Ort.",
        from: "Von",
        to: "Bis",
        save: "Speichern",
        stop_title: "Keine SMS mehr",
        stop_help: "Sie erhalten keine Nachrichten mehr von uns.",
        stop: "Keine SMS mehr",
        stopped: "Sie sind abgemeldet. Wir schreiben Ihnen nicht.",
        start: "Wieder SMS erhalten",
        agreement: "Ich bin einverstanden, von {brand} Werbung per SMS an diese Nummer zu erhalten. \
                    Kein Kauf hängt davon ab. Häufigkeit variiert. Es können Kosten anfallen. STOP \
                    zum Abmelden, HILFE für Hilfe.",
        unknown: "Dieser Link gilt nicht",
        unknown_help: "Nutzen Sie den Link unserer letzten SMS, oder antworten Sie STOP.",
    },
    Words {
        locale: "pt",
        title: "Suas preferências de mensagens",
        intro: "Escolha o que recebe de nós, como e quando.",
        saved: "Salvo.",
        topics: "Assuntos",
        way: "Como falamos com você",
        by_text: "Mensagem de texto",
        by_email: "E-mail em vez de mensagens",
        language: "Idioma",
        hours: "Horário",
        hours_help: "Só enviamos ofertas entre estas horas, no seu horário local.",
        from: "Das",
        to: "Até",
        save: "Salvar",
        stop_title: "Parar todas as mensagens",
        stop_help: "Você não receberá mais mensagens nossas.",
        stop: "Parar todas as mensagens",
        stopped: "Você cancelou. Não escrevemos mais para você.",
        start: "Quero receber mensagens",
        agreement: "Aceito receber mensagens de marketing de {brand} neste número. Não é condição de \
                    compra. A frequência varia. Podem aplicar-se tarifas. Responda STOP para sair, \
                    AJUDA para ajuda.",
        unknown: "Este link não funciona",
        unknown_help: "Use o link da nossa última mensagem, ou responda STOP para sair.",
    },
];
