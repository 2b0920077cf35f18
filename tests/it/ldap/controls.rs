//! Paged results and server-side sorting over the wire, with the control values as bytes.

use super::wire::{Client, element, filter, search_request};
use super::world::{ACCOUNT, FILLERS, MAILBOXES, Running, SECRET, World, mailbox_dn, serve, settings};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapOp, LdapResultCode as Code, LdapSearchRequest, LdapSearchScope as Scope};

const PAGED: &str = "1.2.840.113556.1.4.319";
const SORT: &str = "1.2.840.113556.1.4.473";
const SORTED: &str = "1.2.840.113556.1.4.474";

fn control(oid: &str, criticality: bool, value: Option<Vec<u8>>) -> LdapControl {
    LdapControl::Unknown { oid: oid.to_owned(), criticality, value }
}

fn paged(size: u8, cookie: &[u8]) -> LdapControl {
    control(PAGED, true, Some(element(0x30, &[&[2, 1, size], &element(4, &[cookie])])))
}

/// Keys as (attribute, rule, reverse).
fn sort(critical: bool, keys: &[(&str, Option<&str>, bool)]) -> LdapControl {
    let keys: Vec<u8> = keys
        .iter()
        .flat_map(|(attribute, rule, reverse)| {
            let rule = rule.map_or(Vec::new(), |rule| element(0x80, &[rule.as_bytes()]));
            let reverse = if *reverse { vec![0x81, 1, 0xff] } else { Vec::new() };
            element(0x30, &[&element(4, &[attribute.as_bytes()]), &rule, &reverse])
        })
        .collect();
    control(SORT, critical, Some(element(0x30, &[&keys])))
}

/// What a search with controls gave.
struct Given {
    dns: Vec<String>,
    code: Code,
    /// Of the paged response, when there is one.
    cookie: Option<Vec<u8>>,
    /// Value of the sort response.
    sorted: Option<Vec<u8>>,
}

