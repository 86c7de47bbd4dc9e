use super::*;

/// `give@5`, `give-business@5`, `import@5`, `ask@5`, `own-ask@5`, `revoke@5`, `voice@5`, and
/// `until9@5` for a consent given at 5 that runs out at 9.
fn event(word: &str) -> ConsentEvent {
    let (what, at) = word.split_once('@').unwrap();
    let at = Timestamp::from_ms(at.parse().unwrap());
    let new = |change, method| ConsentEvent::new(change, Level::Marketing, at, method);
    let own = |event| ConsentEvent {
        own_act: true,
        ..event
    };
    match what {
        "give" => own(new(ConsentChange::Given, "keyword")),
        "give-business" => ConsentEvent {
            level: Level::Transactional,
            ..own(new(ConsentChange::Given, "web_form"))
        },
        "import" => new(ConsentChange::Given, "import"),
        "boasting-import" => own(new(ConsentChange::Given, "import")),
        "ask" => new(ConsentChange::Asked, "double_opt_in"),
        "own-ask" => own(new(ConsentChange::Asked, "double_opt_in")),
        "revoke" => own(new(ConsentChange::Revoked, "sms")),
        "voice" => ConsentEvent {
            scope: Some(Scope {
                channel: Some("voice".into()),
                ..Scope::default()
            }),
            ..new(ConsentChange::Given, "web_form")
        },
        "until9" => ConsentEvent {
            scope: Some(Scope {
                expires_at: Some(Timestamp::from_ms(9)),
                ..Scope::default()
            }),
            ..new(ConsentChange::Given, "api")
        },
        _ => panic!("{word}"),
    }
}

fn fold(history: &str) -> Standing {
    history
        .split_whitespace()
        .fold(Standing::default(), |standing, word| {
            standing.after(&event(word))
        })
}

#[test]
fn a_history_folds_to_where_the_lead_stands() {
    let given = |at, level| Consent::Given(Timestamp::from_ms(at), level);
    let revoked = |at| Consent::Revoked(Timestamp::from_ms(at));
    let pending = |at| Consent::Pending(Timestamp::from_ms(at));
    for (history, expected) in [
        ("", Consent::None),
        ("give@1", given(1, Level::Marketing)),
        ("import@1", given(1, Level::Marketing)),
        ("give@1 revoke@2", revoked(2)),
        // A revocation beats an earlier consent that is imported later, and any later import.
        ("revoke@5 import@2", revoked(5)),
        ("revoke@5 import@9", revoked(5)),
        ("revoke@5 boasting-import@9", revoked(5)),
        ("revoke@5 give@2", revoked(5)),
        // The person's own act undoes it.
        ("give@1 revoke@5 give@6", given(6, Level::Marketing)),
        ("revoke@5 give@5", given(5, Level::Marketing)),
        ("revoke@5 give-business@6", given(6, Level::Transactional)),
        ("revoke@5 revoke@3", revoked(5)),
        ("revoke@5 give@6 revoke@7", revoked(7)),
        // Nobody without consent need have given one to revoke it.
        ("revoke@1", revoked(1)),
        // Double opt-in, also after a revocation: only the person's own answer counts.
        ("ask@1", pending(1)),
        ("ask@1 import@2", pending(1)),
        ("ask@1 give@2", given(2, Level::Marketing)),
        ("give@1 ask@2", given(1, Level::Marketing)),
        ("revoke@1 ask@2", revoked(1)),
        ("revoke@1 own-ask@2 import@3", pending(2)),
        ("revoke@1 own-ask@2 give@3", given(3, Level::Marketing)),
        ("ask@1 revoke@2", revoked(2)),
        // Consents add up; a narrower or older one takes nothing away.
        ("give@4 give-business@5", given(5, Level::Marketing)),
        ("give-business@4 give@5", given(5, Level::Marketing)),
        ("give@4 import@2", given(4, Level::Marketing)),
        // Consent to calls is none to texts.
        ("voice@1", Consent::None),
        ("give@1 voice@2", given(1, Level::Marketing)),
    ] {
        assert_eq!(fold(history).consent, expected, "{history:?}");
    }
}

#[test]
fn what_may_be_sent_follows_from_the_standing() {
    use DropReason::{NoConsent, OptedOut};
    use MessageKind::{Marketing, Transactional};
    use Purpose::{Agent, Flow, Help, OptInConfirmation, OptOutConfirmation};
    for (history, kind, purpose, now, expected) in [
        ("", Marketing, Flow, 10, Err(NoConsent)),
        ("", Transactional, Flow, 10, Err(NoConsent)),
        ("", Marketing, Help, 10, Ok(())),
        ("ask@1", Marketing, OptInConfirmation, 10, Ok(())),
        ("ask@1", Marketing, Flow, 10, Err(NoConsent)),
        ("give@1", Marketing, Flow, 10, Ok(())),
        ("give-business@1", Marketing, Flow, 10, Err(NoConsent)),
        ("give-business@1", Transactional, Flow, 10, Ok(())),
        ("give@1 revoke@2", Transactional, Flow, 10, Err(OptedOut)),
        ("give@1 revoke@2", Transactional, Agent, 10, Err(OptedOut)),
        ("give@1 revoke@2", Marketing, OptOutConfirmation, 10, Ok(())),
        ("until9@5", Marketing, Flow, 8, Ok(())),
        ("until9@5", Marketing, Flow, 9, Err(NoConsent)),
        ("until9@5 give@6", Marketing, Flow, 20, Ok(())),
    ] {
        let out = Outgoing {
            kind,
            purpose,
            window: None,
        };
        let verdict = allows(&fold(history), &out, Timestamp::from_ms(now));
        assert_eq!(
            verdict, expected,
            "{history:?} {kind:?} {purpose:?} at {now}"
        );
    }
}

#[test]
fn a_row_written_before_a_field_was_added_still_reads() {
    let old = event("give@1");
    let bytes = minicbor::to_vec(&old).unwrap();
    assert_eq!(minicbor::decode::<ConsentEvent>(&bytes).unwrap(), old);
    // Ten fields, as rows had before `scope`.
    assert_eq!(bytes[0], 0x8a);
}
