//! Makes types of checked texts: parsed once, trusted from then on.

/// Why a text is not one of the words of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {what}: expected {expected}", text.escape_debug())]
pub struct WordError {
    pub(crate) text: String,
    pub(crate) what: &'static str,
    pub(crate) expected: &'static str,
}

macro_rules! word_type {
    ($(#[$doc:meta])* $type:ident, $what:literal, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The text as it was parsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::plan::WordError;
            fn from_str(text: &str) -> Result<Self, $crate::plan::WordError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::plan::WordError { text: text.to_owned(), what: $what, expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::plan::WordError;
            fn try_from(text: String) -> Result<Self, $crate::plan::WordError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(word: $type) -> String {
                word.0
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use word_type;
