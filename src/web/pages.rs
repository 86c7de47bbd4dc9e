//! Lists in pages: `{ "data": [..], "next": cursor or null }`, asked for by `?limit=&cursor=`.

use std::collections::HashMap;

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::web::error::Problem;

pub const LIMIT_DEFAULT: usize = 50;
pub const LIMIT_MAX: usize = 500;

/// A query's parameters; of one that comes twice the last.
pub type Query = axum::extract::Query<HashMap<String, String>>;

/// How much of a list is wanted, and from where.
pub struct Page {
    pub limit: usize,
    pub cursor: Option<String>,
}

impl Page {
    pub fn of(query: &HashMap<String, String>) -> Result<Self, Problem> {
        let limit = match query.get("limit").map(|limit| limit.parse::<usize>()) {
            None => LIMIT_DEFAULT,
            Some(Ok(limit)) if (1..=LIMIT_MAX).contains(&limit) => limit,
            Some(_) => {
                return Err(Problem::bad_request(format!(
                    "`limit` must be 1 to {LIMIT_MAX}"
                )));
            }
        };
        let cursor = match query.get("cursor").filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(cursor) => Some(
                URL_SAFE_NO_PAD
                    .decode(cursor)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .ok_or_else(bad_cursor)?,
            ),
        };
        Ok(Self { limit, cursor })
    }

    pub fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let cursor = self.cursor.as_deref();
        cursor
            .map(|cursor| cursor.parse().map_err(|_| bad_cursor()))
            .transpose()
    }

    /// The answer to a list that was asked for with one more than `limit`; `key` of the last item
    /// shown is the cursor.
    pub fn answer<T>(
        &self,
        mut items: Vec<T>,
        key: impl Fn(&T) -> String,
        show: impl Fn(&T) -> Json,
    ) -> Response {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        answer(&items, items.last().filter(|_| more).map(key), show)
    }
}

/// The answer to a list of which it is known where it goes on.
pub fn answer<T>(items: &[T], next: Option<String>, show: impl Fn(&T) -> Json) -> Response {
    let data: Vec<Json> = items.iter().map(show).collect();
    let next = next.map(|next| URL_SAFE_NO_PAD.encode(next));
    axum::Json(json!({ "data": data, "next": next })).into_response()
}

fn bad_cursor() -> Problem {
    Problem::bad_request("`cursor` is not one that a list here gave")
}
