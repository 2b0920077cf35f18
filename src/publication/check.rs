//! From a mailbox as sent to an act of the store: every check that looks at the outside world, in the order of reference §3.3.
//!
//! Syntax and fields (001), domain (010, 011), test only (012), holders (020, 021, 023), structure (031), responsible person (040); then
//! the store looks at the mailbox itself (050 to 053). An operator learns nothing of an address before its domain is known to be its own.
//! Warnings go with an accepted act: names that differ (022), a structure that is unknown or no place of exercise of the holder (030).

use super::line::{Line, Operation, syntax};
use super::report::Warning;
use super::rules::{self, Has};
use crate::error::{Error, Kind, Result};
use crate::model::{Address, Attachment, Mailbox, MailboxState, MailboxType, is_test_domain};
use crate::store::{Act, HolderState, Patch, Presence, Stated, Store, Write, type_stays, unknown};
use crate::trust::Publisher;
use std::collections::{BTreeSet, HashMap};

/// An act with what is to be said of it.
pub(super) struct Checked {
    pub(super) write: Write,
    pub(super) warnings: Vec<Warning>,
}

/// Domains asked about already: a batch has few.
pub(super) type Domains = HashMap<String, Option<&'static str>>;

pub(super) struct Checks<'a> {
    pub(super) store: &'a Store,
    pub(super) publisher: &'a Publisher,
}

