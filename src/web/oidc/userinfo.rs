//! The UserInfo endpoint.

use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

use super::allow_origin;
use super::token::authorization;
use crate::audit::Kind;
use crate::flows::userinfo;
use crate::oidc::Error;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{Web, answers};

pub(super) async fn get(caller: AppCaller, headers: HeaderMap) -> Response {
    answer(&caller, bearer(&headers)).await
}

/// A token in the header, or in a form (RFC 6750 §2.2); never in the query, never in both.
pub(super) async fn post(State(web): State<Web>, caller: AppCaller, request: Request) -> Response {
    let headers = request.headers().clone();
    if !headers.contains_key(CONTENT_TYPE) {
        return answer(&caller, bearer(&headers)).await;
    }
    let form = match AppForm::from_request(request, &web).await {
        Ok(AppForm(form)) => form,
        Err(refused) => return refused,
    };
    if form.is_repeated("access_token") {
        return in_one_way(&caller);
    }
    let token = match (bearer(&headers), form.get("access_token")) {
        (Some(_), Some(_)) => return in_one_way(&caller),
        (Some(token), None) => Some(token),
        (None, Some(token)) => Some(token.to_owned()),
        (None, None) => None,
    };
    answer(&caller, token).await
}

fn in_one_way(caller: &AppCaller) -> Response {
    caller.cx.note(Kind::UserinfoRefused, None);
    let error = Error::invalid_request("Send the access token once, in one way.", "two_tokens");
    answers::bearer_error(Some(&error))
}

async fn answer(caller: &AppCaller, token: Option<String>) -> Response {
    let (mut response, client) = match token {
        None => (answers::bearer_error(None), None),
        Some(token) => match userinfo::answer(&caller.cx, &token).await {
            Ok((client, claims)) => (answers::json(200, &claims), Some(client)),
            Err(why) => (answers::bearer_error(Some(&why)), None),
        },
    };
    let client = client.as_ref().map(|client| client.id.as_str());
    allow_origin(caller, client, &mut response).await;
    response
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let header = authorization(headers)?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
