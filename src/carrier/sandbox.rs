//! The carrier that leaves nothing from the machine: it reads the same JSON as the `webhook` carrier,
//! unsigned, and takes every text as delivered.

use crate::carrier::{
    BadSignature, Carrier, HookEvent, HttpAnswer, HttpRequest, Misconfigured, OutgoingSms,
    RawRequest, Sent, Settings, Trust, Unreadable, webhook,
};
use crate::time::Timestamp;

pub struct Sandbox;

impl Carrier for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn trust(&self) -> Trust {
        Trust::ThisMachine
    }

    /// Unsigned; who may call it is decided by where the call comes from.
    fn verify(&self, _: &Settings, _: &RawRequest, _: Timestamp) -> Result<(), BadSignature> {
        Ok(())
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        webhook::read_json(request)
    }

    fn send(
        &self,
        _: &Settings,
        _: &OutgoingSms,
        _: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        Err(Misconfigured(
            "the sandbox sends nothing from this machine".to_string(),
        ))
    }

    fn outcome(&self, _: &HttpAnswer) -> Sent {
        Sent::Accepted { id: None }
    }
}
