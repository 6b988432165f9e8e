//! The schema, the reader, the starter and the guide say the same.

use super::{
    Access, Starter, StarterHost, schema,
    testing::{FULL, mistakes, parse},
};
use serde_json::Value;
use std::path::Path;

/// Every place in a document with the part of the schema that describes it.
struct Walk {
    root: Value,
    met: Vec<(String, Value)>,
}

impl Walk {
    fn over(document: &Value) -> Vec<(String, Value)> {
        let root: Value = serde_json::from_str(&schema()).unwrap();
        let mut walk = Self { root: root.clone(), met: Vec::new() };
        walk.visit(&root, document, String::new());
        walk.met
    }

    /// The schema behind `$ref` and `anyOf [.., null]`.
    fn resolved(&self, part: &Value) -> Value {
        if let Some(options) = part.get("anyOf") {
            return self.resolved(&options[0]);
        }
        match part.get("$ref").and_then(Value::as_str) {
            Some(name) => self.root.pointer(name.trim_start_matches('#')).unwrap().clone(),
            None => part.clone(),
        }
    }

    fn visit(&mut self, part: &Value, document: &Value, at: String) {
        let part = self.resolved(part);
        match document {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let property = part["properties"].get(name);
                    let property = property.unwrap_or_else(|| panic!("schema lacks {at}/{name}"));
                    self.visit(&property.clone(), value, format!("{at}/{name}"));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(&part["items"], item, format!("{at}/{index}"));
                }
            }
            _ => {}
        }
        self.met.push((at, part));
    }
}

fn full() -> Value {
    crate::yaml::parse(Path::new("full.yaml"), FULL).unwrap()
}

/// What our reader says about a document; JSON is YAML, too.
fn said(document: &Value) -> String {
    mistakes(&serde_json::to_string(document).unwrap())
}

