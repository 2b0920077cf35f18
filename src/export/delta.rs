//! What differs between two editions: their JSON lines, both in the order of keys, merged into lines of
//! `{"op":"added"|"changed"|"gone","kind","id","fields","entry"}`.
//!
//! A later edition that is not the newest holds what may have been withdrawn since. So the newest is read beside it: an entry it no longer shows
//! is told as gone, as one that was deleted, and of an entry it still shows the mailboxes, telephone numbers and holders that it no longer
//! shows are taken out.

use super::{unreadable, unwritable};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::io::{BufRead, Write};

/// Name of an edition's own delta, from the one before it.
pub const DELTA: &str = "delta.jsonl.gz";

/// Lines by what they tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
}

impl Told {
    #[must_use]
    pub fn all(&self) -> u64 {
        self.added + self.changed + self.gone
    }
}

/// Writes the delta from `former` to `later`; `newest` is the newest edition when `later` is not it.
pub fn write(former: impl BufRead, later: impl BufRead, newest: Option<impl BufRead>, out: &mut dyn Write) -> Result<Told> {
    let (mut former, mut later) = (Lines::new(former)?, Lines::new(later)?);
    let mut newest = newest.map(Lines::new).transpose()?;
    let mut told = Told::default();
    loop {
        let order = match (&former.key, &later.key) {
            (None, None) => return Ok(told),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        let (before, after) = (order != Ordering::Greater, order != Ordering::Less);
        let key = if before { &former.key } else { &later.key };
        let Some(key) = key.clone() else { return Ok(told) };
        let after = match &mut newest {
            _ if !after => None,
            None => Some(Cow::Borrowed(later.text())),
            Some(newest) => {
                newest.go_to(&key)?;
                if newest.key.as_ref() == Some(&key) { Some(still_shown(later.text(), newest.text())?) } else { None }
            }
        };
        line(&key, before.then(|| former.text()), after.as_deref(), &mut told, out)?;
        if before {
            former.next()?;
        }
        if order != Ordering::Less {
            later.next()?;
        }
    }
}

fn line(key: &Key, before: Option<&str>, after: Option<&str>, told: &mut Told, out: &mut dyn Write) -> Result<()> {
    let (op, fields, entry) = match (before, after) {
        (None, None) => return Ok(()),
        (Some(before), Some(after)) if before == after => return Ok(()),
        (None, Some(after)) => {
            told.added += 1;
            ("added", None, Some(after))
        }
        (Some(before), Some(after)) => {
            let fields = changed(before, after)?;
            if fields.is_empty() {
                return Ok(());
            }
            told.changed += 1;
            ("changed", Some(fields), Some(after))
        }
        (Some(_), None) => {
            told.gone += 1;
            ("gone", None, None)
        }
    };
    let json = |value: &Value| value.to_string();
    let mut line = format!("{{\"op\":\"{op}\",\"kind\":\"{}\",\"id\":{}", key.kind(), json(&Value::from(key.id.as_str())));
    if let Some(fields) = fields {
        line.push_str(&format!(",\"fields\":{}", json(&Value::from(fields))));
    }
    // The entry comes last and as it stands in its edition, so that who cuts it out has that line to the byte.
    if let Some(entry) = entry {
        line.push_str(&format!(",\"entry\":{entry}"));
    }
    line.push_str("}\n");
    out.write_all(line.as_bytes()).map_err(unwritable)
}

/// Names of the fields, at the top of the entry, whose values differ.
fn changed(before: &str, after: &str) -> Result<Vec<String>> {
    let (before, after) = (object(before)?, object(after)?);
    let mut names: Vec<_> = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect();
    names.extend(before.keys().filter(|name| !after.contains_key(*name)).cloned());
    names.sort();
    Ok(names)
}

fn object(line: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(line).map_err(|e| Error::internal("a line of an edition cannot be read", e))
}

/// The entry without what the newest edition no longer shows of it.
fn still_shown<'a>(line: &'a str, newest: &str) -> Result<Cow<'a, str>> {
    if line == newest {
        return Ok(Cow::Borrowed(line));
    }
    let (mut entry, newest) = (object(line)?, object(newest)?);
    let whole = entry.clone();
    let listed = |list: &str, by: &str| -> Vec<Value> {
        let items = newest.get(list).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.get(by).cloned()).collect()
    };
    for (list, by) in [("mailboxes", "address"), ("holders", "id")] {
        let shown = listed(list, by);
        let Some(Value::Array(items)) = entry.get_mut(list) else { continue };
        items.retain(|item| item.get(by).is_some_and(|id| shown.contains(id)));
        if items.is_empty() {
            entry.remove(list);
        }
    }
    if !newest.contains_key("phone") {
        entry.remove("phone");
    }
    let reachable: Vec<Value> = {
        let items = newest.get("mailboxes").and_then(Value::as_array).into_iter().flatten();
        items.filter(|item| item.get("phone").is_some()).filter_map(|item| item.get("address").cloned()).collect()
    };
    let mut accepted = None;
    if let Some(Value::Array(items)) = entry.get_mut("mailboxes") {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            if !item.get("address").is_some_and(|address| reachable.contains(address)) {
                item.remove("phone");
            }
        }
        accepted = Some(items.iter().any(|item| item.get("zero_papier").and_then(Value::as_str) == Some("accepted")));
    }
    // Of a mailbox it is its own; of a holder or structure it is that of the mailboxes shown.
    if entry.get("zero_papier").is_some_and(Value::is_boolean) {
        entry.insert("zero_papier".to_owned(), accepted.unwrap_or(false).into());
    }
    Ok(if entry == whole { Cow::Borrowed(line) } else { Cow::Owned(Value::Object(entry).to_string()) })
}

/// Document key of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// `m`, `p` or `s`: also their order.
    letter: u8,
    id: String,
}

impl Key {
    fn kind(&self) -> &'static str {
        match self.letter {
            b'm' => "mailbox",
            b'p' => "professional",
            _ => "structure",
        }
    }
}

/// The lines of an edition, one at a time.
struct Lines<R> {
    from: R,
    line: String,
    key: Option<Key>,
}

/// What of a line makes its key.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    address: Option<Cow<'a, str>>,
}

impl<R: BufRead> Lines<R> {
    /// Stands on the first line.
    fn new(from: R) -> Result<Self> {
        let mut lines = Self { from, line: String::new(), key: None };
        lines.next()?;
        Ok(lines)
    }

    /// The line without its end.
    fn text(&self) -> &str {
        self.line.trim_end_matches('\n')
    }

    fn next(&mut self) -> Result<()> {
        self.line.clear();
        if self.from.read_line(&mut self.line).map_err(unreadable)? == 0 {
            self.key = None;
            return Ok(());
        }
        let head: Head<'_> = serde_json::from_str(self.text()).map_err(|e| Error::internal("a line of an edition cannot be read", e))?;
        let letter = head.kind.bytes().next().unwrap_or_default();
        let id = if letter == b'm' { head.address } else { head.id };
        let key = Key { letter, id: id.unwrap_or_default().into_owned() };
        if self.key.as_ref().is_some_and(|former| *former >= key) {
            return Err(Error::internal("an edition cannot be compared", "its lines are not in order"));
        }
        self.key = Some(key);
        Ok(())
    }

    /// To the first line of that key or behind it.
    fn go_to(&mut self, key: &Key) -> Result<()> {
        while self.key.as_ref().is_some_and(|own| own < key) {
            self.next()?;
        }
        Ok(())
    }
}
