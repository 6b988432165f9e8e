//! Reads the pages as strictly as they are written: every element is closed,
//! every attribute is quoted.

/// What stands in a page, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Open { name: String, attributes: Vec<(String, String)> },
    Close(String),
    Text(String),
}

/// One element that was opened, with the names of those around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) around: Vec<String>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(its, _)| its == name).map(|(_, value)| value.as_str())
    }
}

/// Every element of a page; panics where one is not closed as it should be.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    let (mut elements, mut around) = (Vec::new(), Vec::<String>::new());
    for token in tokens(page) {
        match token {
            Token::Open { name, attributes } => {
                elements.push(Element { name: name.clone(), attributes, around: around.clone() });
                if name != "meta" {
                    around.push(name);
                }
            }
            Token::Close(name) => assert_eq!(around.pop().as_deref(), Some(name.as_str())),
            Token::Text(_) => {}
        }
    }
    assert_eq!(around, Vec::<String>::new(), "left open");
    elements
}

/// The text that a reader sees, without the style.
pub(crate) fn text(page: &str) -> String {
    let (mut text, mut is_style) = (String::new(), false);
    for token in tokens(page) {
        match token {
            Token::Open { name, .. } => is_style = name == "style",
            Token::Close(_) => is_style = false,
            Token::Text(piece) if !is_style => text += &piece,
            Token::Text(_) => {}
        }
    }
    text
}

pub(crate) fn tokens(page: &str) -> Vec<Token> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let (text, after) = rest.split_once('<').unwrap_or((rest, ""));
        tokens.push(Token::Text(unescaped(text)));
        if rest.len() == text.len() {
            break;
        }
        let (tag, behind) = after.split_once('>').unwrap();
        tokens.push(tag_of(tag));
        rest = behind;
    }
    tokens
}

fn tag_of(tag: &str) -> Token {
    if let Some(name) = tag.strip_prefix('/') {
        return Token::Close(name.to_owned());
    }
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "<{tag}>");
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once("=\"").unwrap();
        let (value, behind) = behind.split_once('"').unwrap();
        attributes.push((name.to_owned(), unescaped(value)));
        rest = behind.trim_start();
    }
    Token::Open { name: name.to_owned(), attributes }
}

fn unescaped(text: &str) -> String {
    let quotes = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    quotes.replace("&#39;", "'").replace("&amp;", "&")
}
