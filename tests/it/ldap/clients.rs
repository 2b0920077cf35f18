//! What real clients send: the filters of a mail client word for word, the command-line tools, a scripting library that reads the schema.

use super::wire::{Client, search_request};
use super::world::{ACCOUNT, MAILBOXES, Running, SECRET, mailbox_dn, serve};
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapFilter, LdapMsg, LdapOp, LdapResultCode as Code, LdapSearchRequest, LdapSubstringFilter,
};
use std::process::{Command, Output};

pub fn bind(msgid: i32, dn: &str, password: &str) -> LdapMsg {
    let cred = LdapBindCred::Simple(password.to_owned());
    LdapMsg { msgid, op: LdapOp::BindRequest(LdapBindRequest { version: 3, dn: dn.to_owned(), cred }), ctrl: vec![] }
}

/// `(name=*piece*piece*)`
fn contains(name: &str, pieces: &[&str]) -> LdapFilter {
    let any = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    LdapFilter::Substring(name.to_owned(), LdapSubstringFilter { initial: None, any, final_: None })
}

/// Autocompletion in the compose window, as Thunderbird builds it: T the whole text, A its first word, B the rest.
/// `(|(cn=*T*)(mail=*T*)(givenName=*T*)(sn=*T*))`, `(|(cn=*A*B*)(mail=*A B*)(givenName=*A*)(sn=*A B*))`.
fn autocompletion(text: &str) -> LdapFilter {
    let words: Vec<&str> = text.splitn(2, ' ').collect();
    LdapFilter::Or(vec![contains("cn", &words), contains("mail", &[text]), contains("givenName", &words[..1]), contains("sn", &[text])])
}

/// Quick search of the address book: one group a word.
fn quick_search(text: &str) -> LdapFilter {
    const BEFORE: [&str; 6] = ["cn", "givenName", "sn", "mozillaNickname", "mail", "mozillaSecondEmail"];
    const AFTER: [&str; 5] = ["o", "ou", "title", "mozillaWorkUrl", "mozillaHomeUrl"];
    let group = |word: &str| {
        let term = |name: &&str| contains(name, &[word]);
        let description = LdapFilter::And(vec![contains("description", &[word])]);
        LdapFilter::Or(BEFORE.iter().map(term).chain([description]).chain(AFTER.iter().map(term)).collect())
    };
    LdapFilter::And(text.split(' ').map(group).collect())
}

#[tokio::test]
async fn a_mail_client_completes_names() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    client.bind("", "").await;
    let elodie = mailbox_dn("elodie.lefevre@medecin.exemple.fr");
    let jean = mailbox_dn("jean.martin@medecin.exemple.fr");
    for (typed, expected) in [
        ("lefe", &elodie),
        ("élodie", &elodie),
        ("elod", &elodie),
        ("lefevre elodie", &elodie),
        ("jean mar", &jean),
        ("martin jean", &jean),
        ("martin exemple", &jean),
        ("jean.martin@med", &jean),
    ] {
        assert_eq!(client.find_by(MAILBOXES, autocompletion(typed)).await, [expected.as_str()], "{typed}");
        let people = LdapFilter::And(vec![LdapFilter::Equality("objectClass".into(), "inetOrgPerson".into()), quick_search(typed)]);
        assert_eq!(client.find_by("dc=mssante,dc=fr", people).await, [expected.as_str()], "{typed}");
    }
    assert!(client.find_by(MAILBOXES, autocompletion("discret")).await.is_empty());
    // One letter: many match, some are shown, and the code is one the client takes for success.
    let (entries, result) = client.search(LdapSearchRequest { filter: autocompletion("a"), ..search_request(MAILBOXES, "(cn=*)") }).await;
    assert_eq!((entries.len(), result.code), (100, Code::SizeLimitExceeded));
}

pub async fn ldapsearch(running: &Running, arguments: &[&str]) -> Output {
    let uri = format!("ldap://{}", running.ldap);
    let mut command = Command::new("ldapsearch");
    command.args(["-LLL", "-o", "ldif-wrap=no", "-H", &uri]).args(arguments);
    run(command).await.expect("ldapsearch is installed (package ldap-utils)")
}

