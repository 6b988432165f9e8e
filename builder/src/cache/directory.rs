//! Where the cache is when nobody says.

use crate::environment::Environment;
use std::path::PathBuf;

/// `$BOTTARI_CACHE`, else `$XDG_CACHE_HOME/bottari`, else `~/.cache/bottari`;
/// none where even the home folder is unknown.
pub fn default_directory(environment: &Environment) -> Option<PathBuf> {
    let shared = || environment.path("XDG_CACHE_HOME").map(|cache| cache.join("bottari"));
    environment.path("BOTTARI_CACHE").or_else(shared).or_else(|| environment.home(".cache/bottari"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_variable_wins() {
        let all = [("BOTTARI_CACHE", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")];
        let [_, shared, home] = all;
        let place = |environment: Environment| {
            default_directory(&environment).map(|path| path.display().to_string())
        };
        assert_eq!(place(Environment::of(all)).as_deref(), Some("/a"));
        assert_eq!(place(Environment::of([shared, home])).as_deref(), Some("/b/bottari"));
        assert_eq!(place(Environment::of([home])).as_deref(), Some("/c/.cache/bottari"));
        assert_eq!(place(Environment::of([])), None);
    }
}
