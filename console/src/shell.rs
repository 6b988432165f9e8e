//! What the shell knows about us: completions and manual pages, as text. The
//! same command gives the same bytes, so packages can be compared.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// The completion script of a command for one shell.
pub fn completions(mut command: Command, shell: Shell) -> String {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8(script).expect("completion scripts are made of our own UTF-8 text")
}

/// One manual page for the command and for each of its subcommands, the command
/// first, as (file name, roff text): `bottari-builder-key-generate.1`.
pub fn man_pages(command: Command) -> Vec<(String, Vec<u8>)> {
    let mut command = command.disable_help_subcommand(true);
    // Gives each subcommand its full name.
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &mut pages);
    pages
}

fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page).expect("writing to memory does not fail");
    pages.push((man.get_filename(), page));
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        add_pages(subcommand, pages);
    }
}