async fn run(mut command: Command) -> std::io::Result<Output> {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ldapsearch_finds_and_reports() {
    let (_world, running) = serve().await;
    let found = ldapsearch(&running, &["-x", "-b", MAILBOXES, "(cn=*lefevre*)", "mail", "cn"]).await;
    assert!(found.status.success(), "{found:?}");
    assert!(text(&found).contains("dn: mail=elodie.lefevre@medecin.exemple.fr,ou=bal,dc=mssante,dc=fr\n"), "{}", text(&found));
    assert!(text(&found).contains("mail: elodie.lefevre@medecin.exemple.fr\n"));

    let bound = ldapsearch(&running, &["-x", "-D", ACCOUNT, "-w", SECRET, "-b", MAILBOXES, "(TypeBAL=APP)", "1.1"]).await;
    assert!(bound.status.success() && text(&bound).contains("dn: mail=logiciel@ch.exemple.fr"), "{bound:?}");

    for (arguments, code) in [
        (&["-x", "-b", MAILBOXES, "(mail=*)", "1.1"][..], 4),
        (&["-x", "-z", "2", "-b", MAILBOXES, "(mail=*)", "1.1"], 4),
        (&["-x", "-b", "dc=nowhere", "(mail=*)"], 32),
        (&["-x", "-b", "nowhere", "(mail=*)"], 34),
        (&["-x", "-D", ACCOUNT, "-w", "wrong", "-b", MAILBOXES, "(mail=*)"], 49),
        (&["-x", "-E", "!pr=10/noprompt", "-b", MAILBOXES, "(sn=martin)"], 0),
        (&["-x", "-E", "!sss=-sn", "-b", MAILBOXES, "(sn=martin)"], 0),
        (&["-x", "-E", "!sss=nothing", "-b", MAILBOXES, "(sn=martin)"], 12),
        (&["-x", "-E", "pr=10/noprompt", "-b", MAILBOXES, "(sn=martin)"], 0),
        (&["-x", "-M", "-b", MAILBOXES, "(sn=martin)"], 0),
        (&["-x", "-s", "base", "-b", "", "+"], 0),
        (&["-x", "-s", "base", "-b", "cn=subschema", "+"], 0),
    ] {
        let output = ldapsearch(&running, arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    }
}

/// Reads the root DSE and the whole schema, then searches with names checked against it.
const SCRIPT: &str = r#"
import sys
from ldap3 import Server, Connection, ALL, SUBTREE
host, port, account, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
server = Server(host, port=port, get_info=ALL)
connection = Connection(server, auto_bind=True)
assert 'dc=mssante,dc=fr' in server.info.naming_contexts, server.info
assert server.info.supported_ldap_versions == ['3'], server.info
schema = server.schema
for name, kind in schema.attribute_types.items():
    assert kind.syntax in schema.ldap_syntaxes, (name, kind.syntax)
    for rule in (kind.equality or []) + (kind.ordering or []) + (kind.substring or []) if isinstance(kind.equality, list) else []:
        assert rule in schema.matching_rules, (name, rule)
    for above in kind.superior or []:
        assert above in schema.attribute_types, (name, above)
for name, kind in schema.object_classes.items():
    for attribute in list(kind.must_contain or []) + list(kind.may_contain or []):
        assert attribute in schema.attribute_types, (name, attribute)
    for above in kind.superior or []:
        assert above in schema.object_classes, (name, above)
assert 'mssBal' in schema.object_classes and 'TypeBAL' in schema.attribute_types
assert connection.search('ou=bal,dc=mssante,dc=fr', '(&(sn=lefevre)(TypeBAL=PER))', SUBTREE, attributes=['cn', 'mail', 'sn'])
entry = connection.entries[0]
assert entry.mail.value == 'elodie.lefevre@medecin.exemple.fr', entry
assert entry.sn.value == 'LEFÈVRE', entry
assert connection.extend.standard.who_am_i() in (None, ''), connection.result
bound = Connection(server, user=account, password=secret, auto_bind=True)
assert bound.extend.standard.who_am_i() == 'dn:' + account, bound.result
assert bound.compare('ou=bal,dc=mssante,dc=fr', 'ou', 'bal')
bound.unbind()
print('done')
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_ldap3_reads_the_schema() {
    let (_world, running) = serve().await;
    let arguments = [running.ldap.ip().to_string(), running.ldap.port().to_string(), ACCOUNT.to_owned(), SECRET.to_owned()];
    let mut command = Command::new("/usr/bin/python3");
    command.arg("-c").arg(SCRIPT).args(arguments);
    let output = run(command).await.expect("python3 with ldap3 is installed (package python3-ldap3)");
    assert!(output.status.success() && text(&output) == "done\n", "{}", String::from_utf8_lossy(&output.stderr));
}
