//! Colour, decided once. It decorates words that say the same without it.

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};
use std::ffi::OsString;

/// What the surroundings say about a terminal.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Paints words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Decides for one stream: the flag first, then the environment, then the terminal.
    pub(crate) fn decide(choice: ColorChoice, is_terminal: bool, env: Environment) -> Self {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set(env, "NO_COLOR") => false,
            ColorChoice::Auto if is_forced(env) => true,
            ColorChoice::Auto => is_terminal && !is_dumb(env),
        };
        Self { on }
    }

    /// For `error:`.
    pub(crate) fn error(self, word: &str) -> String {
        self.paint(AnsiColor::Red, word)
    }

    /// For `warning:`.
    pub(crate) fn warning(self, word: &str) -> String {
        self.paint(AnsiColor::Yellow, word)
    }

    /// For `hint:`.
    pub(crate) fn hint(self, word: &str) -> String {
        self.paint(AnsiColor::Cyan, word)
    }

    /// For the line that says a job is done.
    pub(crate) fn success(self, line: &str) -> String {
        self.paint(AnsiColor::Green, line)
    }

    fn paint(self, color: AnsiColor, word: &str) -> String {
        if !self.on {
            return word.to_owned();
        }
        let style = Style::new().bold().fg_color(Some(color.into()));
        format!("{style}{word}{style:#}")
    }
}

/// A terminal that cannot move its cursor; bars would be torn there.
pub(crate) fn is_dumb(env: Environment) -> bool {
    env("TERM").is_some_and(|term| term == "dumb")
}

fn is_set(env: Environment, name: &str) -> bool {
    env(name).is_some_and(|value| !value.is_empty())
}

fn is_forced(env: Environment) -> bool {
    is_set(env, "CLICOLOR_FORCE") && env("CLICOLOR_FORCE").is_some_and(|value| value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(choice: ColorChoice, is_terminal: bool, set: &[(&str, &str)]) -> bool {
        let env = |name: &str| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Paint::decide(choice, is_terminal, &env).on
    }

    #[test]
    fn the_flag_wins_over_everything() {
        assert!(decide(ColorChoice::Always, false, &[("NO_COLOR", "1"), ("TERM", "dumb")]));
        assert!(!decide(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn without_a_flag_the_environment_decides_and_then_the_terminal() {
        let auto = ColorChoice::Auto;
        assert!(decide(auto, true, &[]));
        assert!(!decide(auto, false, &[]));
        assert!(!decide(auto, true, &[("NO_COLOR", "1")]));
        assert!(decide(auto, true, &[("NO_COLOR", "")]));
        assert!(decide(auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!decide(auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!decide(auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(!decide(auto, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn paint_that_is_off_changes_no_byte() {
        assert_eq!(Paint { on: false }.error("error:"), "error:");
        assert_eq!(Paint { on: true }.error("error:"), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m");
    }
}
