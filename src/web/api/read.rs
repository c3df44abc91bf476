//! The description as a page: read from the document itself, so that both say the same.

use axum::response::Response;
use serde_json::{Map, Value};

use super::problem::CODES;
use crate::web::caller::Caller;
use crate::web::pages::developers::{ApiPage, Group, Operation, ValueOf};
use crate::web::pages::{Locale, render};
use crate::web::{answers, paths};

/// What the page says, without its frame.
#[derive(Clone)]
pub(super) struct Reading {
    about: String,
    groups: Vec<Group>,
    values: Vec<ValueOf>,
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn members<'v>(value: &'v Value, name: &str) -> Vec<(&'v String, &'v Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flatten().collect()
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The name behind a reference, or the type.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if schema.get(choice).is_some() {
            let all: Vec<String> = items(schema, choice).map(kind).collect();
            return all.join(" | ");
        }
    }
    match schema.get("type") {
        Some(Value::String(one)) if one == "array" => {
            format!("{}[]", schema.get("items").map(kind).unwrap_or_default())
        }
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        }
        _ => String::new(),
    }
}

fn operation(method: &str, path: &str, told: &Value) -> Operation {
    let parameter =
        |parameter: &Value| (text(parameter, "name"), text(parameter, "in"), text(parameter, "description"));
    let media = told.pointer("/requestBody/content/application~1json/schema");
    let scopes = told.pointer("/security/0/bearer").and_then(Value::as_array);
    let answer = |(status, answer): (&String, &Value)| (status.clone(), text(answer, "description"));
    Operation {
        id: text(told, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(told, "summary"),
        scope: scopes.and_then(|scopes| scopes.first()).and_then(Value::as_str).map(str::to_owned),
        parameters: items(told, "parameters").map(parameter).collect(),
        body: media.map(kind).filter(|name| name != "object"),
        answers: members(told, "responses").into_iter().map(answer).collect(),
    }
}

fn value_of(name: &str, schema: &Value) -> ValueOf {
    let mut all: Vec<(&String, &Value)> = members(schema, "properties");
    for part in items(schema, "allOf") {
        all.extend(members(part, "properties"));
    }
    let words: Vec<&str> = items(schema, "enum").filter_map(Value::as_str).collect();
    let about = text(schema, "description");
    ValueOf {
        name: name.to_owned(),
        about: if words.is_empty() { about } else { format!("{about} {}", words.join(", ")) },
        members: all
            .into_iter()
            .map(|(name, member)| (name.clone(), kind(member), text(member, "description")))
            .collect(),
    }
}

/// Reads the document once.
pub(super) fn read(document: &Value) -> Reading {
    let mut groups: Vec<Group> = Vec::new();
    for (path, item) in members(document, "paths") {
        for (method, told) in item.as_object().unwrap_or(&Map::new()) {
            let name = items(told, "tags").next().and_then(Value::as_str).unwrap_or_default();
            let one = operation(method, path, told);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(one),
                None => groups.push(Group { name: name.to_owned(), operations: vec![one] }),
            }
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    Reading {
        about: document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        groups,
        values: schemas.into_iter().flatten().map(|(name, schema)| value_of(name, schema)).collect(),
    }
}

/// The page.
pub(super) fn page(caller: &Caller, reading: &Reading) -> Response {
    let mut shell = caller.shell(paths::API_PAGE, caller.browser_csrf());
    // As the console, it speaks English alone.
    shell.locale = Locale::En;
    let page = ApiPage {
        shell,
        document: paths::API_DOCUMENT.to_owned(),
        about: reading.about.clone(),
        groups: reading.groups.clone(),
        codes: CODES
            .iter()
            .map(|(code, status, title)| ((*code).to_owned(), *status, (*title).to_owned()))
            .collect(),
        values: reading.values.clone(),
    };
    answers::page(200, render(&page), None)
}
