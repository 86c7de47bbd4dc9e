//! What a lead's consent is proved by, for auditors: each row of the ledger, the wording by its own
//! id, and for each opt-out what it stopped and how soon it was confirmed.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::conversation::Effect;
use crate::lead::PhoneNumber;
use crate::policy::{ConsentChange, ConsentEvent, Purpose};
use crate::store::{LedgerRow, Row, RowBody, SendStatus, Store, StoreError};
use crate::web::api::shapes;

/// How much of a timeline is searched for what an opt-out did.
const ROWS_MAX: usize = 20_000;

/// Names a wording: the same text in the same language has the same id.
pub fn wording_id(event: &ConsentEvent) -> String {
    let locale = event.scope.as_ref().and_then(|s| s.locale.as_deref());
    let digest = Sha256::new()
        .chain_update(locale.unwrap_or_default())
        .chain_update([0])
        .chain_update(&event.wording)
        .finalize();
    hex(&digest[..8])
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `{ phone, consent, data }`: a number's rows, those an erasure left too; `None` when there is
/// nothing.
pub fn of_lead(store: &dyn Store, phone: PhoneNumber) -> Result<Option<Json>, StoreError> {
    let record = store.lead(phone)?;
    let rows = store.ledger_proof(phone)?;
    if record.is_none() && rows.is_empty() {
        return Ok(None);
    }
    let revoked = |row: &&LedgerRow| {
        row.event()
            .is_some_and(|event| event.change == ConsentChange::Revoked)
    };
    let timeline = match rows.iter().any(|row| revoked(&row)) {
        true => store.timeline(phone, None, 0, ROWS_MAX)?,
        false => Vec::new(),
    };
    let data: Vec<Json> = rows
        .iter()
        .map(|row| {
            let mut json = shapes::ledger_row(row);
            if revoked(&row) {
                json["effect"] = effect_of(row, &timeline);
            }
            json
        })
        .collect();
    Ok(Some(json!({
        "phone": phone.to_string(),
        "consent": record.map(|record| shapes::standing(&record.standing)),
        "data": data,
        "next": null,
    })))
}

/// What the revocation did in its own commit: rows of that very moment.
fn effect_of(revoked: &LedgerRow, timeline: &[Row]) -> Json {
    let mut cancelled = 0;
    let mut confirmation = Json::Null;
    for row in timeline {
        let RowBody::Outgoing(effect, sending) = &row.body else {
            continue;
        };
        let (now, status) = (revoked.at, sending.status);
        if status == SendStatus::Cancelled && sending.changed == now {
            cancelled += 1;
        }
        if row.at == now
            && matches!(effect, Effect::Sms(sms) if sms.purpose == Purpose::OptOutConfirmation)
        {
            let seconds = sending.accepted.map(|at| at.since(now).as_ms() / 1000);
            confirmation = json!({
                "seq": row.seq, "status": status.as_str(), "message_id": sending.provider_id,
                "after_seconds": seconds,
            });
        }
    }
    json!({ "effective_within_seconds": 0, "cancelled": cancelled, "confirmation": confirmation })
}
