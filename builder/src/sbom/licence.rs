//! Licences as packages write them, which is not always as SPDX does.

use spdx::{Expression, ParseMode};

/// Whether a text is an SPDX expression of licences that SPDX knows. One that
/// names licences of its own would have to bring their texts along.
pub(super) fn is_expression(text: &str) -> bool {
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    !text.contains("Ref-") && Expression::parse_mode(text, mode).is_ok()
}
