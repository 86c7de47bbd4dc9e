//! Style sheets, scripts and signs, embedded in the binary and served as they are.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::flow::picture;

#[derive(RustEmbed)]
#[folder = "src/web/console/assets/"]
struct Assets;

/// The style sheet of flow pictures is made from the picture's own palette.
const PICTURE_CSS: &str = "picture.css";

/// The brand's sign; browsers go by its type, whatever the address ends in.
pub async fn sign() -> Response {
    serve(Path("icon.svg".to_string())).await
}

pub async fn serve(Path(file): Path<String>) -> Response {
    let kind = match file.rsplit_once('.').map(|(_, kind)| kind) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let bytes = match file.as_str() {
        PICTURE_CSS => picture::css().into_bytes(),
        file => match Assets::get(file) {
            Some(asset) => asset.data.into_owned(),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    // Asked for again after an upgrade of the binary: the names do not change with the content.
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, bytes).into_response()
}
