//! What is asked: drawn from the published people, the same for every system, the same again for the same data; kept as JSON lines.
//!
//! Words are plain ASCII where a substring is asked, because slapd does not find `lefevre` in LEFÈVRE and would be asked for less.
//! Lists are drawn so that about as many entries come back as the class says; the limit of each search is 100.

use crate::data::{self, Person};
use crate::pieces;
use annuaire::text::fold;
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::io::Write as _;
use std::path::Path;

/// Questions a class.
const EACH: usize = 1_000;
/// People from whom they are drawn.
const DRAWN: usize = 20_000;
/// Entries a search returns at most.
const LIMIT: u32 = 100;
/// People shown for a name, a profession and a city: of more than so many who are alike no order can show the one who is meant.
pub const SHOWN: u32 = 20;
/// Entries wanted back of a substring, of a beginning, of a specialty in a department.
const CONTAINS: f64 = 80.0;
const BEGINS: f64 = 74.0;
const LISTED: f64 = 75.0;

/// One question in the words of each system that is asked it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ldap: String,
    /// Parameters of `/v1/search`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<(String, String)>,
    /// Parameters of the statement of this class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<String>,
    /// Id of the person it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wanted: String,
    /// People who equal that person in all that is asked, itself among them.
    #[serde(default)]
    pub alike: u32,
}

/// A number from a text, the same on every machine.
fn number(text: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}

/// Written when all were drawn; another name when they are drawn otherwise.
const DONE: &str = "done-alike";

/// Questions of one box, asked of us alone.
pub const BOXES: [&str; 6] = ["rest_q1", "rest_q2", "rest_q3", "rest_typing", "rest_facets", "rest_suggest"];

