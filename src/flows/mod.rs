//! Use cases: one function per request, phases in order.
