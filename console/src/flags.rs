//! The flags that both programs share for how they speak.

use clap::{Args, ColorChoice};

/// How a program speaks; flatten it into the top level of a command line.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// Print results as JSON on stdout and events as JSON lines on stderr.
    #[arg(long, global = true)]
    pub json: bool,

    /// Say nothing but warnings and errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// When to use colour; `auto` asks the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}
