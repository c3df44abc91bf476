//! A browser without scripts: follows redirects, keeps cookies, presses buttons.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode, header};
use openidconnect::url::Url;

/// One page and how it was reached.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) url: Url,
    pub(super) html: String,
}

impl Page {
    /// The text of the element with that id, as the page spells it.
    pub(super) fn text(&self, id: &str) -> Option<&str> {
        let (_, rest) = self.html.split_once(&format!("id=\"{id}\""))?;
        let (_, rest) = rest.split_once('>')?;
        rest.split_once("</").map(|(text, _)| text)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.html.contains(&format!("id=\"{id}\""))
    }
}

#[derive(Clone, Default)]
pub(super) struct Browser {
    /// By host and port as well as name: unlike a real one, and all the stricter.
    pub(super) cookies: BTreeMap<(String, String), String>,
    pub(super) http: reqwest::Client,
}

impl Browser {
    pub(super) fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Self { cookies: BTreeMap::new(), http: http.unwrap() }
    }

    pub(super) async fn open(&mut self, url: &str) -> Page {
        self.go(Url::parse(url).unwrap(), None).await
    }

    /// The address a page redirects to, not followed.
    pub(super) async fn peek(&mut self, url: &str) -> String {
        let page = self.step(Url::parse(url).unwrap(), None).await;
        page.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// Presses the button with that id, with all hidden fields of its form.
    pub(super) async fn press(&mut self, page: &Page, id: &str) -> Page {
        let (before, _) = page.html.split_once(&format!("<button id=\"{id}\"")).expect(id);
        let form = before.rsplit_once("<form ").unwrap().1;
        let target = page.url.join(attribute(form, "action").unwrap()).unwrap();
        let fields: Vec<_> = form
            .split("<input ")
            .skip(1)
            .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
            .collect();
        let body =
            openidconnect::url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let is_post = attribute(form, "method") == Some("post");
        self.go(target, is_post.then_some(body)).await
    }

    pub(super) async fn post(&mut self, url: &str, body: &str) -> Page {
        self.go(Url::parse(url).unwrap(), Some(body.into())).await
    }

    async fn go(&mut self, mut url: Url, mut body: Option<String>) -> Page {
        for _ in 0..10 {
            let page = self.step(url.clone(), body.take()).await;
            match page.headers.get(header::LOCATION) {
                Some(next) => url = url.join(next.to_str().unwrap()).unwrap(),
                None => return page,
            }
        }
        panic!("too many redirects")
    }

    async fn step(&mut self, url: Url, body: Option<String>) -> Page {
        let site = url.authority().to_owned();
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .filter(|((at, _), _)| *at == site)
            .map(|((_, n), v)| format!("{n}={v}"))
            .collect();
        let mut request = match body {
            Some(body) => self
                .http
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body),
            None => self.http.get(url.clone()),
        };
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer = request.send().await.unwrap();
        for line in answer.headers().get_all(header::SET_COOKIE) {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert((site.clone(), name.into()), value.into());
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        Page { status, headers, url, html: answer.text().await.unwrap() }
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value)
}
