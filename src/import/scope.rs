//! What an import of the next edition compares with the store: everything that lines which came or went speak of, and what hangs on it.
//!
//! A thing is left out only when all that decides it is as the last run saw it: the rows that speak of it, the mailboxes attached to it,
//! the keys that name it, and whether a rejected row protects it.

use super::fingerprint::join;
use super::memory::Ends;
use crate::error::Result;
use crate::store::Store;
use crate::store::import::{Candidate, Scope, SourceFile};
use std::collections::{BTreeSet, HashSet};

/// Things to be compared.
#[derive(Debug, Default)]
pub(super) struct Affected {
    pub people: HashSet<String>,
    pub structures: HashSet<String>,
    /// Kind and value, see [`join`].
    pub keys: HashSet<String>,
    pub mailboxes: HashSet<String>,
    /// Mailboxes that others wrote. One may have named its structure by another key of it, which nothing tells.
    pub rewritten: HashSet<String>,
    /// Structures that the mailbox file describes in rows that are new: they count where file 1 does not own them.
    pub described: HashSet<String>,
    /// People whose structures are kept by a rejected row, or were.
    pub keepers: HashSet<String>,
}

impl Affected {
    /// By the name of a line's mark, whose first letter tells what it is.
    pub fn add(&mut self, name: &str) {
        let (kind, value) = name.split_at_checked(1).unwrap_or_default();
        let set = match kind {
            "P" => &mut self.people,
            "M" => &mut self.mailboxes,
            "S" => &mut self.structures,
            "K" => &mut self.keys,
            _ => return,
        };
        if !set.contains(value) {
            set.insert(value.to_owned());
        }
    }

    /// By what somebody else changed.
    pub fn touch(&mut self, kind: &str, key: &str) {
        match kind {
            "professional" => self.people.insert(key.to_owned()),
            "structure" => self.structures.insert(key.to_owned()),
            "mailbox" => {
                self.rewritten.insert(key.to_owned());
                self.mailboxes.insert(key.to_owned())
            }
            // Labels, domains and operators are compared whole; a rebuild changes nothing.
            _ => false,
        };
    }

    pub fn holds(&self, name: &str) -> bool {
        let (kind, value) = name.split_at_checked(1).unwrap_or_default();
        match kind {
            "P" => self.people.contains(value),
            "M" => self.mailboxes.contains(value),
            "S" => self.structures.contains(value),
            "K" => self.keys.contains(value),
            _ => false,
        }
    }

    /// Keys of rejected rows.
    pub fn protect(&mut self, protected: &[(SourceFile, String)]) {
        for (file, key) in protected {
            match file {
                SourceFile::PersonneActivite => {
                    self.people.insert(key.clone());
                    self.keepers.insert(key.clone());
                }
                SourceFile::SavoirFaire => {
                    self.people.insert(key.clone());
                }
                SourceFile::Mailboxes => {
                    self.mailboxes.insert(key.clone());
                }
                SourceFile::ListeBlanche => {}
            }
        }
    }

    /// Is this statement about something compared? Labels are settled apart.
    pub fn wants(&self, candidate: &Candidate<'_>) -> bool {
        match *candidate {
            Candidate::Person(person) => self.people.contains(&person.id),
            Candidate::Exercise { professional, .. } | Candidate::Expertise { professional, .. } => self.people.contains(professional),
            Candidate::Activity(activity) => self.people.contains(&activity.professional),
            Candidate::Structure { structure, key: None } => self.structures.contains(&structure.id),
            Candidate::Structure { key: Some(key), .. } | Candidate::StructureKey { key, .. } => {
                self.keys.contains(&join(key.kind.code(), &key.value))
            }
            Candidate::Mailbox { address, .. } => self.mailboxes.contains(address.as_str()),
            Candidate::Attachment { mailbox, .. } => self.mailboxes.contains(mailbox.as_str()),
            Candidate::Label { .. } | Candidate::Domain { .. } | Candidate::Operator(_) | Candidate::Certificate { .. } => false,
        }
    }

    /// Adds what hangs on what is there, as the store and the last run know it. Returns what rows that are not read again say of the
    /// keys: which structures of file 1, not compared themselves, carry them.
    pub async fn close(&mut self, store: &Store, ends: &Ends) -> Result<Vec<(String, String)>> {
        let keepers: Vec<String> = self.keepers.iter().cloned().collect();
        self.structures.extend(store.structures_worked_at(&keepers).await?);
        let described: Vec<String> = self.described.iter().cloned().collect();
        let owned: HashSet<String> = store.structures_in_rpps(&described).await?.into_iter().collect();
        self.structures.extend(described.into_iter().filter(|id| !owned.contains(id)));
        let rewritten: Vec<String> = self.rewritten.iter().cloned().collect();
        let attached = store.attached_to(&rewritten).await?;
        let named: Vec<_> = attached.iter().map(|(_, kind, value)| (kind.as_str(), value.as_str())).collect();
        let sites: Vec<String> = store.named_by(&named).await?.into_iter().map(|(_, _, structure, _)| structure).collect();
        self.keys.extend(store.keys_of(&sites).await?.iter().map(|(kind, value)| join(kind, value)));
        let (mut mailboxes, mut structures, mut keys) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut claims = BTreeSet::new();
        loop {
            let new = take_new(&self.mailboxes, &mut mailboxes);
            for (professional, kind, value) in store.attached_to(&new).await? {
                if !professional.is_empty() {
                    self.people.insert(professional);
                }
                if !kind.is_empty() {
                    self.keys.insert(join(&kind, &value));
                }
            }
            let new = take_new(&self.structures, &mut structures);
            for (kind, value) in store.keys_of(&new).await? {
                self.keys.insert(join(&kind, &value));
            }
            let new: HashSet<String> = new.into_iter().collect();
            for (kind, value, _) in ends.shared.iter().filter(|(_, _, all)| all.iter().any(|id| new.contains(id))) {
                self.keys.insert(join(kind, value));
            }
            let new = take_new(&self.keys, &mut keys);
            if new.is_empty() {
                break;
            }
            let pairs: Vec<_> = new.iter().filter_map(|key| key.split_once('\0')).collect();
            for (kind, value, structure, in_rpps) in store.named_by(&pairs).await? {
                if in_rpps {
                    claims.insert((join(&kind, &value), structure));
                } else {
                    self.structures.insert(structure);
                }
            }
        }
        let former: HashSet<String> = ends.former.iter().map(|(kind, value)| join(kind, value)).collect();
        claims.retain(|(key, _)| !former.contains(key));
        for (kind, value, all) in &ends.shared {
            let key = join(kind, value);
            if self.keys.contains(&key) {
                claims.extend(all.iter().map(|id| (key.clone(), id.clone())));
            }
        }
        Ok(claims.into_iter().filter(|(_, structure)| !self.structures.contains(structure)).collect())
    }

    pub fn to_scope(&self) -> Scope {
        let sorted = |set: &HashSet<String>| set.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let keys: BTreeSet<_> = self.keys.iter().filter_map(|key| key.split_once('\0')).collect();
        Scope {
            people: sorted(&self.people),
            structures: sorted(&self.structures),
            keys: keys.into_iter().map(|(kind, value)| (kind.to_owned(), value.to_owned())).collect(),
            mailboxes: sorted(&self.mailboxes),
        }
    }
}

/// What is in `all` and was not in `done`, sorted; it is then.
fn take_new(all: &HashSet<String>, done: &mut HashSet<String>) -> Vec<String> {
    let mut new: Vec<String> = all.difference(done).cloned().collect();
    new.sort_unstable();
    done.extend(new.iter().cloned());
    new
}
