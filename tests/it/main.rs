//! The integration tests, one module a subject, linked once.
#![allow(clippy::unwrap_used)] // what fails here fails a test, which is what a test is for

mod browser;
mod agents;
mod anomalies;
mod carriers;
mod chromium;
mod commands;
mod compile;
mod crash;
mod docs;
mod engine;
mod law;
mod import;
mod lints;
mod mail;
mod playbooks;
mod prism;
mod samples;
mod sdk;
mod sends;
mod sending;
mod soundness;
mod spending;
mod store;
mod trail;
mod terminal;
mod tidy;
mod turns;
mod understanding;
mod web;
