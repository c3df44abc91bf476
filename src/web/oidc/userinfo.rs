//! The UserInfo endpoint.

use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

use super::{allow_origin, authorization, proofs, with_nonce};
use crate::audit::Kind;
use crate::flows::living::Shown;
use crate::flows::userinfo::{self, Claims};
use crate::oidc::Error;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{Web, answers, paths};

pub(super) async fn get(caller: AppCaller, headers: HeaderMap) -> Response {
    let token = in_header(&headers);
    answer(&caller, "GET", &headers, token).await
}

/// A token in the header, or in a form (RFC 6750 §2.2); never in the query, never in both.
pub(super) async fn post(State(web): State<Web>, caller: AppCaller, request: Request) -> Response {
    let headers = request.headers().clone();
    if !headers.contains_key(CONTENT_TYPE) {
        let token = in_header(&headers);
        return answer(&caller, "POST", &headers, token).await;
    }
    let form = match AppForm::from_request(request, &web).await {
        Ok(AppForm(form)) => form,
        Err(refused) => return refused,
    };
    if form.is_repeated("access_token") {
        return in_one_way(&caller);
    }
    let token = match (in_header(&headers), form.get("access_token")) {
        (Some(_), Some(_)) => return in_one_way(&caller),
        (Some(token), None) => Some(token),
        (None, Some(token)) => Some((false, token.to_owned())),
        (None, None) => None,
    };
    answer(&caller, "POST", &headers, token).await
}

fn in_one_way(caller: &AppCaller) -> Response {
    caller.cx.note(Kind::UserinfoRefused, None);
    let error = Error::invalid_request("Send the access token once, in one way.", "two_tokens");
    answers::bearer_error(Some(&error), false)
}

async fn answer(
    caller: &AppCaller,
    method: &'static str,
    headers: &HeaderMap,
    token: Option<(bool, String)>,
) -> Response {
    let dpop = proofs(caller, method, paths::USERINFO, headers);
    let shown = token.map(|(as_bound, token)| Shown {
        token,
        as_bound,
        dpop: dpop.clone(),
        certificate: caller.certificate.clone(),
    });
    let (response, client) = match &shown {
        None => (answers::bearer_error(None, dpop.is_tried()), None),
        Some(shown) => match userinfo::answer(&caller.cx, shown).await {
            Ok((client, claims)) => {
                let answer = match claims {
                    Claims::Plain(claims) => answers::json(200, &claims),
                    Claims::Jwt(jwt) => answers::jwt(jwt, "application/jwt"),
                };
                (answer, Some(client))
            }
            Err(why) => (answers::bearer_error(Some(&why), shown.as_bound), None),
        },
    };
    let mut response = with_nonce(caller, &dpop, response).await;
    let client = client.as_ref().map(|client| client.id.as_str());
    allow_origin(caller, client, &mut response).await;
    response
}

/// The token of the header, and whether its scheme is that of bound tokens (RFC 9449 §7.1).
fn in_header(headers: &HeaderMap) -> Option<(bool, String)> {
    let header = authorization(headers)?;
    let (scheme, token) = header.split_once(' ')?;
    let as_bound = scheme.eq_ignore_ascii_case("dpop");
    (as_bound || scheme.eq_ignore_ascii_case("bearer")).then(|| (as_bound, token.trim().to_owned()))
}