impl Checks<'_> {
    /// The act that a line asks for.
    pub(super) async fn act(&self, line: &Line, domains: &mut Domains) -> Result<Checked> {
        let text = line.address.given().ok_or_else(|| syntax("address", "obligatoire"))?;
        let address = Address::parse(text).map_err(|error| syntax("address", french(&error)))?;
        let operation = line.operation();
        match operation {
            Operation::Put | Operation::Create => self.put(line, address, operation == Operation::Create, domains).await,
            Operation::Update => self.update(line, address, domains).await,
            Operation::Delete | Operation::Suspend | Operation::Resume => {
                only_named(line)?;
                self.rest_or_close(operation, address, domains).await
            }
        }
    }

    async fn domain(&self, address: &Address, domains: &mut Domains) -> Result<()> {
        let domain = address.domain();
        let refusal = match domains.get(domain) {
            Some(known) => *known,
            None => {
                let refusal = match self.publisher.check_domain(self.store, domain).await {
                    Ok(()) => None,
                    Err(error) if error.kind() == Kind::Forbidden => Some(error.code()),
                    Err(error) => return Err(error),
                };
                domains.insert(domain.to_owned(), refusal);
                refusal
            }
        };
        refusal.map_or(Ok(()), |code| Err(crate::trust::domain_refusal(code)))
    }

    async fn put(&self, line: &Line, address: Address, new: bool, domains: &mut Domains) -> Result<Checked> {
        let kind = line.kind.given().ok_or_else(|| syntax("type", "obligatoire"))?;
        let kind = MailboxType::parse(kind).ok_or_else(|| syntax("type", "PER, ORG, APP ou CAB est attendu"))?;
        rules::check_fields(Has::of(line), kind)?;
        self.domain(&address, domains).await?;
        let test = self.test_flag(&address, line.test.flag())?;
        let mut warnings = Vec::new();
        let attachments = self.attachments(line, kind, None, &mut warnings).await?;
        self.responsible(line).await?;
        let stated = stated(line, test);
        let mailbox = Mailbox {
            state: stated.state.unwrap_or(MailboxState::Active),
            test: test.unwrap_or_default(),
            liste_rouge: stated.liste_rouge.unwrap_or_default(),
            zero_papier: stated.zero_papier.flatten(),
            phone: line.phone.text(),
            phone_opposed: stated.phone_opposed.unwrap_or_default(),
            responsible: line.responsible.text(),
            service: line.service.text(),
            description: line.description.text(),
            rank: line.rank.given().copied(),
            attachments,
            ..Mailbox::published_by(self.publisher.id(), address, kind)
        };
        let presence = if new { Presence::New } else { Presence::Any };
        Ok(self.checked(Act::Put { wished: Box::new(mailbox), stated, presence }, warnings))
    }

    async fn update(&self, line: &Line, address: Address, domains: &mut Domains) -> Result<Checked> {
        if let Some(kind) = line.kind.given()
            && MailboxType::parse(kind).is_none()
        {
            return Err(syntax("type", "PER, ORG, APP ou CAB est attendu"));
        }
        self.domain(&address, domains).await?;
        let test = self.test_flag(&address, line.test.flag())?;
        let own = self.store.own_mailbox(self.publisher.id(), &address).await?;
        let current = own.map(|own| own.mailbox).ok_or_else(unknown)?;
        let kind = current.kind;
        if line.kind.given().is_some_and(|given| MailboxType::parse(given) != Some(kind)) {
            return Err(type_stays());
        }
        rules::check_fields(left(line, &current), kind)?;
        let mut warnings = Vec::new();
        let attached =
            !(line.professional_id.is_absent() && line.holders.is_absent() && line.structure_id.is_absent() && line.structures.is_absent());
        let attachments = match attached {
            true => Some(self.attachments(line, kind, Some(&current), &mut warnings).await?),
            false => None,
        };
        self.responsible(line).await?;
        let rank = if line.rank.is_absent() { None } else { Some(line.rank.given().copied()) };
        let patch = Patch {
            phone: line.phone.patch(),
            responsible: line.responsible.patch(),
            service: line.service.patch(),
            description: line.description.patch(),
            rank,
            attachments,
            stated: stated(line, test),
        };
        Ok(self.checked(Act::Patch { address, kind, patch: Box::new(patch) }, warnings))
    }

    /// Deleting, and the two states that need no field. What an operator published in a domain that has left it, it may hide and
    /// delete still.
    async fn rest_or_close(&self, operation: Operation, address: Address, domains: &mut Domains) -> Result<Checked> {
        if operation == Operation::Resume {
            self.domain(&address, domains).await?;
        }
        let own = self.store.own_mailbox(self.publisher.id(), &address).await?;
        let Some(own) = own else {
            // The domain is looked at all the same, so that another's address and an unknown one of its own are told apart by it alone.
            self.domain(&address, domains).await?;
            return Err(unknown());
        };
        let state = match operation {
            Operation::Suspend => MailboxState::Suspended,
            Operation::Resume => MailboxState::Active,
            _ => return Ok(self.checked(Act::Close { address }, Vec::new())),
        };
        let patch = Patch { stated: Stated { state: Some(state), ..Stated::default() }, ..Patch::default() };
        Ok(self.checked(Act::Patch { address, kind: own.mailbox.kind, patch: Box::new(patch) }, Vec::new()))
    }

    fn checked(&self, act: Act, warnings: Vec<Warning>) -> Checked {
        Checked { write: Write { operator: self.publisher.id().to_owned(), act, batch: None, expected: None }, warnings }
    }

    /// What is said of `test`, after the domain's name and the operator's state; `None` keeps what the store has.
    fn test_flag(&self, address: &Address, given: Option<bool>) -> Result<Option<bool>> {
        if self.publisher.test_only() && given == Some(false) {
            let message = "opérateur provisoire : seules les boîtes de test sont admises";
            return Err(Error::new(Kind::Forbidden, "MSS-012", message).at_field("test"));
        }
        let forced = self.publisher.test_only() || is_test_domain(address.domain());
        Ok(if forced { Some(true) } else { given })
    }

    /// Each holder at each structure. Of an update that names only the ones, the others are those of the mailbox as it is.
    async fn attachments(
        &self,
        line: &Line,
        kind: MailboxType,
        current: Option<&Mailbox>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Attachment>> {
        let kept_holders = current.is_some() && line.professional_id.is_absent() && line.holders.is_absent();
        let kept_structures = current.is_some() && line.structure_id.is_absent() && line.structures.is_absent();
        let kept = |part: fn(&Attachment) -> Attachment| -> Vec<Attachment> {
            let parts = current.into_iter().flat_map(|mailbox| &mailbox.attachments).map(part);
            parts.collect::<BTreeSet<_>>().into_iter().filter(|a| *a != Attachment::default()).collect()
        };
        let (mut holders, mut people) = (Vec::new(), Vec::new());
        if kept_holders {
            holders = kept(|a| Attachment { professional: a.professional.clone(), ..Attachment::default() });
        } else {
            people = self.holders(line).await?;
            holders.extend(people.iter().map(|holder| Attachment { professional: holder.id.clone(), ..Attachment::default() }));
        }
        if let Some(message) = rules::compare_names(line, &people).filter(|_| !people.is_empty()) {
            warnings.push(Warning { code: "MSS-022", message, field: "family_name" });
        }
        if kept_holders && !kept_structures {
            // Not judged again: only where they exercise is asked.
            let ids: Vec<String> = holders.iter().map(|holder| holder.professional.clone()).collect();
            people = self.store.professional_states(&ids).await?;
        }
        let mut structures = Vec::new();
        if kept_structures {
            structures = kept(|a| Attachment { professional: String::new(), ..a.clone() });
        } else {
            for identifier in rules::structures(line) {
                structures.push(self.structure(identifier, kind, &people, warnings).await?);
            }
        }
        if structures.is_empty() {
            structures.push(Attachment::default());
        }
        if holders.is_empty() {
            return Ok(structures);
        }
        let each = |holder: &Attachment| {
            let professional = holder.professional.clone();
            structures.iter().map(move |structure| Attachment { professional: professional.clone(), ..structure.clone() })
        };
        Ok(holders.iter().flat_map(each).collect())
    }

    /// Holders, each known, in exercise and entitled.
    async fn holders(&self, line: &Line) -> Result<Vec<HolderState>> {
        let mut holders = Vec::new();
        for identifier in rules::holders(line) {
            let field = if line.professional_id.given().is_some_and(|id| id == identifier) { "professional_id" } else { "holders" };
            let candidates = rules::candidates(identifier);
            let known = self.store.professional_states(&candidates).await?;
            // In the order of the candidates: the identifier as given wins.
            let found = candidates.iter().find_map(|id| known.iter().find(|holder| holder.id == *id));
            holders.push(rules::check_holder(found, field)?.clone());
        }
        Ok(holders)
    }

    /// The attachment to a structure. An unknown one is kept as named: the key leads somewhere once an import brings it.
    async fn structure(
        &self,
        identifier: &str,
        kind: MailboxType,
        holders: &[HolderState],
        warnings: &mut Vec<Warning>,
    ) -> Result<Attachment> {
        let key = match self.store.structure_by_identifier(identifier).await?.filter(rules::told_structure) {
            Some(found) if found.closed => {
                return Err(Error::new(Kind::Unprocessable, "MSS-031", "cette structure est fermée").at_field("structure_id"));
            }
            Some(found) => {
                if kind == MailboxType::Per && holders.iter().any(|holder| !holder.structures.contains(&found.id)) {
                    let message = "cette structure n'est pas un lieu d'exercice connu du titulaire";
                    warnings.push(Warning { code: "MSS-030", message, field: "structure_id" });
                }
                found.key
            }
            None => {
                let message = "cette structure n'est dans aucun des fichiers chargés : elle est gardée telle quelle";
                warnings.push(Warning { code: "MSS-030", message, field: "structure_id" });
                rules::structure_key(identifier)
            }
        };
        Ok(Attachment { structure_kind: key.kind.code().to_owned(), structure_value: key.value, ..Attachment::default() })
    }

    /// Somebody: a name is taken at the operator's word, a number must be known.
    async fn responsible(&self, line: &Line) -> Result<()> {
        let Some(text) = line.responsible.given() else { return Ok(()) };
        rules::check_responsible(text)?;
        let Some(id) = rules::responsible_id(text) else { return Ok(()) };
        let known = self.store.professional_states(&rules::candidates(id)).await?;
        let identified = known.iter().any(|person| !person.closed && rules::told_person(person));
        if identified { Ok(()) } else { Err(rules::unidentifiable()) }
    }
}

