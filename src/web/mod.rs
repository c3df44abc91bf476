//! HTTP in and out: speaks axum, calls one flow, answers.
