//! The console in a real Chromium, as the people use it who work with it.

mod admin;
mod figures;
mod inbox;
mod phone;
mod standstill;
mod talk;

use crate::chromium::{Chromium, Window};
use crate::web::Server;

/// Signs the window in by the one-time link, as the owner.
pub async fn sign_in(window: &Window, server: &Server) {
    let link = server.running.sign_in.clone().expect("nobody is signed in");
    window.open(&link).await;
    window
        .until(
            "the console",
            "return !!document.querySelector('header.top')",
            0.into(),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_pages_a_newcomer_sees_are_sound() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    for (name, path) in [
        ("phone", "/phone"),
        ("flows", "/flows"),
        ("flow", "/flows/drive"),
    ] {
        window.open(&format!("{}{path}", server.base)).await;
        window.inspect(name).await;
    }
    window.close().await;
    server.running.stop().await;
}