/// What an update leaves of the fields that a type demands or refuses.
fn left(line: &Line, current: &Mailbox) -> Has {
    let given = Has::of(line);
    let text = |field: &super::field::Field<String>, current: &str| match field.is_absent() {
        true => !current.is_empty(),
        false => field.given().is_some(),
    };
    let holders = current.attachments.iter().map(|a| &a.professional).filter(|id| !id.is_empty()).collect::<BTreeSet<_>>().len();
    let structures = current.attachments.iter().filter(|a| !a.structure_kind.is_empty()).count();
    let same_holders = line.professional_id.is_absent() && line.holders.is_absent();
    let same_structures = line.structure_id.is_absent() && line.structures.is_absent();
    let from_extraction = holders == 0 && current.kind.held_by_people();
    Has {
        // One of the extraction may be without: it is not this update's to mend.
        holders: if same_holders { holders.min(1).max(usize::from(from_extraction)) } else { given.holders },
        structures: if same_structures { structures } else { given.structures },
        names: given.names,
        responsible: text(&line.responsible, &current.responsible),
        service: text(&line.service, &current.service),
        description: text(&line.description, &current.description),
    }
}

fn stated(line: &Line, test: Option<bool>) -> Stated {
    Stated {
        liste_rouge: line.liste_rouge.flag(),
        zero_papier: line.zero_papier.stated(),
        phone_opposed: line.phone_opposed.flag(),
        test,
        state: line.state.given().copied().map(MailboxState::from),
    }
}

/// A line that deletes or rests a mailbox names it and says nothing else.
fn only_named(line: &Line) -> Result<()> {
    let alone = Line { operation: line.operation, address: line.address.clone(), ..Line::default() };
    if *line == alone { Ok(()) } else { Err(syntax("", "cette opération ne prend que l'adresse")) }
}

fn french(error: &crate::model::InvalidAddress) -> &'static str {
    use crate::model::InvalidAddress as I;
    match error {
        I::At => "l'adresse n'a pas de @, ou en a plusieurs",
        I::Local => "ce qui précède le @ est vide, dépasse 64 octets ou contient un caractère interdit",
        I::Domain => "ce qui suit le @ n'est pas un nom de domaine",
        I::Patient => "une adresse sous patient.mssante.fr est celle d'un usager et n'est jamais gardée",
    }
}
