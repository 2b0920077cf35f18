//! Searches over the wire: places and scopes, filters, selection, limits, audiences.

use super::clients::ldapsearch;
use super::wire::{Client, names, search_request, values};
use super::world::{ACCOUNT, FILLERS, MAILBOXES, SECRET, World, mailbox_dn, serve, settings};
use ldap3_proto::proto::{LdapFilter, LdapResultCode as Code, LdapSearchRequest, LdapSearchScope as Scope};

const ROOT: &str = "dc=mssante,dc=fr";
const PEOPLE: &str = "ou=professionnels,dc=annuaire,dc=sante,dc=fr";
const PLACES: &str = "ou=structures,dc=annuaire,dc=sante,dc=fr";

fn at(base: &str, scope: Scope, filter: &str) -> LdapSearchRequest {
    LdapSearchRequest { scope, ..search_request(base, filter) }
}

#[tokio::test]
async fn scopes_and_places() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let elodie = mailbox_dn("elodie.lefevre@medecin.exemple.fr");
    let beyond = format!("cn=x,{elodie}");
    let named = "(|(sn=lefevre)(objectClass=domain)(objectClass=organizationalUnit))";
    for (base, scope, expected) in [
        (ROOT, Scope::Base, vec![ROOT]),
        (ROOT, Scope::OneLevel, vec![MAILBOXES]),
        (ROOT, Scope::Subtree, vec![ROOT, elodie.as_str(), MAILBOXES]),
        (MAILBOXES, Scope::OneLevel, vec![elodie.as_str()]),
        (MAILBOXES, Scope::Subtree, vec![elodie.as_str(), MAILBOXES]),
        ("", Scope::Subtree, vec![ROOT, elodie.as_str(), MAILBOXES]),
        ("", Scope::OneLevel, vec!["dc=annuaire,dc=sante,dc=fr", ROOT]),
        ("dc=annuaire,dc=sante,dc=fr", Scope::OneLevel, vec![PEOPLE, PLACES]),
        (PEOPLE, Scope::OneLevel, vec!["uid=810000000001,ou=professionnels,dc=annuaire,dc=sante,dc=fr"]),
        (&elodie, Scope::Base, vec![elodie.as_str()]),
        (&elodie, Scope::Subtree, vec![elodie.as_str()]),
        (&elodie, Scope::OneLevel, vec![]),
        ("MAIL=Elodie.Lefevre@Medecin.Exemple.FR, ou=BAL , DC=mssante,dc=fr", Scope::Base, vec![elodie.as_str()]),
        ("uid=f990000001,ou=structures,dc=annuaire,dc=sante,dc=fr", Scope::OneLevel, vec![]),
    ] {
        let (entries, result) = client.search(at(base, scope.clone(), named)).await;
        let mut found: Vec<_> = entries.iter().map(|e| e.dn.as_str()).collect();
        found.sort_unstable();
        assert_eq!((found, result.code), (expected, Code::Success), "{base} {scope:?}");
    }
    for (base, code, matched) in [
        ("mail=personne@exemple.fr,ou=bal,dc=mssante,dc=fr", Code::NoSuchObject, MAILBOXES),
        ("mail=rosa.discret@medecin.exemple.fr,ou=bal,dc=mssante,dc=fr", Code::NoSuchObject, MAILBOXES),
        (&beyond, Code::NoSuchObject, &elodie),
        ("ou=comptes,dc=mssante,dc=fr", Code::NoSuchObject, ROOT),
        (ACCOUNT, Code::NoSuchObject, ROOT),
        ("cn=config", Code::NoSuchObject, ""),
        ("dc=fr", Code::NoSuchObject, ""),
        ("ou=", Code::InvalidDNSyntax, ""),
        ("somewhere", Code::InvalidDNSyntax, ""),
    ] {
        let (entries, result) = client.search(search_request(base, "(objectClass=*)")).await;
        assert_eq!((entries.len(), result.code, result.matcheddn.as_str()), (0, code, matched), "{base}");
    }
}

