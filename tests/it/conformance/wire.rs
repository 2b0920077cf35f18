//! One connection: steps written as bytes, messages read back and kept by their id.

use super::ber::{self, element, integer, read, read_all};
use std::collections::{BTreeSet, HashMap};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Whom a step's `$account` binds as.
#[derive(Clone, Debug)]
pub struct Account {
    pub dn: String,
    pub secret: String,
}

/// An entry as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// Everything received for one request.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub id: i64,
    /// Tag of the final response; 0 when the server closed instead.
    pub tag: u8,
    pub code: i64,
    pub matched: String,
    pub text: String,
    /// Name of an extended response.
    pub name: Option<String>,
    /// Value of an extended response.
    pub value: Option<Vec<u8>>,
    /// OID and value of each control of the final response.
    pub controls: Vec<(String, Vec<u8>)>,
    pub entries: Vec<Entry>,
    /// Different entries received on this connection so far.
    pub series: usize,
}

pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
    last: i64,
    /// What came for requests that are not finished, or not asked for yet.
    pending: HashMap<i64, Answer>,
    finished: HashMap<i64, Answer>,
    account: Account,
    /// Cookie of the last paged answer.
    pub cookie: Vec<u8>,
    seen: BTreeSet<String>,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Wire {
    pub fn connect(address: SocketAddr, account: &Account, patience: Duration) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(patience)).expect("a time-out");
        Self {
            stream,
            received: Vec::new(),
            last: 0,
            pending: HashMap::new(),
            finished: HashMap::new(),
            account: account.clone(),
            cookie: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Sends a step and waits for its answer; `None` for a step that has none.
    pub fn step(&mut self, words: &[String]) -> Option<Answer> {
        let verb = words[0].as_str();
        let option = |name: &str| words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
        if verb == "await" {
            return Some(self.wait(words[1].parse().expect("an id")));
        }
        if verb == "close?" {
            return Some(self.wait(i64::MIN));
        }
        if verb == "raw" {
            let bytes: Vec<u8> = words[1..].iter().filter(|w| !w.starts_with("id=")).flat_map(|w| ber::notation(w)).collect();
            self.send(&bytes);
            return match option("id") {
                Some(id) if id == "none" => None,
                Some(id) => Some(self.wait(id.parse().expect("an id"))),
                None => Some(self.wait(i64::MIN)),
            };
        }
        self.last = option("id").map_or(self.last + 1, |id| id.parse().expect("an id"));
        let operation = self.operation(words, &option);
        let mut content = [integer(2, self.last), operation].concat();
        let controls: Vec<u8> = words.iter().filter_map(|w| self.control(w)).flatten().collect();
        if !controls.is_empty() {
            content.extend(element(0xa0, &controls));
        }
        self.send(&element(0x30, &content));
        let silent = matches!(verb, "unbind" | "abandon") || words.iter().any(|w| w == "async");
        if silent { None } else { Some(self.wait(self.last)) }
    }

    fn operation(&self, words: &[String], option: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
        let octets = |value: &[u8]| element(4, value);
        let word = |at: usize| {
            let word = words.get(at).unwrap_or_else(|| panic!("a word is missing: {words:?}"));
            let word = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap_or(word);
            word.replace("$account", &self.account.dn).replace("$secret", &self.account.secret)
        };
        let number = |name: &str, default: i64| option(name).map_or(default, |n| n.parse().expect("a number"));
        match words[0].as_str() {
            "search" => {
                let scope = match word(2).as_str() {
                    "base" => 0,
                    "one" => 1,
                    "sub" => 2,
                    other => other.parse().expect("a scope"),
                };
                let list = words.iter().find(|w| w.starts_with('[')).map_or("", |w| &w[1..w.len() - 1]);
                let names: Vec<u8> = list.split_whitespace().flat_map(|name| octets(name.as_bytes())).collect();
                let fields = [
                    octets(word(1).as_bytes()),
                    integer(10, scope),
                    integer(10, number("deref", 0)),
                    integer(2, number("size", 0)),
                    integer(2, number("time", 0)),
                    vec![1, 1, if option("types").is_some() { 0xff } else { 0 }],
                    ber::filter(&word(3)),
                    element(0x30, &names),
                ];
                element(0x63, &fields.concat())
            }
            "compare" => {
                let assertion = [octets(word(2).as_bytes()), octets(word(3).as_bytes())].concat();
                element(0x6e, &[octets(word(1).as_bytes()), element(0x30, &assertion)].concat())
            }
            "bind" => {
                let fields = [integer(2, number("version", 3)), octets(word(1).as_bytes()), element(0x80, word(2).as_bytes())];
                element(0x60, &fields.concat())
            }
            "sasl" => {
                let fields = [integer(2, 3), octets(b""), element(0xa3, &octets(word(1).as_bytes()))];
                element(0x60, &fields.concat())
            }
            "extended" => {
                let value = option("value").map(|v| element(0x81, &ber::notation(&v))).unwrap_or_default();
                element(0x77, &[element(0x80, word(1).as_bytes()), value].concat())
            }
            "unbind" => vec![0x42, 0],
            "abandon" => integer(0x50, word(1).parse().expect("an id")),
            "delete" => element(0x4a, word(1).as_bytes()),
            "add" => {
                let attribute = [octets(b"objectClass"), element(0x31, &octets(b"top"))].concat();
                element(0x68, &[octets(word(1).as_bytes()), element(0x30, &element(0x30, &attribute))].concat())
            }
            "modify" => {
                let change = [octets(b"description"), element(0x31, &octets(b"x"))].concat();
                let change = element(0x30, &[vec![10, 1, 2], element(0x30, &change)].concat());
                element(0x66, &[octets(word(1).as_bytes()), element(0x30, &change)].concat())
            }
            "rename" => {
                let fields = [octets(word(1).as_bytes()), octets(word(2).as_bytes()), vec![1, 1, 0xff]];
                element(0x6c, &fields.concat())
            }
            other => panic!("no such step: {other}"),
        }
    }

    /// `ctl=OID`, `ctl=OID!` (critical), with `:NOTATION` behind for a value; `page=N[!]`, `sort=KEY,-KEY:rule[!]` and `dsait` in short.
    fn control(&self, word: &str) -> Option<Vec<u8>> {
        let built = |oid: &str, critical: bool, value: Option<Vec<u8>>| {
            let mut fields = element(4, oid.as_bytes());
            if critical {
                fields.extend([1, 1, 0xff]);
            }
            fields.extend(value.map(|v| element(4, &v)).unwrap_or_default());
            element(0x30, &fields)
        };
        if word == "dsait" {
            return Some(built("2.16.840.1.113730.3.4.2", false, None));
        }
        if let Some(rest) = word.strip_prefix("ctl=") {
            let (oid, value) = rest.split_once(':').map_or((rest, None), |(oid, value)| (oid, Some(ber::notation(value))));
            return Some(built(oid.trim_end_matches('!'), oid.ends_with('!'), value));
        }
        if let Some(rest) = word.strip_prefix("page=") {
            // `page=N:first` starts, `page=N:next` continues with the cookie of the last answer, `page=N:HEX` with any other.
            let (size, from) = rest.trim_end_matches('!').split_once(':').expect("page=N:first|next|HEX");
            let cookie = match from {
                "first" => Vec::new(),
                "next" => self.cookie.clone(),
                hex => ber::notation(hex),
            };
            let value = element(0x30, &[integer(2, size.parse().expect("a size")), element(4, &cookie)].concat());
            return Some(built("1.2.840.113556.1.4.319", rest.ends_with('!'), Some(value)));
        }
        let rest = word.strip_prefix("sort=")?;
        let keys: Vec<u8> = rest
            .trim_end_matches('!')
            .split(',')
            .flat_map(|key| {
                let (name, reverse) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
                let (name, rule) = name.split_once(':').map_or((name, None), |(name, rule)| (name, Some(rule)));
                let mut fields = element(4, name.as_bytes());
                fields.extend(rule.map(|rule| element(0x80, rule.as_bytes())).unwrap_or_default());
                fields.extend(if reverse { vec![0x81, 1, 0xff] } else { Vec::new() });
                element(0x30, &fields)
            })
            .collect();
        Some(built("1.2.840.113556.1.4.473", rest.ends_with('!'), Some(element(0x30, &keys))))
    }

    fn send(&mut self, bytes: &[u8]) {
        // A server that closed already is seen when the answer is read.
        let _ = self.stream.write_all(bytes);
    }

    /// Reads until the answer to an id is whole; `i64::MIN` takes whatever is finished next. A notice or a close ends every waiting.
    fn wait(&mut self, id: i64) -> Answer {
        loop {
            if let Some(answer) = self.finished.remove(&id) {
                return answer;
            }
            let Some(finished) = self.next() else {
                return Answer { id, ..Answer::default() };
            };
            if let Some((_, value)) = finished.controls.iter().find(|(oid, _)| oid == "1.2.840.113556.1.4.319") {
                self.cookie = read_all(read(value).expect("a value").content)[1].content.to_vec();
            }
            if id == i64::MIN || finished.id == 0 || finished.id == id {
                return finished;
            }
            self.finished.insert(finished.id, finished);
        }
    }

    /// The next final response; `None` when the server closed.
    fn next(&mut self) -> Option<Answer> {
        loop {
            while let Some(message) = read(&self.received) {
                assert_eq!(message.tag, 0x30, "an LDAPMessage");
                let length = message.length;
                let elements: Vec<(u8, Vec<u8>)> = read_all(message.content).iter().map(|e| (e.tag, e.content.to_vec())).collect();
                self.received.drain(..length);
                if let Some(answer) = self.take(&elements) {
                    return Some(answer);
                }
            }
            let mut buffer = [0; 65536];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    panic!("no answer in time")
                }
                Err(_) => return None,
            }
        }
    }

    fn take(&mut self, elements: &[(u8, Vec<u8>)]) -> Option<Answer> {
        let id = ber::number(&elements[0].1);
        let (tag, content) = &elements[1];
        if *tag == 0x64 {
            let parts = read_all(content);
            let list = read_all(parts[1].content);
            let attributes = list.iter().map(|attribute| {
                let fields = read_all(attribute.content);
                (text(fields[0].content), read_all(fields[1].content).iter().map(|v| v.content.to_vec()).collect())
            });
            let entry = Entry { dn: text(parts[0].content), attributes: attributes.collect() };
            self.pending.entry(id).or_default().entries.push(entry);
            return None;
        }
        let mut answer = self.pending.remove(&id).unwrap_or_default();
        self.seen.extend(answer.entries.iter().map(|entry| entry.dn.clone()));
        answer.series = self.seen.len();
        let fields = read_all(content);
        (answer.id, answer.tag, answer.code) = (id, *tag, ber::number(fields[0].content));
        (answer.matched, answer.text) = (text(fields[1].content), text(fields[2].content));
        for field in &fields[3..] {
            match field.tag {
                0x8a => answer.name = Some(text(field.content)),
                0x8b => answer.value = Some(field.content.to_vec()),
                _ => {}
            }
        }
        if let Some((_, controls)) = elements.iter().skip(2).find(|(tag, _)| *tag == 0xa0) {
            answer.controls = read_all(controls)
                .iter()
                .map(|control| {
                    let fields = read_all(control.content);
                    (text(fields[0].content), fields.iter().skip(1).find(|f| f.tag == 4).map_or(Vec::new(), |f| f.content.to_vec()))
                })
                .collect();
        }
        Some(answer)
    }
}
