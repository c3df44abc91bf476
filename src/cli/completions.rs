//! `vouchsafe completions <shell>`: a script for the shell's completion, made from the commands themselves.

use std::io::Write;

pub use clap_complete::Shell;

/// Writes the script for `shell`; `command` is the whole program's.
pub fn run(shell: Shell, command: &mut clap::Command, out: &mut dyn Write) {
    let name = command.get_name().to_owned();
    let mut script = std::io::BufWriter::new(out);
    clap_complete::generate(shell, command, name, &mut script);
}