async fn ask(client: &mut Client, request: LdapSearchRequest, controls: Vec<LdapControl>) -> Given {
    let id = client.send_with(LdapOp::SearchRequest(request), controls).await;
    let mut dns = Vec::new();
    loop {
        let answer = client.next().await.expect("an answer");
        assert_eq!(answer.msgid, id);
        match answer.op {
            LdapOp::SearchResultEntry(entry) => dns.push(entry.dn),
            LdapOp::SearchResultDone(done) => {
                let mut given = Given { dns, code: done.code, cookie: None, sorted: None };
                for control in answer.ctrl {
                    match control {
                        LdapControl::SimplePagedResults { size, cookie } => {
                            assert_eq!(size, 0, "no estimate is given");
                            given.cookie = Some(cookie);
                        }
                        LdapControl::Unknown { oid, value, criticality } if oid == SORTED => {
                            assert!(!criticality);
                            given.sorted = value;
                        }
                        // The crate reads a sort response only in the form it writes itself; an absent attribute is read the same.
                        LdapControl::ServerSortResult { sort_result } => {
                            given.sorted = Some(vec![0x30, 3, 10, 1, sort_result.result_code as u8])
                        }
                        other => panic!("{other:?}"),
                    }
                }
                return given;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn mailboxes(text: &str) -> LdapSearchRequest {
    LdapSearchRequest { attrs: vec!["1.1".into()], ..search_request(MAILBOXES, text) }
}

/// All pages; the last code is success and its cookie empty.
async fn walk(client: &mut Client, request: &LdapSearchRequest, size: u8, more: &[LdapControl]) -> Vec<String> {
    let (mut all, mut cookie) = (Vec::new(), Vec::new());
    loop {
        let controls = [vec![paged(size, &cookie)], more.to_vec()].concat();
        let given = ask(client, request.clone(), controls).await;
        assert_eq!(given.code, Code::Success);
        assert!(given.dns.len() <= usize::from(size));
        all.extend(given.dns);
        cookie = given.cookie.expect("a paged response");
        if cookie.is_empty() {
            return all;
        }
        // Other operations may run between pages.
        assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
    }
}

async fn account(running: &Running) -> Client {
    let mut client = Client::connect(running.ldap).await;
    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::Success);
    client
}

#[tokio::test]
async fn an_account_reads_everything_page_by_page() {
    let (_world, running) = serve().await;
    let mut client = account(&running).await;
    let all = walk(&mut client, &mailboxes("(mail=*)"), 17, &[]).await;
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((all.len(), distinct.len()), (FILLERS + 4, FILLERS + 4));
    assert!(!all.iter().any(|dn| dn.contains("discret")));
    // Base entries come once, first; the whole tree is one walk.
    let whole = LdapSearchRequest { base: "dc=mssante,dc=fr".into(), ..mailboxes("(objectClass=*)") };
    for size in [1, 3, 100] {
        let all = walk(&mut client, &whole, size, &[]).await;
        assert_eq!(all[..2], ["dc=mssante,dc=fr", "ou=bal,dc=mssante,dc=fr"], "{size}");
        assert_eq!(all.len(), FILLERS + 6, "{size}");
    }
    let contexts = LdapSearchRequest { base: String::new(), scope: Scope::OneLevel, ..mailboxes("(objectClass=*)") };
    assert_eq!(walk(&mut client, &contexts, 1, &[]).await, ["dc=mssante,dc=fr", "dc=annuaire,dc=sante,dc=fr"]);
    // One entry, nothing at all: a response with an empty cookie all the same.
    let one = LdapSearchRequest { base: mailbox_dn("jean.martin@medecin.exemple.fr"), scope: Scope::Base, ..mailboxes("(mail=*)") };
    assert_eq!(walk(&mut client, &one, 1, &[]).await.len(), 1);
    assert!(walk(&mut client, &mailboxes("(sn=nobody)"), 1, &[]).await.is_empty());
}

#[tokio::test]
async fn the_client_s_size_limit_counts_all_pages() {
    let (_world, running) = serve().await;
    let mut client = account(&running).await;
    let limited = LdapSearchRequest { sizelimit: 25, ..mailboxes("(mail=*)") };
    let first = ask(&mut client, limited.clone(), vec![paged(20, b"")]).await;
    assert_eq!((first.dns.len(), first.code), (20, Code::Success));
    let last = ask(&mut client, limited.clone(), vec![paged(20, &first.cookie.unwrap())]).await;
    assert_eq!((last.dns.len(), last.code, last.cookie), (5, Code::SizeLimitExceeded, Some(vec![])));
    // A page as large as the limit is the whole answer.
    let whole = ask(&mut client, limited, vec![paged(25, b"")]).await;
    assert_eq!((whole.dns.len(), whole.code, whole.cookie), (25, Code::SizeLimitExceeded, Some(vec![])));
    let exact = ask(&mut client, LdapSearchRequest { sizelimit: 1, ..mailboxes("(sn=martin)") }, vec![paged(1, b"")]).await;
    assert_eq!((exact.dns.len(), exact.code, exact.cookie), (1, Code::Success, Some(vec![])));
}

#[tokio::test]
async fn pages_take_the_anonymous_no_further_than_one_search() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let (mut seen, mut cookie) = (0, Vec::new());
    let code = loop {
        let given = ask(&mut client, mailboxes("(mail=*)"), vec![paged(30, &cookie)]).await;
        seen += given.dns.len();
        cookie = given.cookie.unwrap();
        if cookie.is_empty() {
            break given.code;
        }
    };
    assert_eq!((seen, code), (100, Code::SizeLimitExceeded));
}

#[tokio::test]
async fn an_account_s_pages_end_at_their_cap() {
    let world = World::new().await;
    let mut few = settings();
    few.limits.account_entries = 20;
    few.limits.account_paged_entries = 50;
    let running = world.serve(few).await;
    let mut client = account(&running).await;
    let mut sizes = Vec::new();
    let mut cookie = Vec::new();
    loop {
        let given = ask(&mut client, mailboxes("(mail=*)"), vec![paged(100, &cookie)]).await;
        sizes.push((given.dns.len(), given.code));
        cookie = given.cookie.unwrap();
        if cookie.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [(20, Code::Success), (20, Code::Success), (10, Code::SizeLimitExceeded)]);
}

#[tokio::test]
async fn cookies_are_bound_to_their_question_and_their_caller() {
    let (_world, running) = serve().await;
    let mut client = account(&running).await;
    let first = ask(&mut client, mailboxes("(mail=*)"), vec![paged(5, b"")]).await;
    let cookie = first.cookie.unwrap();
    let other_attributes = LdapSearchRequest { attrs: vec!["cn".into()], ..mailboxes("(mail=*)") };
    let other_base = LdapSearchRequest { base: "dc=mssante,dc=fr".into(), ..mailboxes("(mail=*)") };
    let mut forged = cookie.clone();
    forged[3] ^= 1;
    for (request, controls) in [
        (mailboxes("(cn=*)"), vec![paged(5, &cookie)]),
        (other_attributes, vec![paged(5, &cookie)]),
        (other_base, vec![paged(5, &cookie)]),
        (LdapSearchRequest { sizelimit: 50, ..mailboxes("(mail=*)") }, vec![paged(5, &cookie)]),
        (mailboxes("(mail=*)"), vec![paged(5, &cookie), sort(false, &[("mail", None, false)])]),
        (mailboxes("(mail=*)"), vec![paged(5, &forged)]),
        (mailboxes("(mail=*)"), vec![paged(5, b"\xff\xfe")]),
    ] {
        let refused = ask(&mut client, request, controls).await;
        assert_eq!((refused.dns.len(), refused.code), (0, Code::UnwillingToPerform));
    }
    // The page may change its size, and the walk may move to another connection of the same account.
    let mut again = account(&running).await;
    assert_eq!(ask(&mut again, mailboxes("(mail=*)"), vec![paged(9, &cookie)]).await.dns.len(), 9);
    let mut anonymous = Client::connect(running.ldap).await;
    assert_eq!(ask(&mut anonymous, mailboxes("(mail=*)"), vec![paged(5, &cookie)]).await.code, Code::UnwillingToPerform);
    // Size 0 ends a walk.
    let ended = ask(&mut client, mailboxes("(mail=*)"), vec![paged(0, &cookie)]).await;
    assert_eq!((ended.dns.len(), ended.code, ended.cookie), (0, Code::Success, Some(vec![])));
}

#[tokio::test]
async fn malformed_and_misplaced_controls() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let twice = vec![paged(5, b""), paged(5, b"")];
    for controls in [
        vec![control(PAGED, false, None)],
        vec![control(PAGED, true, Some(vec![0x30, 0]))],
        vec![control(SORT, false, Some(vec![0x30, 0]))],
        twice,
    ] {
        // The crate would send a known control in its own form: as bytes.
        let request = LdapOp::SearchRequest(mailboxes("(mail=*)"));
        let id = client.send_with(request, controls).await;
        let answer = client.next().await.unwrap();
        assert_eq!(answer.msgid, id);
        assert!(matches!(answer.op, LdapOp::SearchResultDone(done) if done.code == Code::ProtocolError));
    }
    // On another operation a critical one is refused, another ignored.
    for (critical, code) in [(true, Code::UnavailableCriticalExtension), (false, Code::UnwillingToPerform)] {
        client.send_with(LdapOp::DelRequest("dc=mssante,dc=fr".into()), vec![control(PAGED, critical, Some(vec![0x30, 0]))]).await;
        assert!(matches!(client.next().await.unwrap().op, LdapOp::DelResponse(done) if done.code == code), "{critical}");
    }
    // Virtual list views are not offered.
    let views = ask(&mut client, mailboxes("(mail=*)"), vec![control("2.16.840.1.113730.3.4.9", true, Some(vec![0x30, 0]))]).await;
    assert_eq!(views.code, Code::UnavailableCriticalExtension);
}

#[tokio::test]
async fn sorted_answers() {
    let (_world, running) = serve().await;
    let mut client = account(&running).await;
    let people = "(|(sn=lefèvre)(sn=martin)(mail=secretariat*)(mail=logiciel*))";
    let dn = |address: &str| mailbox_dn(address);
    let (elodie, jean) = (dn("elodie.lefevre@medecin.exemple.fr"), dn("jean.martin@medecin.exemple.fr"));
    let asked = ask(&mut client, mailboxes("(|(sn=lefèvre)(sn=martin))"), vec![sort(true, &[("sn", None, false)])]).await;
    assert_eq!((asked.dns, asked.code), (vec![elodie.clone(), jean.clone()], Code::Success));
    assert_eq!(asked.sorted, Some(vec![0x30, 3, 10, 1, 0]));
    for keys in [&[("cn", None, true)][..], &[("displayName", Some("2.5.13.3"), true)], &[("mail", None, true)]] {
        let asked = ask(&mut client, mailboxes("(|(sn=lefèvre)(sn=martin))"), vec![sort(true, keys)]).await;
        assert_eq!(asked.dns, [jean.clone(), elodie.clone()], "{keys:?}");
    }
    // Entries without the key come last, backwards first.
    for (reverse, at) in [(false, 0), (true, 2)] {
        let asked = ask(&mut client, mailboxes(people), vec![sort(true, &[("givenName", None, reverse), ("sn", None, false)])]).await;
        let place = asked.dns.iter().position(|dn| *dn == elodie).unwrap();
        let other = asked.dns.iter().position(|dn| *dn == jean).unwrap();
        assert_eq!(place.min(other), at, "{:?}", asked.dns);
        assert_eq!(place < other, !reverse);
    }
    // Base entries lack a name too.
    let whole = LdapSearchRequest { base: "dc=mssante,dc=fr".into(), ..mailboxes("(objectClass=*)") };
    let all = walk(&mut client, &whole, 50, &[sort(true, &[("sn", None, false)])]).await;
    assert_eq!(all[all.len() - 2..], ["dc=mssante,dc=fr", "ou=bal,dc=mssante,dc=fr"]);
    let backwards = walk(&mut client, &whole, 50, &[sort(true, &[("sn", None, true)])]).await;
    assert_eq!(backwards, all.into_iter().rev().collect::<Vec<_>>());
    let by_mail = walk(&mut client, &whole, 7, &[sort(true, &[("mail", None, false)])]).await;
    let mut expected = by_mail.clone();
    expected.sort_by_key(|dn| (!dn.starts_with("mail="), dn.clone()));
    assert_eq!(by_mail, expected);
}

#[tokio::test]
async fn what_cannot_be_sorted_is_refused_when_critical_and_said_otherwise() {
    let (_world, running) = serve().await;
    for (keys, code) in [
        (&[("shoeSize", None, false)][..], 16u8),
        (&[("facsimileTelephoneNumber", None, false)], 18),
        (&[("sn", Some("1.2.3.4"), false)], 18),
        (&[("l", None, false), ("localityName", None, false)], 53),
    ] {
        for critical in [true, false] {
            // The crate cannot read what RFC 2891 says: the bytes themselves.
            let mut client = Client::connect(running.ldap).await;
            let request = LdapOp::SearchRequest(LdapSearchRequest { filter: filter("(sn=martin)"), ..mailboxes("(mail=*)") });
            client.send_with(request, vec![sort(critical, keys)]).await;
            let attribute = keys.last().unwrap().0.as_bytes();
            let response = element(0x30, &[&[10, 1, code], &element(0x80, &[attribute])]);
            let bytes = client.bytes_until(&response).await;
            let done = [10, 1, if critical { 12 } else { 0 }];
            let entry = bytes.windows(8).any(|w| w == b"jean.mar");
            assert_eq!(entry, !critical, "{keys:?}");
            assert!(bytes.windows(3).any(|w| w == done), "{keys:?} {critical}: {bytes:x?}");
        }
    }
}

#[tokio::test]
async fn the_root_lists_what_is_done_and_no_list_views() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let root = LdapSearchRequest { scope: Scope::Base, attrs: vec!["supportedControl".into()], ..search_request("", "(objectClass=*)") };
    let (entries, _) = client.search(root).await;
    let listed: Vec<String> = entries[0].attributes[0].vals.iter().map(|v| String::from_utf8(v.clone()).unwrap()).collect();
    assert_eq!(listed, ["2.16.840.1.113730.3.4.2", PAGED, SORT]);
}