fn names(part: &Value, list: &str) -> Vec<String> {
    let list = part.get(list).and_then(Value::as_array);
    list.into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_full_example_says_everything_the_schema_knows() {
    let met = Walk::over(&full());
    let mut left: Vec<String> = Vec::new();
    for (at, part) in &met {
        for name in part["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            left.push(format!("{}/{name}", generic(at)));
        }
    }
    let written: Vec<_> = met.iter().map(|(at, _)| generic(at)).collect();
    // The jump host of the file says only what it must; that of a host says all.
    left.retain(|place| !written.contains(place) && !place.starts_with("/ssh/jump/"));
    assert_eq!(left, Vec::<String>::new());
}

/// `/hosts/1/name` → `/hosts/*/name`
fn generic(at: &str) -> String {
    let step = |step: &str| if step.parse::<u8>().is_ok() { "*".into() } else { step.to_owned() };
    at.split('/').map(step).collect::<Vec<_>>().join("/")
}

#[test]
fn what_the_schema_requires_the_reader_misses() {
    let document = full();
    let mut required = 0;
    for (at, part) in Walk::over(&document) {
        let Some(fields) = document.pointer(&at).and_then(Value::as_object) else { continue };
        assert_eq!(part["additionalProperties"], false, "{at}");
        let must = names(&part, "required");
        required += must.len();
        for name in fields.keys() {
            let mut without = document.clone();
            without.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(name);
            let missed = said(&without).contains(&format!("`{name}` is missing"));
            assert_eq!(missed, must.contains(name), "{at}/{name}");
        }
    }
    assert!(required >= 8, "{required}");
}

#[test]
fn words_of_the_schema_are_words_of_the_reader() {
    let document = full();
    let mut tried = 0;
    for (at, part) in Walk::over(&document) {
        let mut words = names(&part, "enum");
        let options = part["oneOf"].as_array().into_iter().flatten();
        words.extend(options.map(|option| option["const"].as_str().unwrap().to_owned()));
        if words.is_empty() {
            continue;
        }
        for word in &words {
            let mut changed = document.clone();
            *changed.pointer_mut(&at).unwrap() = Value::from(word.as_str());
            let refused = format!("expected `{}`", words[0]);
            assert!(!said(&changed).contains(&refused), "{at}: {word}: {}", said(&changed));
            tried += 1;
        }
        let mut changed = document.clone();
        *changed.pointer_mut(&at).unwrap() = Value::from("something");
        let listed = words.iter().all(|word| said(&changed).contains(&format!("`{word}`")));
        assert!(listed, "{at}: {}", said(&changed));
    }
    assert!(tried >= 12, "{tried}");
}

#[test]
fn the_starter_is_a_right_cluster_file() {
    let text = Starter::default().text();
    let cluster = parse(&text).unwrap();
    assert!(cluster.hosts.iter().all(|host| host.address.to_string().starts_with("192.0.2.")));
    Walk::over(&crate::yaml::parse(Path::new("starter"), &text).unwrap());
    insta::assert_snapshot!(text);
}

#[test]
fn what_the_starter_shows_in_comments_is_right_too() {
    let text = Starter::default().text();
    let shown = text.lines().map(uncommented).collect::<Vec<_>>().join("\n");
    assert_eq!(mistakes(&shown), "", "{shown}");
}

/// A line of the starter with its example switched on; prose stays a comment.
fn uncommented(line: &str) -> String {
    let Some((indent, rest)) = line.split_once("# ") else { return line.to_owned() };
    let word = rest.trim_start().trim_start_matches("- ");
    let name = word.split_once(':').map(|(name, _)| name);
    let is_field = name.is_some_and(|name| {
        name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !name.is_empty()
    });
    match indent.trim().is_empty() && is_field {
        true => format!("{indent}{rest}"),
        false => line.to_owned(),
    }
}

fn starter_of(hosts: &[(&str, &str)]) -> Starter {
    let host = |(name, address): &(&str, &str)| StarterHost {
        name: name.parse().unwrap(),
        address: address.parse().unwrap(),
    };
    Starter { hosts: hosts.iter().map(host).collect(), ..Starter::default() }
}

#[test]
fn the_starter_takes_what_is_known_already() {
    let starter = Starter {
        cluster: Some("seoul-1".parse().unwrap()),
        plugin: Some("flannel".parse().unwrap()),
        ..starter_of(&[("a", "10.77.0.1"), ("b", "10.77.0.2"), ("c", "10.77.0.3")])
    };
    let cluster = parse(&starter.text()).unwrap();
    assert_eq!((cluster.name.as_str(), cluster.network.plugin.as_str()), ("seoul-1", "flannel"));
    let told: Vec<_> =
        cluster.hosts.iter().map(|h| format!("{} {} {:?}", h.name, h.address, h.roles)).collect();
    assert_eq!(
        told,
        ["a 10.77.0.1 {ControlPlane}", "b 10.77.0.2 {Worker}", "c 10.77.0.3 {Worker}"]
    );
}

#[test]
fn the_starter_makes_a_cluster_of_this_machine_alone() {
    let starter = Starter { local: true, ..starter_of(&[("laptop", "10.77.0.1")]) };
    let cluster = parse(&starter.text()).unwrap();
    assert_eq!(cluster.hosts[0].roles.len(), 2);
    assert_eq!(cluster.hosts[0].access, Access::Local);
}

#[test]
fn the_starter_chooses_networks_that_hold_no_host() {
    for address in ["10.244.3.7", "10.96.0.5", "10.111.9.9", "172.30.0.2"] {
        let two = starter_of(&[("a", address), ("b", "10.77.0.2")]);
        assert_eq!(mistakes(&two.text()), "", "{address}");
    }
    let both = starter_of(&[("a", "10.244.3.7"), ("b", "172.30.0.2"), ("c", "10.100.0.1")]);
    let network = parse(&both.text()).unwrap().network;
    assert_eq!(network.pods.to_string(), "10.32.0.0/16");
    assert_eq!(network.services.to_string(), "172.24.0.0/14");
}

#[test]
fn the_guide_names_every_field_with_its_default() {
    let guide = include_str!("../../../docs/guide/cluster-file.md");
    for (at, part) in Walk::over(&full()) {
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            let field = format!("{}/{name}", generic(&at)).replace("/*", "[]");
            let field = field.trim_start_matches('/').replace('/', ".");
            // A host's own `ssh` has the same fields as the file's.
            let field = field.replace("hosts[].ssh.", "ssh.");
            let row = guide.lines().find(|line| line.starts_with(&format!("| `{field}` ")));
            let row = row.unwrap_or_else(|| panic!("the guide has no row for `{field}`"));
            let default = property.get("default").map(|default| match default {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let default = default.map_or(String::new(), |default| format!("| `{default}` |"));
            assert!(row.contains(&default), "{row}: {default}");
        }
    }
}

#[test]
fn examples_of_the_guide_are_right() {
    let guide = include_str!("../../../docs/guide/cluster-file.md");
    let blocks = guide.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let whole: Vec<_> = blocks.filter(|block| block.contains("cluster:")).collect();
    assert!(whole.len() >= 2);
    for block in whole {
        assert_eq!(mistakes(block), "", "{block}");
    }
}

#[test]
fn the_starter_keeps_what_another_installer_was_told() {
    let starter = Starter {
        waiting: vec![(starter_of(&[("cp-2", "10.77.0.3")]).hosts.remove(0), "control-plane")],
        networks: Some(("10.233.64.0/18".parse().unwrap(), "10.233.0.0/18".parse().unwrap())),
        login: Some(("ubuntu".parse().unwrap(), "~/.ssh/id_rsa".parse().unwrap())),
        endpoint: Some("api.site.example:6443".parse().unwrap()),
        remarks: vec![
            "first ".repeat(30),
            "hosts:\n- []".to_owned(),
            "  to copy\nas one".to_owned(),
        ],
        ..starter_of(&[("cp-1", "10.77.0.1"), ("b", "10.77.0.2")])
    };
    let text = starter.text();
    let cluster = parse(&text).unwrap();
    assert_eq!(cluster.hosts.len(), 2);
    assert_eq!(cluster.api.endpoint.as_str(), "api.site.example:6443");
    assert_eq!(cluster.network.services.to_string(), "10.233.0.0/18");
    assert!(text.contains("# - name: cp-2\n#   address: 10.77.0.3\n#   roles: [control-plane]\n"));
    assert!(
        text.contains("\n# hosts: - []\n") && text.contains("\n#   to copy as one\n"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    let shown = text.lines().map(uncommented).filter(|line| !line.contains("hosts: - []"));
    let shown = shown.collect::<Vec<_>>().join("\n").replace("# port: 6443", "port: 6443");
    assert!(shown.contains("sudo: passwordless\n"), "{shown}");
}
