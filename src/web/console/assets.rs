//! Style sheets, scripts and signs, embedded in the binary and served as they are.

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::flow::picture;

#[derive(RustEmbed)]
#[folder = "src/web/console/assets/"]
struct Assets;

/// The style sheet of flow pictures is made from the picture's own palette.
const PICTURE_CSS: &str = "picture.css";

/// Nothing but our own files runs or is fetched; no inline script or style.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// For every page of the console.
pub fn security_headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CONTENT_SECURITY),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
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
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, bytes).into_response()
}
