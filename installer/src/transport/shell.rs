//! From a command to the one line that a login shell is given, and the words
//! that go ahead of its input.
//!
//! The line is plain POSIX words in single quotes, so every login shell reads
//! it alike. The environment is fixed, because a non-interactive login often
//! lacks the folders of root's programs.

use super::{RemoteCommand, Secret};

const ENVIRONMENT: [&str; 3] =
    ["env", "LC_ALL=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];

/// How the login user becomes root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sudo {
    /// Not at all: the login user is root, or must do without.
    #[default]
    None,
    /// `sudo` without a password.
    Passwordless,
    /// `sudo` with this password, which goes through standard input only.
    Password(Secret),
}

/// After this line of input the command's own input begins. sudo may leave the
/// password unread, for instance where a rule asks for none, and a file must
/// never begin with it.
const BEGIN: &str = "bottari: the input begins";
const AFTER_BEGIN: &str =
    r#"while IFS= read -r line && [ "$line" != "$0" ]; do :; done; exec "$@""#;

/// Exit statuses of `timeout` when it had to end a command.
pub(crate) const TIMED_OUT: [i32; 2] = [124, 137];

/// The line for the login shell, and what its input begins with.
pub(crate) fn line(command: &RemoteCommand, sudo: &Sudo) -> (String, Vec<u8>) {
    let limit = command.time_limit().as_secs().max(1).to_string();
    let timeout = ["timeout", "-k", "10", &limit];
    let work = ENVIRONMENT.into_iter().chain(timeout);
    let mut words: Vec<&str> = match sudo {
        Sudo::Passwordless if command.needs_root() => vec!["sudo", "-n", "--"],
        // `-k` with a command ignores a remembered password, so that the same
        // number of input lines is read every time.
        Sudo::Password(_) if command.needs_root() => {
            vec!["sudo", "-k", "-S", "-p", "", "--", "sh", "-c", AFTER_BEGIN, BEGIN]
        }
        _ => Vec::new(),
    };
    words.extend(work);
    words.extend(command.arguments().iter().map(String::as_str));
    let quoted: Vec<String> = words.into_iter().map(quote).collect();
    let ahead = match sudo {
        Sudo::Password(password) if command.needs_root() => {
            format!("{}\n{BEGIN}\n", password.reveal())
        }
        _ => String::new(),
    };
    (quoted.join(" "), ahead.into_bytes())
}

/// One word that a shell takes as it is.
fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./=:@%+,".contains(&b);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{process::Command, time::Duration};

    #[test]
    fn any_word_survives_the_shell() {
        let hostile = ["", "a b", "it's", "$(id)", "`id`", "a\nb", "\"", "\\", "-n", "!x", "é€"];
        let words: Vec<String> = hostile.iter().map(|word| quote(word)).collect();
        let line = format!("printf '%s\\0' {}", words.join(" "));
        let output = Command::new("sh").arg("-c").arg(line).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let seen: Vec<&str> = text.split_terminator('\0').collect();
        assert_eq!(seen, hostile);
    }

    #[test]
    fn root_is_reached_as_the_host_says() {
        let command = RemoteCommand::argv(["id", "-u"]).deadline(Duration::from_secs(5));
        let secret = Sudo::Password(Secret::new("s3same"));
        let work = "env LC_ALL=C \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            timeout -k 10 5 id -u";
        assert_eq!(line(&command, &Sudo::None), (work.into(), Vec::new()));
        let (text, ahead) = line(&command, &Sudo::Passwordless);
        assert_eq!((text, ahead), (format!("sudo -n -- {work}"), Vec::new()));
        let (text, ahead) = line(&command, &secret);
        assert!(text.starts_with("sudo -k -S -p '' -- sh -c ") && !text.contains("s3same"));
        assert_eq!(ahead, b"s3same\nbottari: the input begins\n");
        assert_eq!(line(&command.as_login_user(), &secret).0, work);
    }

    #[test]
    fn the_password_never_reaches_the_command_even_when_sudo_did_not_read_it() {
        let script = format!("printf 'pw\\n{BEGIN}\\nfile' | sh -c '{AFTER_BEGIN}' '{BEGIN}' cat");
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(output.stdout, b"file");
    }
}
