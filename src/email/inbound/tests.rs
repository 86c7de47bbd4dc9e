use serde_json::json;

use super::*;

fn mail(incoming: Vec<Incoming>) -> Mail {
    match incoming.as_slice() {
        [Incoming::Mail(mail)] => mail.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_is_what_was_written_for_it() {
    for (text, own) in [
        ("Yes please", "Yes please"),
        (
            "1\n\nOn Mon, 23 Nov 2026 at 10:00, Northside <a@b.example> wrote:\n> Hi Ada\n> ...",
            "1",
        ),
        // Wrapped, as Gmail does.
        (
            "Tomorrow at 3\r\n\r\nOn Mon, Nov 23, 2026 at 10:00 AM Northside Auto\r\n<in+abc@northside.example> wrote:\r\n\r\n> Hi Ada,\r\n",
            "Tomorrow at 3",
        ),
        // Apple Mail quotes without marks in some versions: the rest is the letter.
        (
            "Call me\n\nOn 23 Nov 2026, at 10:00, Northside <a@b.example> wrote:\n\nHi Ada\nstop",
            "Call me",
        ),
        // Written below.
        (
            "On 23/11/26 10:00, Northside wrote:\n> Are you buying?\n\nYes, I am",
            "Yes, I am",
        ),
        // Written between.
        (
            "> Are you buying?\nyes\n> When?\nnext week",
            "yes\nnext week",
        ),
        (
            "Ja\n\nAm 23.11.2026 um 10:00 schrieb Northside <a@b.example>:\n> Hallo",
            "Ja",
        ),
        (
            "Sí\n\nEl lun, 23 nov 2026 a las 10:00, Northside (<a@b.example>) escribió:\n\n> Hola",
            "Sí",
        ),
        (
            "Oui\n\nLe lun. 23 nov. 2026 à 10:00, Northside <a@b.example> a écrit :\n> Bonjour",
            "Oui",
        ),
        (
            "Sim\n\nEm seg., 23 de nov. de 2026 às 10:00, Northside <a@b.example> escreveu:\n\n> Olá",
            "Sim",
        ),
        // Outlook.
        (
            "Yes\r\n\r\n________________________________\r\nFrom: Northside <a@b.example>\r\nSent: Monday\r\nTo: Ada\r\nSubject: x\r\n\r\nunsubscribe here",
            "Yes",
        ),
        (
            "Yes\n\nFrom: Northside <a@b.example>\nSent: Monday, November 23\nTo: Ada\n\nstop",
            "Yes",
        ),
        ("Yes\n\n-----Original Message-----\nFrom: x\nstop", "Yes"),
        ("Yes\n-- \nAda Lovelace\nAnalyst", "Yes"),
        // No introduction of a letter.
        (
            "My sister wrote:\nshe wants one too",
            "My sister wrote:\nshe wants one too",
        ),
        ("From: now on please call", "From: now on please call"),
        ("", ""),
    ] {
        assert_eq!(strip::own_words(text), own, "{text:?}");
    }
}

#[test]
fn a_page_alone_is_read_above_what_it_quotes() {
    for (page, text) in [
        (
            "<div dir=\"ltr\">Yes &amp; no</div><br><div class=\"gmail_quote\">On … <blockquote>stop</blockquote></div>",
            "Yes & no",
        ),
        (
            "<html><head><style>p{}</style></head><body><p>One</p><p>Two</p><blockquote type=cite>old</blockquote>",
            "One\nTwo",
        ),
        ("<p>1</p><hr><div id=\"divRplyFwdMsg\">From: …</div>", "1"),
        ("<p>a < b", "a < b"),
        ("<script>stop</script>Fine", "Fine"),
    ] {
        assert_eq!(html::text(page).trim(), text, "{page}");
    }
}

#[test]
fn each_service_says_the_same_of_one_answer() {
    let token = "rt.abc@northside.example";
    let quoted = "Yes please\n\nOn Mon, 23 Nov 2026 at 10:00, N <a@b.example> wrote:\n> Hi";
    let postmark = json!({
        "FromName": "Ada", "From": "ada@example.com",
        "FromFull": { "Email": "ada@example.com", "Name": "Ada", "MailboxHash": "" },
        "To": "\"N\" <in+abc@northside.example>", "OriginalRecipient": "in+abc@northside.example",
        "MailboxHash": "abc", "Subject": "Re: Your Roadster", "MessageID": "0f9c1b2e",
        "Date": "Mon, 23 Nov 2026 10:05:00 +0000", "TextBody": quoted, "HtmlBody": "",
        "StrippedTextReply": "Yes please", "Attachments": [],
        "Headers": [
            { "Name": "Message-ID", "Value": "<m1@mail.example>" },
            { "Name": "In-Reply-To", "Value": format!("<{token}>") },
            { "Name": "References", "Value": format!("<{token}>") },
        ],
    });
    let form = |fields: &[(&str, &str)]| {
        let owned = fields
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        Form(owned.collect())
    };
    let thread = format!("<{token}>");
    let headers = format!(
        "Received: by x\nMessage-ID: <m1@mail.example>\nIn-Reply-To:\n <{token}>\nReferences: <{token}>\n\
         Date: Mon, 23 Nov 2026 10:05:00 +0000\n"
    );
    let list = json!([
        ["Message-Id", "<m1@mail.example>"],
        ["In-Reply-To", thread],
        ["References", thread],
        ["Date", "Mon, 23 Nov 2026 10:05:00 +0000"],
    ])
    .to_string();
    let plain = json!({
        "id": "<m1@mail.example>", "from": "ada@example.com", "to": ["in+abc@northside.example"],
        "text": quoted, "in_reply_to": thread, "references": [thread],
        "at": "2026-11-23T10:05:00Z",
    });
    for (name, incoming) in [
        ("postmark", read_json(&postmark)),
        ("plain", read_json(&plain)),
        (
            "mailgun",
            read_form(&form(&[
                ("recipient", "in+abc@northside.example"),
                ("sender", "ada@example.com"),
                ("from", "ada@example.com"),
                ("body-plain", quoted),
                ("stripped-text", "Yes please"),
                ("message-headers", &list),
            ])),
        ),
        (
            "sendgrid",
            read_form(&form(&[
                ("headers", &headers),
                ("from", "ada@example.com"),
                ("to", "in+abc@northside.example"),
                ("text", quoted),
                (
                    "envelope",
                    "{\"to\":[\"in+abc@northside.example\"],\"from\":\"ada@example.com\"}",
                ),
            ])),
        ),
    ] {
        let mail = mail(incoming.unwrap());
        assert_eq!(mail.id, "m1@mail.example", "{name}");
        assert_eq!(mail.from, "ada@example.com", "{name}");
        assert_eq!(mail.text, "Yes please", "{name}");
        assert!(mail.thread.contains(token), "{name}: {}", mail.thread);
        assert!(
            mail.to.contains("in+abc@northside.example"),
            "{name}: {}",
            mail.to
        );
        assert!(!mail.automatic, "{name}");
        assert_eq!(
            mail.at.unwrap().to_string(),
            "2026-11-23T10:05:00Z",
            "{name}"
        );
    }
}

#[test]
fn bounces_and_complaints_of_each_service_are_told_apart_from_what_passes() {
    let bounce = |address: &str| format!("bounce {address}");
    for (json, expected) in [
        (
            json!({ "RecordType": "Bounce", "Type": "HardBounce", "Email": "a@x.example",
            "Description": "gone", "Metadata": { "effect": "tok" } }),
            bounce("a@x.example"),
        ),
        (
            json!({ "RecordType": "Bounce", "Type": "SoftBounce", "Email": "a@x.example" }),
            String::new(),
        ),
        (
            json!({ "RecordType": "Delivery", "Recipient": "a@x.example" }),
            String::new(),
        ),
        (
            json!({ "RecordType": "SpamComplaint", "Email": "a@x.example" }),
            "complaint a@x.example".into(),
        ),
        (
            json!({ "RecordType": "SubscriptionChange", "Recipient": "a@x.example",
            "SuppressSending": true, "SuppressionReason": "ManualSuppression" }),
            "unsubscribed a@x.example".into(),
        ),
        (
            json!({ "signature": {}, "event-data": { "event": "failed", "severity": "permanent",
            "reason": "bounce", "recipient": "a@x.example",
            "message": { "headers": { "message-id": "rt.tok@n.example" } } } }),
            bounce("a@x.example"),
        ),
        (
            json!({ "event-data": { "event": "failed", "severity": "temporary", "recipient": "a@x.example" } }),
            String::new(),
        ),
        (
            json!({ "event-data": { "event": "complained", "recipient": "a@x.example" } }),
            "complaint a@x.example".into(),
        ),
        (
            json!([{ "event": "bounce", "type": "bounce", "email": "a@x.example", "smtp-id": "<rt.tok@n.example>" },
            { "event": "delivered", "email": "b@x.example" }]),
            bounce("a@x.example"),
        ),
        (
            json!([{ "event": "bounce", "type": "blocked", "email": "a@x.example" }]),
            String::new(),
        ),
        (
            json!([{ "event": "spamreport", "email": "a@x.example" }]),
            "complaint a@x.example".into(),
        ),
        (
            json!({ "Type": "Notification", "TopicArn": "arn:x", "Message": json!({
            "notificationType": "Bounce",
            "bounce": { "bounceType": "Permanent", "bouncedRecipients": [{ "emailAddress": "a@x.example" }] },
            "mail": { "commonHeaders": { "messageId": "<rt.tok@n.example>" } },
        }).to_string() }),
            bounce("a@x.example"),
        ),
        (
            json!({ "Type": "Notification", "TopicArn": "arn:x", "Message": json!({
            "eventType": "Bounce", "bounce": { "bounceType": "Transient", "bouncedRecipients": [] },
        }).to_string() }),
            String::new(),
        ),
        (
            json!({ "type": "bounce", "address": "a@x.example", "message_id": "x" }),
            bounce("a@x.example"),
        ),
        (
            json!({ "type": "complaint", "address": "a@x.example" }),
            "complaint a@x.example".into(),
        ),
    ] {
        let told: Vec<String> = read_json(&json)
            .unwrap()
            .into_iter()
            .map(|one| match one {
                Incoming::Bounce(it) => format!("bounce {}", it.address),
                Incoming::Complaint(it) => format!("complaint {}", it.address),
                Incoming::Unsubscribed(it) => format!("unsubscribed {}", it.address),
                Incoming::Mail(_) | Incoming::Confirm { .. } => "other".to_string(),
            })
            .collect();
        assert_eq!(told.join(", "), expected, "{json}");
    }
}

#[test]
fn what_a_machine_sends_is_no_answer() {
    for (header, value, from, automatic) in [
        ("Auto-Submitted", "auto-replied", "ada@x.example", true),
        ("Auto-Submitted", "no", "ada@x.example", false),
        ("Precedence", "bulk", "ada@x.example", true),
        ("X-Autoreply", "yes", "ada@x.example", true),
        ("Return-Path", "<>", "ada@x.example", true),
        ("X-Other", "", "MAILER-DAEMON@mx.example", true),
        ("X-Other", "", "ada@x.example", false),
    ] {
        let json = json!({
            "FromFull": {}, "From": from, "TextBody": "I am away", "MessageID": "1",
            "Headers": [{ "Name": header, "Value": value }],
        });
        assert_eq!(
            mail(read_json(&json).unwrap()).automatic,
            automatic,
            "{header}: {value} {from}"
        );
    }
}

#[test]
fn a_mail_programs_unsubscribe_button_that_writes_is_heard() {
    let json = json!({ "id": "1@x", "from": "a@x.example", "to": "t", "subject": "unsubscribe", "text": "" });
    assert_eq!(mail(read_json(&json).unwrap()).text, "unsubscribe");
}

#[test]
fn what_no_service_sends_is_unreadable() {
    for json in [
        json!({}),
        json!({ "id": "1" }),
        json!({ "text": "hi" }),
        json!({ "type": "x" }),
        json!("hi"),
    ] {
        assert!(read_json(&json).is_err(), "{json}");
    }
    assert!(read_form(&Form::default()).is_err());
}

#[test]
fn mailguns_signature_holds_with_its_key_for_some_hours() {
    // Computed with Python: hmac.new(b"key-0123456789abcdef", b"1790000000" + b"tok", sha256).
    let signature = "500ed43cc2fbeb91ab3023430867e3aa55255723698c4c7a1f9fabc44a0100b9";
    let at = Timestamp::from_ms(1_790_000_000_000);
    let hours = crate::time::Duration::hours;
    for (key, token, signature, now, held) in [
        ("key-0123456789abcdef", "tok", signature, at, true),
        (
            "key-0123456789abcdef",
            "tok",
            signature,
            at + hours(8),
            true,
        ),
        (
            "key-0123456789abcdef",
            "tok",
            signature,
            at + hours(10),
            false,
        ),
        ("key-0123456789abcdeF", "tok", signature, at, false),
        ("key-0123456789abcdef", "tak", signature, at, false),
        ("key-0123456789abcdef", "tok", "", at, false),
    ] {
        assert_eq!(
            is_signed_by_mailgun(key, ("1790000000", token, signature), now),
            held
        );
    }
}
