//! Twilio's error codes, of the send's answer and of status callbacks alike.
//! Source: twilio.com/docs/api/errors; the codes that a sender of texts meets.

use crate::carrier::means::{ErrorRow, Means};

pub const ERRORS: &[ErrorRow] = &[
    (
        "20003",
        Means::Account,
        "the account or its credentials are not accepted",
    ),
    ("20005", Means::Account, "the account is not active"),
    (
        "20404",
        Means::Account,
        "the account or messaging service is not found",
    ),
    ("20429", Means::Busy, "too many requests"),
    (
        "21211",
        Means::DeadNumber,
        "the recipient's number is not valid",
    ),
    ("21212", Means::Account, "the sender's number is not valid"),
    (
        "21217",
        Means::DeadNumber,
        "the recipient's number does not appear to be valid",
    ),
    (
        "21408",
        Means::Account,
        "the region is not enabled for the account",
    ),
    ("21602", Means::Final, "the text is empty"),
    ("21603", Means::Account, "a sender is required"),
    ("21604", Means::Final, "a recipient is required"),
    ("21605", Means::Final, "the text is too long"),
    (
        "21606",
        Means::Account,
        "the sender's number is not the account's, or cannot send texts",
    ),
    (
        "21608",
        Means::Account,
        "a trial account sends to verified numbers only",
    ),
    ("21610", Means::OptedOut, "the recipient has opted out"),
    ("21611", Means::Busy, "the sender's queue is full"),
    (
        "21612",
        Means::Final,
        "this sender cannot reach this recipient",
    ),
    (
        "21614",
        Means::DeadNumber,
        "the recipient's number is not a mobile number",
    ),
    (
        "21617",
        Means::Final,
        "the text is longer than 1600 characters",
    ),
    ("21620", Means::Final, "a media address is not valid"),
    ("21623", Means::Final, "there are more than 10 media"),
    (
        "21635",
        Means::DeadNumber,
        "the recipient's number is a landline",
    ),
    (
        "21703",
        Means::Account,
        "the messaging service has no sender",
    ),
    (
        "21704",
        Means::Account,
        "the messaging service has no sender that fits",
    ),
    ("30001", Means::Busy, "the queue is full"),
    ("30002", Means::Account, "the account is suspended"),
    ("30003", Means::Later, "the handset cannot be reached now"),
    ("30004", Means::Final, "the recipient blocks the text"),
    ("30005", Means::DeadNumber, "the handset is unknown"),
    (
        "30006",
        Means::DeadNumber,
        "a landline, or a network that cannot be reached",
    ),
    (
        "30007",
        Means::Final,
        "filtered by the network; the same text will be filtered again",
    ),
    ("30008", Means::Later, "the network does not say why"),
    ("30009", Means::Final, "a part of the text is missing"),
    ("30010", Means::Final, "the price is above the limit"),
    ("30017", Means::Later, "the network is congested"),
    ("30022", Means::Busy, "over the campaign's rate"),
    ("30023", Means::Later, "over the day's cap of the network"),
    (
        "30024",
        Means::Account,
        "the number or campaign is not registered at the network",
    ),
    ("30026", Means::Later, "70 % of the day's cap is used"),
    ("30027", Means::Later, "over the day's cap of T-Mobile"),
    (
        "30032",
        Means::Account,
        "the toll-free number is not verified",
    ),
    (
        "30034",
        Means::Account,
        "the number is not in a registered campaign",
    ),
    ("30036", Means::Final, "its validity ran out in the queue"),
    ("30410", Means::Later, "the network did not answer in time"),
    ("30450", Means::Final, "held back as SMS pumping"),
    ("30500", Means::Doubtful, "an error within Twilio"),
    ("63018", Means::Busy, "over the channel's rate"),
];
