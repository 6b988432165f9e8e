//! Lists of repositories and tags, page by page.

use super::{
    names,
    reply::{Refusal, Reply, json_reply},
};
use axum::http::{HeaderValue, header};
use serde_json::json;

/// `?n=COUNT&last=NAME`: which part of a list is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    count: Option<usize>,
    last: Option<String>,
}

impl Page {
    /// Reads a query. Fields of other names are passed over.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Refusal> {
        let mut page = Self::default();
        for (key, value) in fields(query) {
            match key.as_str() {
                "n" => {
                    page.count = Some(value.parse().map_err(|_error| Refusal::PageInvalid(value))?);
                }
                "last" => page.last = Some(value),
                _ => {}
            }
        }
        Ok(page)
    }

    /// The entries of this page, and whether more follow.
    fn cut<'a>(&self, sorted: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, bool) {
        let after = |name: &&str| self.last.as_deref().is_none_or(|last| *name > last);
        let mut names = sorted.filter(after);
        let page: Vec<_> = names.by_ref().take(self.count.unwrap_or(usize::MAX)).collect();
        (page, names.next().is_some())
    }
}

/// The fields of a query, unescaped; those that cannot be are left out.
pub(crate) fn fields(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    let pairs = query.unwrap_or("").split('&').filter(|pair| !pair.is_empty());
    pairs.filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((names::unescaped(key)?, names::unescaped(value)?))
    })
}

/// `/v2/_catalog`.
pub(crate) fn catalog<'a>(repositories: impl Iterator<Item = &'a str>, page: &Page) -> Reply {
    let (names, more) = page.cut(repositories);
    let reply = json_reply("application/json", &json!({ "repositories": names }));
    with_next(reply, "/v2/_catalog", page, names.last().filter(|_| more))
}

/// `/v2/NAME/tags/list`.
pub(crate) fn tags<'a>(name: &str, tags: impl Iterator<Item = &'a str>, page: &Page) -> Reply {
    let (tags, more) = page.cut(tags);
    let reply = json_reply("application/json", &json!({ "name": name, "tags": tags }));
    with_next(reply, &format!("/v2/{name}/tags/list"), page, tags.last().filter(|_| more))
}

fn with_next(mut reply: Reply, path: &str, page: &Page, last: Option<&&str>) -> Reply {
    if let (Some(last), Some(count)) = (last, page.count) {
        let link = format!("<{path}?n={count}&last={}>; rel=\"next\"", names::escaped(last));
        if let Ok(link) = HeaderValue::from_str(&link) {
            reply.headers_mut().insert(header::LINK, link);
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(query: &str) -> (Vec<&'static str>, bool) {
        Page::parse(Some(query)).unwrap().cut(["a", "b/c", "d"].into_iter())
    }

    #[test]
    fn pages_begin_after_the_last_name_that_was_seen() {
        assert_eq!(cut(""), (vec!["a", "b/c", "d"], false));
        assert_eq!(cut("n=2"), (vec!["a", "b/c"], true));
        assert_eq!(cut("n=2&last=b%2Fc"), (vec!["d"], false));
        assert_eq!(cut("n=3"), (vec!["a", "b/c", "d"], false));
        assert_eq!(cut("n=0"), (vec![], true));
        assert_eq!(cut("last=b&other=x&=&&"), (vec!["b/c", "d"], false));
    }

    #[test]
    fn a_count_that_is_no_number_is_refused() {
        for query in ["n=-1", "n=", "n=x", "n=99999999999999999999999"] {
            assert!(Page::parse(Some(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn a_link_leads_to_the_next_page_and_the_last_page_has_none() {
        let link = |query| {
            let page = Page::parse(Some(query)).unwrap();
            let reply = catalog(["a", "b/c", "d"].into_iter(), &page);
            reply.headers().get(header::LINK).map(|link| link.to_str().unwrap().to_owned())
        };
        assert_eq!(link("n=2").as_deref(), Some("</v2/_catalog?n=2&last=b/c>; rel=\"next\""));
        assert_eq!(link("n=2&last=b/c"), None);
        assert_eq!(link(""), None);
    }
}
