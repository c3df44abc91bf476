//! SQL: one text for SQLite and PostgreSQL. Returns domain values; nobody outside writes SQL.