/// Every kind of filter, as the standard command-line tool encodes its text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters() {
    let (_world, running) = serve().await;
    let elodie = mailbox_dn("elodie.lefevre@medecin.exemple.fr");
    let jean = mailbox_dn("jean.martin@medecin.exemple.fr");
    let office = mailbox_dn("secretariat@ch.exemple.fr");
    for (text, expected) in [
        ("(sn=LEFEVRE)", vec![&elodie]),
        ("(sn=lefèvre)", vec![&elodie]),
        ("(cn=*lodie*lef*)", vec![&elodie]),
        ("(mail=JEAN.MARTIN@medecin.exemple.fr)", vec![&jean]),
        ("(&(sn=martin)(l=exempleville))", vec![&jean]),
        ("(|(sn=martin)(mozillaNickname=*a*)(sn=lefevre))", vec![&elodie, &jean]),
        ("(&(sn=martin)(mozillaNickname=*a*))", vec![]),
        ("(&(sn=martin)(!(mozillaNickname=*a*)))", vec![]),
        ("(TypeBAL=ORG)", vec![&office]),
        ("(&(objectClass=mssBalStructure)(o=ch*))", vec![&office]),
        ("(surname=martin)", vec![&jean]),
        ("(2.5.4.4=martin)", vec![&jean]),
        ("(name=martin)", vec![&jean]),
        ("(cn~=martin)", vec![&jean]),
        ("(telephoneNumber=abc*)", vec![]),
        ("(sn:caseIgnoreMatch:=martin)", vec![&jean]),
        ("(sn:caseExactMatch:=martin)", vec![]),
        ("(:caseIgnoreMatch:=martin)", vec![&jean]),
        ("(cn=martin jean)", vec![&jean]),
        ("(cn=jean*mart*exemple*)", vec![&jean]),
        ("(sn>=a)", vec![]),
        ("(modifyTimestamp>=20260101000000Z)", vec![&elodie, &jean, &office]),
        ("(modifyTimestamp<=20260101000000Z)", vec![]),
        ("(ou:dn:=bal)", vec![&elodie, &jean, &office]),
        ("(objectClass=person)", vec![&elodie, &jean]),
        ("(objectClass=2.5.6.6)", vec![&elodie, &jean]),
        ("(objectGUID=\\a1\\ff)", vec![]),
        ("(!(sn=LEF\\c8VRE))", vec![]),
        ("(sn;lang-fr=martin)", vec![]),
        ("(member:1.2.840.113556.1.4.1941:=cn=x)", vec![]),
        ("(mail=é*)", vec![]),
        ("(responsible=*)", vec![]),
        ("(cn=*cachée*)", vec![]),
        ("(sn=discret)", vec![]),
        ("(mail=*discret*)", vec![]),
    ] {
        let whole = format!("(&(!(sn=remplissage*)){text})");
        let output = ldapsearch(&running, &["-x", "-s", "one", "-b", MAILBOXES, &whole, "1.1"]).await;
        assert_eq!(output.status.code(), Some(0), "{text}: {output:?}");
        let ldif = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut found: Vec<_> = ldif.lines().filter_map(|line| line.strip_prefix("dn: ")).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
}

/// Both orders of a name are values of cn; runs of blanks count as one.
#[tokio::test]
async fn whole_names_in_either_order() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    for name in ["jean martin", "MARTIN Jean", " Jean  Martin "] {
        let found = client.find_by(MAILBOXES, LdapFilter::Equality("cn".into(), name.into())).await;
        assert_eq!(found, [mailbox_dn("jean.martin@medecin.exemple.fr")], "{name}");
    }
}

/// Absolute true and false (RFC 4526), and negations of them.
#[tokio::test]
async fn empty_sets_of_terms() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let none = LdapFilter::Or(vec![]);
    assert!(client.find_by(MAILBOXES, none.clone()).await.is_empty());
    let jean =
        LdapFilter::And(vec![LdapFilter::And(vec![]), LdapFilter::Not(Box::new(none)), LdapFilter::Equality("sn".into(), "martin".into())]);
    assert_eq!(client.find_by(MAILBOXES, jean).await, [mailbox_dn("jean.martin@medecin.exemple.fr")]);
}

#[tokio::test]
async fn selection() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let mut ask = async |attributes: &[&str], typesonly: bool| {
        let attrs = attributes.iter().map(|a| (*a).to_owned()).collect();
        let (mut entries, _) = client.search(LdapSearchRequest { attrs, typesonly, ..search_request(MAILBOXES, "(sn=martin)") }).await;
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    };
    let all = ask(&[], false).await;
    assert!(names(&all).contains(&"cn") && names(&all).contains(&"objectClass") && !names(&all).contains(&"entryUUID"));
    assert_eq!(values(&all, "mail"), ["jean.martin@medecin.exemple.fr"]);
    assert_eq!(values(&all, "sn"), ["MARTIN"]);
    assert_eq!(ask(&["*"], false).await, all);
    let operational = ask(&["+"], false).await;
    assert!(names(&operational).contains(&"entryUUID") && !names(&operational).contains(&"cn"));
    assert_eq!(values(&operational, "entryDN"), [mailbox_dn("jean.martin@medecin.exemple.fr")]);
    assert_eq!(values(&operational, "modifyTimestamp"), ["20260102030405Z"]);
    assert_eq!(ask(&["*", "+"], false).await.attributes.len(), all.attributes.len() + operational.attributes.len());
    assert!(ask(&["1.1"], false).await.attributes.is_empty());
    assert_eq!(names(&ask(&["1.1", "SURNAME", "sn", "unheardOf"], false).await), ["sn"]);
    assert_eq!(names(&ask(&["entryuuid", "2.5.4.4"], false).await), ["sn", "entryUUID"]);
    let bare = ask(&["mail", "sn"], true).await;
    assert_eq!(names(&bare), ["sn", "mail"]);
    assert!(bare.attributes.iter().all(|a| a.vals.is_empty()));
}

