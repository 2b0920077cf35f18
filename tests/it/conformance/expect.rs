//! Expectations of a step, held against its answer.

use super::wire::{Answer, Entry};

const NOTICE: &str = "1.3.6.1.4.1.1466.20036";
const PAGED: &str = "1.2.840.113556.1.4.319";

fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn values<'a>(entry: &'a Entry, name: &str) -> impl Iterator<Item = String> + 'a {
    let attribute = entry.attributes.iter().find(|(n, _)| same_name(n, name));
    attribute.into_iter().flat_map(|(_, values)| values).map(|v| String::from_utf8_lossy(v).into_owned())
}

/// Names of the user attributes two servers may disagree on, because each keeps its own.
fn kept_by_the_server(name: &str) -> bool {
    const OWN: [&str; 10] = [
        "structuralObjectClass",
        "entryUUID",
        "entryDN",
        "createTimestamp",
        "modifyTimestamp",
        "hasSubordinates",
        "subschemaSubentry",
        "creatorsName",
        "modifiersName",
        "entryCSN",
    ];
    OWN.iter().any(|own| same_name(own, name))
}

/// What of an answer must be the same from both servers: the entries of the tree, with their user attributes.
pub fn comparable(answer: &Answer) -> Vec<String> {
    let shown = |entry: &Entry| {
        let mut attributes: Vec<_> = entry.attributes.iter().filter(|(name, _)| !kept_by_the_server(name)).cloned().collect();
        attributes.iter_mut().for_each(|(_, values)| values.sort());
        attributes.sort();
        let attributes = attributes.iter().map(|(name, values)| {
            format!("{name}={}", values.iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect::<Vec<_>>().join("/"))
        });
        format!("{} {}", entry.dn, attributes.collect::<Vec<_>>().join(" "))
    };
    let mut out: Vec<_> = answer.entries.iter().filter(|entry| entry.dn.ends_with("dc=fr")).map(shown).collect();
    out.sort();
    out
}

/// Why the answer is not as expected; `None` when it is.
pub fn fault(words: &[String], answer: Option<&Answer>) -> Option<String> {
    let Some(answer) = answer else {
        return (words != ["-"]).then(|| "no answer is waited for here".to_owned());
    };
    words.iter().find(|word| !holds(word, answer)).map(|word| {
        let names: Vec<_> = answer.entries.iter().take(3).map(|e| &e.dn).collect();
        format!(
            "{word} does not hold: code {} tag {:02x} id {} n={} matched {:?} {:?} name {:?} controls {:?} {names:?}",
            answer.code,
            answer.tag,
            answer.id,
            answer.entries.len(),
            answer.matched,
            answer.text,
            answer.name,
            answer.controls
        )
    })
}

fn holds(word: &str, answer: &Answer) -> bool {
    let entries = &answer.entries;
    if let Ok(code) = word.parse::<i64>() {
        return answer.tag != 0 && answer.id != 0 && answer.code == code;
    }
    if let Some(attribute) = word.strip_prefix("lacks:") {
        let (attribute, value) = attribute.split_once('=').map_or((attribute, None), |(name, value)| (name, Some(unquote(value))));
        return match value {
            Some(value) => !entries.iter().any(|e| values(e, attribute).any(|v| v == value)),
            None => entries.iter().all(|e| e.attributes.iter().all(|(name, _)| !same_name(name, attribute))),
        };
    }
    if let Some(key) = word.strip_prefix("sorted:") {
        return sorted(key, entries);
    }
    if let Some((name, wanted)) = word.strip_prefix("has:").and_then(|rest| rest.split_once('=')) {
        return entries.iter().any(|e| values(e, name).any(|v| wanted == "*" || v == unquote(wanted)));
    }
    match word {
        "closed" => return answer.tag == 0,
        "empty" => return entries.iter().all(|e| e.attributes.iter().all(|(_, values)| values.is_empty())),
        "n>0" => return !entries.is_empty(),
        "n>1" => return entries.len() > 1,
        "distinct" => {
            let mut names: Vec<_> = entries.iter().map(|e| &e.dn).collect();
            names.sort();
            return names.windows(2).all(|pair| pair[0] != pair[1]);
        }
        _ => {}
    }
    let (name, wanted) = word.split_once('=').unwrap_or_else(|| panic!("no such expectation: {word}"));
    let wanted = unquote(wanted);
    let number = || wanted.parse::<i64>().expect("a number");
    match name {
        "notice" => answer.id == 0 && answer.tag == 0x78 && answer.name.as_deref() == Some(NOTICE) && answer.code == number(),
        "n" => entries.len() == usize::try_from(number()).expect("a count"),
        "series" => answer.series == usize::try_from(number()).expect("a count"),
        "id" => answer.id == number(),
        "tag" => format!("{:02x}", answer.tag) == wanted,
        "matched" => same_name(&answer.matched, wanted),
        "dn" => entries.iter().any(|e| same_name(&e.dn, wanted)),
        "first" => entries.first().is_some_and(|e| same_name(&e.dn, wanted)),
        "absent" => !entries.iter().any(|e| same_name(&e.dn, wanted)),
        "names" => {
            let mut wanted: Vec<_> = wanted.trim_matches(['[', ']']).split_whitespace().collect();
            wanted.sort_unstable();
            entries.first().is_some_and(|e| {
                let mut names: Vec<_> = e.attributes.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                names == wanted
            })
        }
        "name" => answer.name.as_deref().unwrap_or("none") == wanted,
        "value" if wanted == "some" => answer.value.as_ref().is_some_and(|value| !value.is_empty()),
        "value" => answer.value.as_deref().map_or_else(|| "none".to_owned(), |v| String::from_utf8_lossy(v).into_owned()) == wanted,
        "ctl" => {
            let (oid, value) = wanted.split_once(':').map_or((wanted, None), |(oid, value)| (oid, Some(super::ber::notation(value))));
            answer.controls.iter().any(|(known, held)| known == oid && value.as_ref().is_none_or(|value| value == held))
        }
        "noctl" => answer.controls.iter().all(|(oid, _)| oid != wanted),
        "cookie" => {
            let value = answer.controls.iter().find(|(oid, _)| oid == PAGED).map(|(_, value)| value);
            value.is_some_and(|value| {
                let content = super::ber::read(value).expect("a value").content;
                super::ber::read_all(content)[1].content.is_empty() == (wanted == "empty")
            })
        }
        _ => panic!("no such expectation: {word}"),
    }
}

/// By the first value of an attribute, or of several joined (`sn+givenName`), folded as French readers order names, blanks and hyphens alike.
fn sorted(key: &str, entries: &[Entry]) -> bool {
    let (name, reverse) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
    // An address is compared octet by octet, in lower case.
    let folded = |value: String| if name == "mail" { value.to_lowercase() } else { annuaire::text::words(&value).join(" ") };
    let key = |entry: &Entry| {
        let first = name.split('+').map(|name| values(entry, name).next().unwrap_or_default());
        folded(first.collect::<Vec<_>>().join(" "))
    };
    let mut keys: Vec<_> = entries.iter().map(key).collect();
    if reverse {
        keys.reverse();
    }
    keys.len() > 1 && keys.windows(2).all(|pair| pair[0] <= pair[1])
}
