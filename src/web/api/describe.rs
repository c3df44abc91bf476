//! The description of the API (OpenAPI 3.1): what each operation says of itself, and what is true of all of them.

use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response, Schema,
    ServerBuilder,
};

use super::problem::CODES;
use crate::duties::Action;

/// The name of the security scheme.
pub const SCHEME: &str = "bearer";

/// What is known of an operation besides what it says itself.
pub(super) struct About {
    /// What it is about.
    pub action: Action,
    /// Whether it takes an `Idempotency-Key`.
    pub once: bool,
    /// Whether its path names something that may not be there.
    pub has_id: bool,
}

/// A problem (RFC 9457): why a request was not done.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here, and written by `problem::say`")]
pub(super) struct Problem {
    /// Where the code is explained.
    r#type: String,
    /// What the code means.
    title: String,
    /// The status.
    status: u16,
    /// A stable code, `VS-…`.
    code: String,
    /// What is wrong with this request, and what to do.
    detail: String,
    /// This very answer: the path, and the reference of the request.
    instance: String,
}

/// Adds what follows from the guard: the scope, and the ways in which it refuses.
pub(super) fn complete(operation: &mut Operation, about: &About) {
    let scopes: Vec<&str> = about.action.scope().iter().map(|scope| scope.as_str()).collect();
    operation.security = Some(vec![SecurityRequirement::new(SCHEME, scopes.iter().copied())]);
    let scope = match scopes.first() {
        Some(scope) => format!("Takes the scope `{scope}`."),
        None => "No scope allows this to a machine.".to_owned(),
    };
    let before = operation.description.take().map(|text| format!("{text}\n\n")).unwrap_or_default();
    operation.description = Some(format!("{before}{scope}"));
    let mut statuses = vec!["401", "403", "429", "503"];
    let has_query = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    });
    if has_query {
        statuses.push("400");
    }
    if operation.request_body.is_some() {
        statuses.extend(["400", "413", "415"]);
    }
    if about.has_id {
        statuses.push("404");
    }
    if operation.request_body.is_some() && about.action.scope().is_some() && !about.has_id {
        // What is made somewhere names the place.
        statuses.push("404");
    }
    if about.once {
        statuses.extend(["400", "409", "413", "422"]);
        operation.parameters.get_or_insert_default().push(RefOr::T(header(
            "Idempotency-Key",
            "A request with a known key is not done again: it gets the first answer, for 24 hours.",
            false,
        )));
    }
    let responses = &mut operation.responses.responses;
    if responses.contains_key("428") {
        let text = "The ETag of the version that is to be changed.";
        operation.parameters.get_or_insert_default().push(RefOr::T(header("If-Match", text, false)));
    }
    if responses.contains_key("304") {
        let text = "The ETag of the version the client has.";
        operation.parameters.get_or_insert_default().push(RefOr::T(header("If-None-Match", text, false)));
    }
    for status in statuses {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::default()));
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && (status.starts_with('4') || status.starts_with('5'))
        {
            fill(status, response);
        }
    }
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build()))
}

fn header(name: &str, description: &str, required: bool) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some(description))
        .schema(Some(text()))
        .build()
}

/// A refusal: its codes, the problem, its headers.
fn fill(status: &str, response: &mut Response) {
    let codes = CODES.iter().filter(|(_, of, _)| of.to_string() == status);
    let told: Vec<String> = codes.map(|(code, _, title)| format!("`{code}`: {title}.")).collect();
    response.description = told.join(" ");
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    let names: &[&str] = match status {
        "401" => &["WWW-Authenticate"],
        "429" | "503" => &["Retry-After"],
        _ => &[],
    };
    for name in names {
        response
            .headers
            .insert((*name).to_owned(), RefOr::T(HeaderBuilder::new().schema(Some(text())).build()));
    }
}

/// The whole document.
pub(super) fn document(issuer: &str, paths: Paths, schemas: Vec<(String, RefOr<Schema>)>) -> OpenApi {
    let mut info = Info::new("Vouchsafe administrators' API", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "For machine clients: tokens of the client_credentials grant with `admin:` scopes. What a machine may not do \
         at all, people do at the console."
            .to_owned(),
    );
    let mut problems = Vec::new();
    <Problem as ToSchema>::schemas(&mut problems);
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .schemas_from_iter(problems)
        .schema("Problem", <Problem as utoipa::PartialSchema>::schema())
        .security_scheme(SCHEME, scheme)
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(issuer).build()]))
        .paths(paths)
        .components(Some(components))
        .build()
}
