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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn command() -> Command {
        let key = Command::new("key")
            .about("Work with keys")
            .subcommand(Command::new("generate").about("Make a key pair"));
        Command::new("bottari-builder")
            .about("Builds bundles")
            .after_long_help(crate::exit_codes_help())
            .subcommand(Command::new("build").arg(Arg::new("lock").help("The lockfile")))
            .subcommand(Command::new("rehearse").hide(true))
            .subcommand(key)
    }

    #[test]
    fn every_visible_subcommand_has_a_page() {
        let names: Vec<_> = man_pages(command()).into_iter().map(|(name, _)| name).collect();
        insta::assert_snapshot!(names.join("\n"), @"
        bottari-builder.1
        bottari-builder-build.1
        bottari-builder-key.1
        bottari-builder-key-generate.1
        ");
    }

    #[test]
    fn the_page_of_the_command_lists_the_exit_codes() {
        let (_, page) = man_pages(command()).swap_remove(0);
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("130  interrupted: run again to resume"), "{page}");
    }

    #[test]
    fn the_same_command_gives_the_same_bytes() {
        assert_eq!(man_pages(command()), man_pages(command()));
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = completions(command(), shell);
            assert!(script.contains("generate"), "{shell} does not know `key generate`");
            assert_eq!(script, completions(command(), shell));
        }
    }
}
