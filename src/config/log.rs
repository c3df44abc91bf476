//! What is written to standard error.

use super::section::section;
use super::value::choice;

section! {
    /// What is written to standard error. Never tokens, codes, passwords, e-mail addresses or bodies.
    Log in "log" {
        /// `json` for machines, `pretty` for people, `auto` for pretty on a terminal and JSON elsewhere.
        format: LogFormat = "auto";

        /// The least level written. Libraries never speak below `warn`: their own details may hold headers and bodies.
        level: LogLevel = "info";
    }
}

choice! {
    /// How log lines look.
    LogFormat {
        /// Pretty on a terminal, JSON elsewhere.
        Auto = "auto",
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Pretty = "pretty",
    }
}

choice! {
    /// The least level written.
    LogLevel {
        /// Only what needs somebody now.
        Error = "error",
        /// Also what will need somebody.
        Warn = "warn",
        /// Also what happens.
        Info = "info",
        /// Also how.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}