/// Draws every class and writes the files that are not there; are they all new?
pub fn draw(keep: &Path, ldif: &Path) -> Result<bool> {
    let folder = keep.join("questions");
    let drawn_before = folder.join(DONE).exists();
    let file = |class: &str| folder.join(format!("{class}.jsonl"));
    if drawn_before && BOXES.iter().all(|class| file(class).exists()) {
        return Ok(false);
    }
    std::fs::create_dir_all(&folder)?;
    let drawn = Drawn::from(ldif)?;
    for (class, questions) in drawn.classes().into_iter().filter(|(class, _)| !drawn_before || !file(class).exists()) {
        ensure!(!questions.is_empty(), "no question of the class {class}: more people are needed");
        let mut file = std::io::BufWriter::new(std::fs::File::create(file(class))?);
        for question in questions {
            serde_json::to_writer(&mut file, &question)?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
    }
    std::fs::write(folder.join(DONE), "")?;
    Ok(!drawn_before)
}

/// The questions of a class.
pub fn read(keep: &Path, class: &str) -> Result<Vec<Question>> {
    let path = keep.join("questions").join(format!("{class}.jsonl"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

struct Drawn {
    /// In an order of chance.
    people: Vec<Person>,
    /// Pieces of names that about as many people as wanted hold.
    contained: Vec<String>,
    beginnings: Vec<String>,
    lists: Vec<(String, String)>,
    /// How many people are of a name, a profession and a city, by [`who`].
    alike: HashMap<u64, u32>,
}

/// A name, a profession and a city, whatever their accents, hyphens and capitals.
fn who(sn: &str, profession: &str, city: &str) -> u64 {
    let words = annuaire::text::words;
    number((words(sn), profession, words(city)))
}

/// Those of about the wanted number, never more than a search returns, in an order of chance.
fn near<T: Ord + Hash>(counted: impl Iterator<Item = (T, u32)>, wanted: f64) -> Vec<T> {
    let mut near: Vec<_> = counted
        .filter(|(_, count)| (wanted / 4.0..=f64::from(LIMIT)).contains(&f64::from(*count)))
        .map(|(what, count)| (((f64::from(count) / wanted).ln().abs() * 1e6) as u64, number(&what), what))
        .collect();
    near.sort();
    near.truncate(EACH);
    near.sort_by_key(|(_, chance, _)| *chance);
    near.into_iter().map(|(_, _, what)| what).collect()
}

/// Pieces that a search cuts at its limit and pieces of rare names, as many of each that so many entries as wanted come back on average.
fn mixed(counted: Vec<(String, u32)>) -> Vec<String> {
    let (mut common, mut rare): (Vec<_>, Vec<_>) =
        counted.into_iter().filter(|(_, count)| *count > 0).partition(|(_, count)| *count >= LIMIT);
    for pieces in [&mut common, &mut rare] {
        pieces.sort_by_key(|(piece, _)| number(piece));
        pieces.truncate(EACH);
    }
    let back = |pieces: &[(String, u32)]| pieces.iter().map(|(_, count)| f64::from(*count)).sum::<f64>() / pieces.len().max(1) as f64;
    let share = ((CONTAINS - back(&rare)) / (f64::from(LIMIT) - back(&rare))).clamp(0.0, 1.0);
    common.truncate((share * EACH as f64) as usize);
    rare.truncate(EACH - (share * EACH as f64) as usize);
    common.append(&mut rare);
    common.sort_by_key(|(piece, _)| number(piece));
    common.into_iter().map(|(piece, _)| piece).collect()
}

impl Drawn {
    fn from(ldif: &Path) -> Result<Self> {
        let mut people = BTreeMap::new();
        let mut beginnings: HashMap<String, u32> = HashMap::new();
        let mut lists: HashMap<(String, String), u32> = HashMap::new();
        let mut alike: HashMap<u64, u32> = HashMap::new();
        data::people(ldif, |person| {
            let sn = fold(&person.sn);
            for length in 2..=12 {
                let plain = |text: &&str| text.bytes().all(|c| c.is_ascii_lowercase() || c == b'-') && !text.ends_with('-');
                if let Some(beginning) = sn.get(..length).filter(plain) {
                    *beginnings.entry(beginning.to_owned()).or_default() += 1;
                }
            }
            for specialty in &person.specialties {
                for department in &person.departments {
                    *lists.entry((specialty.clone(), department.clone())).or_default() += 1;
                }
            }
            for profession in &person.professions {
                for city in &person.cities {
                    *alike.entry(who(&person.sn, profession, city)).or_default() += 1;
                }
            }
            people.insert(number(&person.id), person);
            if people.len() > DRAWN {
                people.pop_last();
            }
        })?;
        let people: Vec<_> = people.into_values().collect();
        Ok(Self {
            contained: mixed(pieces::contained(ldif, &people)?),
            beginnings: near(beginnings.into_iter(), BEGINS),
            lists: near(lists.into_iter(), LISTED),
            alike,
            people,
        })
    }

    fn classes(&self) -> BTreeMap<&'static str, Vec<Question>> {
        let ldap = |filter: String| Question { ldap: filter, ..Question::default() };
        let mut classes: BTreeMap<_, Vec<Question>> = BTreeMap::new();
        let mut add = |class, questions: &mut dyn Iterator<Item = Question>| classes.insert(class, questions.take(EACH).collect());
        let one = |x: &String| Question { ldap: on_four(x), sql: vec![format!("%{x}%")], ..Question::default() };
        add("ac1", &mut self.contained.iter().map(one));
        add("quick1", &mut self.contained.iter().map(|x| ldap(format!("(&{})", twelve(x)))));
        let two: Vec<_> = self.people.iter().filter_map(two_words).collect();
        add(
            "ac2",
            &mut two.iter().map(|(a, b)| Question {
                ldap: format!("(&{}{})", on_four(a), on_four(b)),
                sql: vec![format!("%{a}%"), format!("%{b}%")],
                ..Question::default()
            }),
        );
        add("ac2_typed", &mut two.iter().map(|(a, b)| ldap(format!("(|(cn=*{a}*{b}*)(mail=*{a} {b}*)(givenName=*{a}*)(sn=*{a} {b}*))"))));
        add("quick2", &mut two.iter().map(|(a, b)| ldap(format!("(&{}{})", twelve(a), twelve(b)))));
        add("sn_prefix", &mut self.beginnings.iter().map(|x| ldap(format!("(sn={x}*)"))));
        let plain = |text: &str| !text.is_empty() && !text.contains(['(', ')', '*', '\\']);
        let mails = self.people.iter().filter_map(|p| p.mails.first());
        let mails: Vec<_> = mails.map(|mail| ldap(format!("(mail={mail})"))).collect();
        for class in ["mail", "session", "session_tls"] {
            add(class, &mut mails.iter().cloned());
        }
        let rpps = self.people.iter().filter(|p| !p.rpps.is_empty());
        add("rpps", &mut rpps.map(|p| ldap(format!("(rpps={})", p.rpps))));
        let placed = self.people.iter().filter_map(|p| p.cities.first().map(|city| (p, city))).filter(|(p, l)| plain(&p.sn) && plain(l));
        add("name_city", &mut placed.map(|(p, city)| ldap(format!("(&(sn={})(l={city}))", p.sn))));
        add("spec_dept", &mut self.lists.iter().map(|(s, d)| ldap(format!("(&(specialite={s})(departement={d}))"))));
        // One profession and one place, so that both are of the same practice.
        let practising = || self.people.iter().filter(|p| p.professions.len() == 1 && p.cities.len() == 1 && !p.sn.is_empty());
        add("rest", &mut practising().map(|p| self.by_words(p, &p.sn)));
        add("rest_columns", &mut practising().map(|p| self.by_columns(p, &p.sn)));
        let misspelt = || practising().enumerate().filter_map(|(at, p)| Some((p, misspelt(&p.sn, at)?)));
        add(
            "typo",
            &mut misspelt().map(|(p, sn)| Question {
                sql: vec![
                    [sn.as_str(), p.professions.first().map_or("", String::as_str), &fold(p.cities.first().map_or("", String::as_str))]
                        .join(" "),
                ],
                ..self.by_words(p, &sn)
            }),
        );
        add("typo_columns", &mut misspelt().map(|(p, sn)| self.by_columns(p, &sn)));
        for class in BOXES {
            add(class, &mut practising().filter_map(|p| in_one_box(class, p)));
        }
        let letters: Vec<String> = ('a'..='z').chain('0'..='9').map(String::from).collect();
        add("one_letter", &mut letters.iter().map(|x| ldap(on_four(x))));
        add("present", &mut std::iter::once(ldap("(objectClass=*)".to_owned())));
        add("negation", &mut std::iter::once(ldap("(!(mail=*))".to_owned())));
        let sixty = self.contained.chunks_exact(60.min(self.contained.len()).max(1));
        add("or60", &mut sixty.map(|terms| ldap(format!("(|{})", terms.iter().map(|x| format!("(cn=*{x}*)")).collect::<String>()))));
        add("telephone", &mut (10..100).map(|x| ldap(format!("(telephoneNumber=*{x}*)"))));
        // What repeats itself, holds of nobody, or has no index anywhere.
        let long = ["(cn=*an*an*an*)", "(cn=*marie*marie*)", "(mail=*mssante.fr*mssante*)", "(!(objectClass=*))", "(telephoneNumber=*12*)"];
        add("scan", &mut long.iter().map(|filter| ldap((*filter).to_owned())));
        classes
    }

    fn by_words(&self, person: &Person, sn: &str) -> Question {
        let profession = person.professions.first().cloned().unwrap_or_default();
        let city = person.cities.first().cloned().unwrap_or_default();
        let words = |text: &str| annuaire::text::words(text).into_iter().map(|w| format!("{w}:*")).collect::<Vec<_>>();
        let asked = [words(sn), vec![format!("p{}", profession.to_lowercase())], words(&city)].concat();
        Question {
            alike: self.alike.get(&who(&person.sn, &profession, &city)).copied().unwrap_or_default(),
            rest: [("name", sn.to_owned()), ("profession", profession), ("city", city), ("limit", SHOWN.to_string())]
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            sql: vec![asked.join(" & ")],
            wanted: person.id.clone(),
            ..Question::default()
        }
    }

    fn by_columns(&self, person: &Person, sn: &str) -> Question {
        let city = person.cities.first().map(|c| fold(c)).unwrap_or_default();
        Question { sql: vec![city, person.professions.first().cloned().unwrap_or_default(), fold(sn)], ..self.by_words(person, sn) }
    }
}

/// What somebody types in the one box of `/v1/search`, each more precise than the one before, or of `/v1/suggest`.
fn in_one_box(class: &str, person: &Person) -> Option<Question> {
    let city = person.cities.first().filter(|city| !city.is_empty())?;
    let beginning = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    let more = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let (q, more) = match class {
        "rest_q1" => (person.sn.clone(), Vec::new()),
        "rest_q2" => (format!("{} {city}", person.sn), Vec::new()),
        "rest_q3" => (format!("dr {} {} {city}", person.given, person.sn), more("profession", person.professions.first()?)),
        "rest_typing" => (format!("{} {}", person.sn, beginning(&fold(city), 3)), Vec::new()),
        "rest_facets" => (format!("{} {city}", person.sn), more("facets", "true")),
        _ => (beginning(&fold(&person.sn), 2 + (number(&person.id) % 4) as usize), Vec::new()),
    };
    let rest = [vec![("q".to_owned(), q)], more].concat();
    Some(Question { rest, ..Question::default() })
}

/// Thunderbird's autocompletion of one word.
fn on_four(x: &str) -> String {
    format!("(|(cn=*{x}*)(mail=*{x}*)(givenName=*{x}*)(sn=*{x}*))")
}

/// Thunderbird's quick search, the group of one word.
fn twelve(x: &str) -> String {
    let [before, after] = [
        &["cn", "givenName", "sn", "mozillaNickname", "mail", "mozillaSecondEmail"][..],
        &["o", "ou", "title", "mozillaWorkUrl", "mozillaHomeUrl"],
    ]
    .map(|names| names.iter().map(|name| format!("({name}=*{x}*)")).collect::<String>());
    format!("(|{before}(&(description=*{x}*)){after})")
}

fn ascii_word(text: &str) -> Option<&str> {
    text.split([' ', '-', '\'']).next().filter(|w| w.len() >= 4 && w.bytes().all(|c| c.is_ascii_alphabetic()))
}

/// A given name and a surname, as somebody types them.
fn two_words(person: &Person) -> Option<(String, String)> {
    let (given, sn) = (ascii_word(&person.given)?, ascii_word(&person.sn)?);
    Some((given.to_lowercase(), sn.to_lowercase()))
}

/// A surname with one error: a letter too many, too few, another, or two in each other's place.
fn misspelt(sn: &str, at: usize) -> Option<String> {
    let folded = fold(sn);
    let word =
        folded.split([' ', '-', '\'']).max_by_key(|w| w.len()).filter(|w| w.len() >= 4 && w.bytes().all(|c| c.is_ascii_lowercase()))?;
    let chance = number((sn, at));
    let mut letters: Vec<char> = word.chars().collect();
    let place = (chance % (letters.len() as u64 - 1)) as usize;
    let letter = char::from(b'a' + (chance / 64 % 26) as u8);
    match at % 4 {
        0 => letters.insert(place, letter),
        1 => {
            letters.remove(place);
        }
        2 => *letters.get_mut(place)? = letter,
        _ => letters.swap(place, place + 1),
    }
    let wrong: String = letters.into_iter().collect();
    (wrong != word).then(|| folded.replacen(word, &wrong, 1))
}
