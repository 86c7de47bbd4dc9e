//! The link by which an agent claims a lead and says how it went: who it is for, which lead, until when,
//! and a signature that only this store's key makes. Opening it changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::conversation::ConversationId;
use crate::store::HandoffId;
use crate::time::Timestamp;

/// What a link says.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimLink {
    pub handoff: HandoffId,
    pub agent: String,
    pub expires: Timestamp,
}

/// Bytes before the agent's name: conversation, number of the alert, seconds.
const HEAD: usize = 16;
/// Of the signature, which is cut to 128 bits.
const MAC: usize = 16;

impl ClaimLink {
    pub fn token(&self, key: &[u8; 32]) -> String {
        let mut bytes = Vec::with_capacity(HEAD + self.agent.len() + MAC);
        bytes.extend_from_slice(&self.handoff.conversation.bits().to_be_bytes());
        bytes.extend_from_slice(&self.handoff.seq.to_be_bytes());
        let seconds = u32::try_from(self.expires.as_ms() / 1_000).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&seconds.to_be_bytes());
        bytes.extend_from_slice(self.agent.as_bytes());
        let mac = signature(key, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac[..MAC]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for whatever this key did not sign.
    pub fn read(token: &str, key: &[u8; 32]) -> Option<ClaimLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        signature(key, said).verify_truncated_left(mac).ok()?;
        let (head, agent) = said.split_at_checked(HEAD)?;
        Some(ClaimLink {
            handoff: HandoffId {
                conversation: ConversationId::from_bits(u64::from_be_bytes(
                    head[..8].try_into().ok()?,
                )),
                seq: u32::from_be_bytes(head[8..12].try_into().ok()?),
            },
            agent: String::from_utf8(agent.to_vec()).ok()?,
            expires: Timestamp::from_ms(
                i64::from(u32::from_be_bytes(head[12..16].try_into().ok()?)) * 1_000,
            ),
        })
    }
}

fn signature(key: &[u8; 32], said: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"claim\0");
    mac.update(said);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_was_signed_and_nothing_else_is_believed() {
        let link = ClaimLink {
            handoff: HandoffId {
                conversation: ConversationId::from_bits(0x1234_5678_9abc),
                seq: 7,
            },
            agent: "Zoë Müller".to_string(),
            expires: Timestamp::from_ms(1_795_449_600_000),
        };
        let (key, other) = ([7; 32], [8; 32]);
        let token = link.token(&key);
        assert_eq!(ClaimLink::read(&token, &key), Some(link));
        assert_eq!(ClaimLink::read(&token, &other), None, "another key");
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last character may hold bits that are not read.
            let same = URL_SAFE_NO_PAD.decode(&forged).ok() == URL_SAFE_NO_PAD.decode(&token).ok();
            assert!(same || ClaimLink::read(&forged, &key).is_none(), "{place}");
        }
        for token in ["", "x", "AAAA", "not base64!"] {
            assert_eq!(ClaimLink::read(token, &key), None, "{token:?}");
        }
    }
}
