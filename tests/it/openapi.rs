//! What the OpenAPI document promises, tried by a stranger: schemathesis makes requests from it, right ones and wrong ones, and holds every
//! answer to it. No request may fail the server, and no answer may be of a status, a media type or a shape that the document does not tell.

use crate::harness::{TestDirectory, repository};
use crate::operators::world::key;
use annuaire::model::{Audience, OperatorState, Role};
use annuaire::settings::Settings;
use annuaire::trust::{Accounts, Operators};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where `./check` installs it, else wherever the caller has it.
fn schemathesis() -> PathBuf {
    let installed = repository("target/schemathesis/bin/schemathesis");
    if installed.is_file() { installed } else { PathBuf::from("schemathesis") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_the_document_tells() {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    // It is one source, asks fast, and is wrong on purpose.
    limits.failed_credentials_per_minute = 1_000_000;
    (limits.anonymous_mailboxes_per_hour, limits.anonymous_mailboxes_per_day) = (1_000_000, 1_000_000);
    limits.account_mailboxes_per_day = 1_000_000;
    let directory = TestDirectory::demo_with(&settings).await;
    let accounts = Accounts::new(directory.store.clone());
    let mut secrets = Vec::new();
    for (name, role) in [("administrateur", Role::Administrateur), ("autorite", Role::AutoriteSanitaire)] {
        let made = accounts.add_with_certificates(name, Audience::Professional, role, Vec::new(), [secrets.len() as u8 + 1; 32], 0).await;
        secrets.push(made.expect("an account").1.reveal().to_owned());
    }
    let operators = Operators::new(directory.store.clone());
    let page = operators.page("", 100).await.expect("operators");
    let in_force = page.into_iter().find(|operator| operator.state == OperatorState::Valide).expect("an operator in force");
    let operator_key = key(&operators, &in_force.id, 9).await;

    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(schemathesis());
    command.current_dir(folder.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.env("SECRET", &directory.secret).env("OPERATOR_KEY", operator_key);
    command.env("ADMINISTRATOR", &secrets[0]).env("AUTHORITY", &secrets[1]);
    command.arg("--config-file").arg(repository("tests/clients/schemathesis.toml"));
    command.arg("run").arg(format!("http://{}/openapi.json", directory.http));
    let output = tokio::task::block_in_place(|| command.output()).expect("schemathesis runs: ./check installs it");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.contains("generated,"), "it tried nothing: {out}");
}
