//! Any sequence of operations of two operators and an administrator ends in the state a simple model predicts, and each is answered as it
//! predicts.

use crate::store::seed::directory;
use annuaire::model::{Address, MailboxState};
use annuaire::publication::{Actor, MailboxFlags, Operation, Publication, Request};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ADDRESSES: [&str; 4] = ["a@un.mssante.fr", "elodie@un.mssante.fr", "a@deux.mssante.fr", "cabinet@deux.mssante.fr"];
const HOLDERS: [&str; 2] = ["810000000001", "810000000002"];
const OPERATORS: [&str; 2] = ["op1", "op2"];

#[derive(Clone, Debug)]
struct Step {
    who: usize,
    what: What,
    address: usize,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Create(usize),
    Put(usize),
    Phone(bool),
    Red(bool),
    Delete,
    Suspend,
    Resume,
    /// The administrator's liste rouge.
    Hold(bool),
}

/// What the model knows of an address.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    /// `None`: of the extraction.
    operator: Option<usize>,
    state: MailboxState,
    holder: String,
    per: bool,
    phone: bool,
    red: bool,
    held: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        (0..2usize).prop_map(What::Create),
        (0..2usize).prop_map(What::Put),
        any::<bool>().prop_map(What::Phone),
        any::<bool>().prop_map(What::Red),
        Just(What::Delete),
        Just(What::Suspend),
        Just(What::Resume),
        any::<bool>().prop_map(What::Hold),
    ];
    let step = (0..2usize, what, 0..ADDRESSES.len()).prop_map(|(who, what, address)| Step { who, what, address });
    proptest::collection::vec(step, 1..40)
}

/// The code a step is answered with, `ok` when accepted; moves the model.
fn predict(known: &mut BTreeMap<usize, Known>, step: &Step) -> &'static str {
    let there = known.get(&step.address).cloned();
    if let What::Hold(red) = step.what {
        let Some(known) = known.get_mut(&step.address) else { return "not_found" };
        (known.red, known.held) = (red, red);
        return "ok";
    }
    // `a@un` and `elodie@un` are the first operator's domain.
    if step.who != step.address / 2 {
        return "MSS-011";
    }
    let own = there.as_ref().is_some_and(|k| k.operator == Some(step.who) && k.state != MailboxState::Closed);
    match step.what {
        What::Create(holder) | What::Put(holder) => {
            let new = matches!(step.what, What::Create(_));
            if new && own {
                return "MSS-050";
            }
            let holder = HOLDERS[holder].to_owned();
            if let Some(k) = &there {
                if k.state == MailboxState::Closed && k.holder != holder {
                    return "MSS-053";
                }
                let in_use = k.state != MailboxState::Closed;
                if !k.per || (in_use && k.holder != holder) {
                    return "MSS-051";
                }
            }
            let before = there.unwrap_or(Known {
                operator: None,
                state: MailboxState::Active,
                holder: String::new(),
                per: true,
                phone: false,
                red: false,
                held: false,
            });
            let state = if before.state == MailboxState::Closed { MailboxState::Active } else { before.state };
            known.insert(step.address, Known { operator: Some(step.who), state, holder, phone: false, ..before });
            "ok"
        }
        _ if !own => "MSS-052",
        what => {
            let Some(k) = known.get_mut(&step.address) else { return "MSS-052" };
            match what {
                What::Phone(given) => k.phone = given,
                What::Red(red) => k.red = red || k.held,
                What::Delete => k.state = MailboxState::Closed,
                What::Suspend => k.state = MailboxState::Suspended,
                _ => k.state = MailboxState::Active,
            }
            "ok"
        }
    }
}

async fn carry_out(publication: &Publication, step: &Step) -> String {
    let address = ADDRESSES[step.address];
    if let What::Hold(red) = step.what {
        let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
        let flagged = publication.flag(&Address::parse(address).unwrap(), flags, "admin", 10).await;
        return flagged.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned());
    }
    let per = |holder: usize| format!(r#"{{"address":"{address}","type":"PER","professional_id":"{}"}}"#, HOLDERS[holder]);
    let (operation, path, body) = match step.what {
        What::Create(holder) => (Operation::Create, None, per(holder)),
        What::Put(holder) => (Operation::Put, Some(address), per(holder)),
        What::Phone(given) => (Operation::Update, Some(address), format!(r#"{{"phone":{}}}"#, if given { "\"01\"" } else { "null" })),
        What::Red(red) => (Operation::Update, Some(address), format!(r#"{{"liste_rouge":{red}}}"#)),
        What::Delete => (Operation::Delete, Some(address), String::new()),
        What::Suspend => (Operation::Suspend, Some(address), String::new()),
        What::Resume | What::Hold(_) => (Operation::Resume, Some(address), String::new()),
    };
    let request =
        Request { operation, address: path.map(str::to_owned), body: body.into_bytes(), expected: None, dry_run: false, key: None };
    let answer = publication.operate(OPERATORS[step.who], request, &Actor::from("test"), 10).await;
    answer.map_or_else(|error| error.code().to_owned(), |_| "ok".to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_ends_as_predicted(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let seeded = directory().await;
            let publication = Publication::new(seeded.store.clone());
            let extraction = |holder: &str| Known { operator: None, state: MailboxState::Active, holder: holder.to_owned(), per: true, phone: false, red: false, held: false };
            let mut known = BTreeMap::from([
                (1, extraction(HOLDERS[0])),
                (3, Known { operator: Some(1), per: false, ..extraction(HOLDERS[0]) }),
            ]);
            for step in &steps {
                let predicted = predict(&mut known, step);
                assert_eq!(carry_out(&publication, step).await, predicted, "{step:?} of {steps:?}");
            }
            for (at, address) in ADDRESSES.iter().enumerate() {
                let mailbox = seeded.store.mailbox(&Address::parse(address).unwrap()).await.unwrap();
                let found = mailbox.map(|m| (m.operator.clone(), m.state, !m.phone.is_empty(), m.liste_rouge, m.liste_rouge_held));
                let expected = known.get(&at).map(|k| (k.operator.map(|o| OPERATORS[o].to_owned()), k.state, k.phone, k.red, k.held));
                assert_eq!(found, expected, "{address} after {steps:?}");
            }
        });
    }
}