#[tokio::test]
async fn limits_end_with_partial_results() {
    let (world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let fillers = |sizelimit| LdapSearchRequest { sizelimit, ..search_request(MAILBOXES, "(mail=*@remplissage.exemple.fr)") };
    let mut count = async |request| {
        let (entries, result) = client.search(request).await;
        (entries.len(), result.code)
    };
    assert_eq!(count(fillers(0)).await, (100, Code::SizeLimitExceeded));
    assert_eq!(count(fillers(5)).await, (5, Code::SizeLimitExceeded));
    assert_eq!(count(fillers(1_000)).await, (100, Code::SizeLimitExceeded));
    let one = |sizelimit| LdapSearchRequest { sizelimit, ..search_request(MAILBOXES, "(sn=martin)") };
    assert_eq!(count(one(1)).await, (1, Code::Success), "a limit equal to the number of matches is no excess");
    // Base entries count too.
    let both = |sizelimit| LdapSearchRequest { sizelimit, ..search_request(MAILBOXES, "(|(sn=martin)(ou=bal))") };
    assert_eq!(count(both(1)).await, (1, Code::SizeLimitExceeded));
    assert_eq!(count(both(2)).await, (2, Code::Success));

    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::Success);
    let (entries, result) = client.search(fillers(0)).await;
    assert_eq!((entries.len(), result.code), (FILLERS, Code::Success));

    let mut tight = settings();
    tight.limits.anonymous_entries = 3;
    tight.limits.account_entries = 7;
    let running = world.serve(tight).await;
    let mut client = Client::connect(running.ldap).await;
    assert_eq!(client.search(fillers(0)).await.0.len(), 3);
    client.bind(ACCOUNT, SECRET).await;
    assert_eq!(client.search(fillers(0)).await.0.len(), 7);
}

#[tokio::test]
async fn audiences_see_their_own() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    assert_eq!(client.find(MAILBOXES, "(TypeBAL=APP)").await, Vec::<String>::new());
    client.bind(ACCOUNT, SECRET).await;
    assert_eq!(client.find(MAILBOXES, "(TypeBAL=APP)").await, [mailbox_dn("logiciel@ch.exemple.fr")]);
    client.bind(ACCOUNT, "wrong").await;
    assert_eq!(client.find(MAILBOXES, "(TypeBAL=APP)").await, Vec::<String>::new());
}

#[tokio::test]
async fn root_dse_and_subschema() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let root = |attrs: &[&str]| LdapSearchRequest {
        attrs: attrs.iter().map(|a| (*a).to_owned()).collect(),
        ..at("", Scope::Base, "(objectClass=*)")
    };
    let (entries, result) = client.search(root(&["*", "+"])).await;
    assert_eq!((entries.len(), result.code), (1, Code::Success));
    let dse = &entries[0];
    assert_eq!(dse.dn, "");
    assert_eq!(values(dse, "namingContexts"), [ROOT, "dc=annuaire,dc=sante,dc=fr"]);
    assert_eq!(values(dse, "supportedLDAPVersion"), ["3"]);
    assert_eq!(values(dse, "supportedExtension"), ["1.3.6.1.4.1.4203.1.11.3"]);
    assert_eq!(values(dse, "subschemaSubentry"), ["cn=subschema"]);
    let (entries, _) = client.search(root(&["SUPPORTEDldapVERSION"])).await;
    assert_eq!(names(&entries[0]), ["supportedLDAPVersion"]);
    let (entries, _) = client.search(at("", Scope::Base, "(sn=x)")).await;
    assert!(entries.is_empty(), "the root DSE is subject to the filter");
    for text in ["(objectClass=subschema)", "(objectClass=*)"] {
        let request =
            LdapSearchRequest { attrs: vec!["attributeTypes".to_owned(), "+".to_owned()], ..at("cn=Subschema", Scope::Base, text) };
        let (entries, _) = client.search(request).await;
        assert!(values(&entries[0], "attributeTypes").iter().any(|t| t.contains("'TypeBAL'")));
        assert!(values(&entries[0], "objectClasses").iter().any(|t| t.contains("'mssBal'")));
    }
}

#[tokio::test]
async fn a_closed_gate_answers_unavailable() {
    let world = World::new().await;
    world.gate.close("catching up");
    let running = world.serve(settings()).await;
    let mut client = Client::connect(running.ldap).await;
    for base in [MAILBOXES, &mailbox_dn("jean.martin@medecin.exemple.fr"), ROOT] {
        let (entries, result) = client.search(search_request(base, "(objectClass=*)")).await;
        assert_eq!((entries.len(), result.code), (0, Code::Unavailable), "{base}");
    }
    let (entries, _) = client.search(at("", Scope::Base, "(objectClass=*)")).await;
    assert_eq!(entries.len(), 1, "the root DSE says nothing of anybody");
    world.gate.open();
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
}
