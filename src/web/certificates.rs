//! Certificates that carriers sign webhooks by, fetched once from the carrier's own address.
//!
//! The adapter has said that the address is its carrier's and the webhook one of ours; what is fetched
//! is bounded, over https, without redirects, from public addresses only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::carrier::HttpRequest;
use crate::runtime::outside::{Outside, Reach};

const CERTIFICATES_MAX: usize = 32;
const WITHIN: Duration = Duration::from_secs(5);

pub struct Certificates {
    outside: Outside,
    kept: Mutex<HashMap<String, String>>,
    /// One is fetched at a time, whoever asks.
    fetching: tokio::sync::Mutex<()>,
}

impl Certificates {
    pub fn new(outside: Outside) -> Self {
        Self {
            outside,
            kept: Mutex::default(),
            fetching: tokio::sync::Mutex::new(()),
        }
    }

    fn known(&self, url: &str) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(url).cloned()
    }

    /// Keeps a certificate (PEM) under its address.
    pub fn keep(&self, url: &str, certificate: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CERTIFICATES_MAX {
            kept.clear();
        }
        kept.insert(url.to_string(), certificate);
    }

    /// The certificate at this address; `None` when it is not to be had now.
    pub async fn get(&self, url: &str) -> Option<String> {
        if let Some(known) = self.known(url) {
            return Some(known);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(known) = self.known(url) {
            return Some(known);
        }
        let body = self.fetch(url).await?;
        let text = String::from_utf8(body).ok()?;
        let well = text.contains("-----BEGIN CERTIFICATE-----");
        if !well {
            tracing::warn!("what lies at a carrier's address is no certificate");
            return None;
        }
        self.keep(url, text.clone());
        Some(text)
    }

    /// What a GET of the carrier's own address answers, if it is well.
    pub async fn fetch(&self, url: &str) -> Option<Vec<u8>> {
        let request = HttpRequest {
            method: "GET",
            url: url.to_string(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        match self.outside.send(request, Reach::Public, WITHIN).await {
            Ok(answer) if (200..300).contains(&answer.status) => Some(answer.body),
            Ok(answer) => {
                let status = answer.status;
                tracing::warn!(status, "a carrier's own address does not answer well");
                None
            }
            Err(reason) => {
                tracing::warn!(%reason, "a carrier's own address cannot be reached");
                None
            }
        }
    }
}
