//! The pages of the public: what they show, what they never show, and how they refuse. In a browser they are tried by `web.rs`.

use super::records::{self, CARDIOLOGIST, CLOSED, HOSPITAL, NAMESAKES, PRACTICE, RED, TWO_TRADES};
use super::world::{Answer, World};
use annuaire::settings::{LimitSettings, Settings};
use axum::body::Body;
use axum::http::Request;
use std::collections::BTreeSet;

const PAGES: [&str; 5] = ["/", "/donnees", "/ne-plus-y-figurer", "/api", "/accessibilite"];

/// With plain blanks where French has those that do not break; [`page`] looks at these.
fn text(answer: &Answer) -> String {
    raw(answer).replace(['\u{a0}', '\u{202f}'], " ")
}

fn raw(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Its marks stay on the line of their words.
fn is_set_as_french(html: &str) -> bool {
    let told = html.split('<').filter_map(|piece| piece.split_once('>')).filter(|(tag, _)| *tag != "code").map(|(_, told)| told);
    let told: String = told.collect();
    ["« ", " »", " : ", " ;", " !", " ?"].into_iter().all(|broken| !told.contains(broken))
}

/// A page, after checking what all of them share.
async fn page(world: &World, uri: &str, status: u16) -> String {
    let answer = world.get(uri).await;
    let html = text(&answer);
    assert!(is_set_as_french(&raw(&answer)), "{uri}: {html}");
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, "text/html; charset=utf-8"), "{uri}: {html}");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for inline in ["<style", "style=\"", " onclick", " onload", "<script>"] {
        assert!(!html.contains(inline), "{uri}: {inline}");
    }
    let loaded = html.split("src=\"").skip(1).chain(html.split("<link ").skip(1).filter_map(|tag| tag.split("href=\"").nth(1)));
    let foreign: Vec<_> = loaded.filter(|rest| !rest.starts_with('/') || rest.starts_with("//")).collect();
    assert!(foreign.is_empty(), "{uri}: {foreign:?}");
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"fr\">") && html.matches("<h1").count() == 1, "{uri}");
    html
}

async fn limited(change: impl FnOnce(&mut LimitSettings)) -> World {
    let mut settings = Settings::default();
    settings.limits.searches_per_second = 1_000_000;
    change(&mut settings.limits);
    World::with(&records::all(), settings).await
}

/// Paths of the entries a page links to, each once.
fn entries(html: &str) -> BTreeSet<String> {
    let cards = html.split("<h3><a href=\"").skip(1);
    cards.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_page_is_whole_without_a_script_and_names_nobody() {
    let world = World::new().await;
    for uri in PAGES {
        let html = page(&world, uri, 200).await;
        assert!(!html.contains("canonical") && !html.contains("noindex"), "{uri}: it does not know its address");
    }
    let files = page(&world, "/donnees", 200).await;
    assert!(files.contains("pas encore lu") && files.contains("/v1/exports") && files.contains("/indicateurs"));
    let host = Request::get("/api").header("host", "annuaire.test:8443").body(Body::empty()).unwrap();
    let html = text(&world.send(host).await);
    assert!(html.contains("ldap://annuaire.test:3389/dc=mssante,dc=fr??sub?(mail=*)"), "{html}");
    for hostile in ["a\"><script>", "x'; touch /tmp/pwn #", "annuaire.test:80'; touch /tmp/pwn #"] {
        let request = Request::get("/api").header("host", hostile).body(Body::empty()).unwrap();
        let html = text(&world.send(request).await);
        assert!(!html.contains("<script>") && !html.contains("pwn"), "{html}");
        assert!(html.contains("curl 'https://annuaire.example.org/v1/search"), "{html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_that_is_told_is_the_one_that_is_bound() {
    let directory = crate::harness::TestDirectory::demo().await;
    let html = directory.get("/api").await.text();
    assert!(html.contains(&format!(":{}/dc=mssante,dc=fr??sub?(mail=*)", directory.ldap.port())), "{html}");
}

#[tokio::test]
async fn a_search_shows_what_the_api_answers() {
    let world = World::new().await;
    let html = page(&world, "/?q=etang+coeur&utm_source=lettre", 200).await;
    assert_eq!(entries(&html), [format!("/professionnel/{CARDIOLOGIST}")].into());
    for shown in [
        "<title>1 résultat pour « etang coeur »",
        "value=\"etang coeur\"",
        "Docteur Élodie DE L'ÉTANG-CŒUR",
        "Cardiologie",
        "HOPITAL D'EXEMPLEVILLE</a>, 69003 Lyon",
        "href=\"mailto:elodie.cardio@medecin.mssante.fr\"",
        "Zéro papier accepté",
        "noindex",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let filtered = page(&world, "/?profession=60&city=Paris&department=75&kind=professional", 200).await;
    assert_eq!(entries(&filtered), [format!("/professionnel/{TWO_TRADES}")].into());
    assert!(filtered.contains("href=\"/?profession=60&amp;city=Paris&amp;kind=professional\""), "each filter can be dropped: {filtered}");
    assert!(filtered.contains("Zéro papier refusé") && filtered.contains("name=\"city\" value=\"Paris\""), "{filtered}");
    let chosen = page(&world, "/?specialty=SM04", 200).await;
    assert!(chosen.contains("<option value=\"SM04\" selected>Cardiologie</option>"), "{chosen}");
    let none = page(&world, "/?q=ladeli", 200).await;
    assert!(none.contains("Aucune adresse MSSanté publiée"), "{none}");
}

#[tokio::test]
async fn whoever_is_shown_something_else_than_was_typed_is_told() {
    let world = World::new().await;
    let html = page(&world, "/?q=etnag+coeur", 200).await;
    assert_eq!(entries(&html), [format!("/professionnel/{CARDIOLOGIST}")].into());
    assert!(html.contains("Rien ne répond exactement") && html.contains("» pour « etnag »"), "{html}");
    let html = page(&world, "/?q=Dr+%C3%89tang+CARDIO", 200).await;
    assert!(html.contains("« CARDIO » comme spécialité") && html.contains("Laissé de côté : « Dr »"), "as typed: {html}");
    let html = page(&world, "/?city=Lion", 200).await;
    assert!(html.contains("s'en approche : « Lyon » pour « Lion »."), "{html}");
    let html = page(&world, "/?q=etang", 200).await;
    assert!(!html.contains("Compris :") && !html.contains("Rien ne répond"), "{html}");
}

#[tokio::test]
async fn what_is_typed_is_text() {
    let world = World::new().await;
    for typed in ["%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%22%3E%3Cimg+src%3Dx%3E", "%26lt%3B"] {
        for name in ["q", "city", "organization", "specialty"] {
            let html = page(&world, &format!("/?{name}=a{typed}"), 200).await;
            assert!(!html.contains("<script>") && !html.contains("<img src=x>") && !html.contains("a&lt;<"), "{html}");
        }
    }
}

#[tokio::test]
async fn an_empty_answer_says_what_to_drop() {
    let world = World::new().await;
    for (uri, dropped) in [
        (
            "/?q=etang&city=Paris",
            &[("/?city=Paris", "le mot « etang »", "3 résultats"), ("/?q=etang", "la commune « Paris »", "1 résultat")][..],
        ),
        ("/?q=etang&city=Paris&profession=60", &[("/?city=Paris&amp;profession=60", "le mot « etang »", "1 résultat")]),
        ("/?q=zzzzzz+etang", &[("/?q=etang", "le mot « zzzzzz »", "1 résultat")]),
        ("/?q=zzzzzz", &[]),
    ] {
        let html = page(&world, uri, 200).await;
        assert!(html.contains("Aucun résultat") && html.contains("vérifier l'orthographe"), "{html}");
        assert_eq!(html.matches(">Sans l").count(), dropped.len(), "what would find nobody either is not offered: {html}");
        for (href, words, total) in dropped {
            assert!(html.contains(&format!("<a href=\"{href}\">Sans {words}</a> : {total}")), "{href}: {html}");
        }
    }
}

#[tokio::test]
async fn counts_stand_beside_the_filters_and_lead_on() {
    let world = World::new().await;
    let html = page(&world, "/?city=Lyon", 200).await;
    assert!(html.contains("<h3>Par profession</h3>"), "{html}");
    assert!(html.contains("<a href=\"/?city=Lyon&amp;profession=10\">Médecin <span>3</span></a>"), "{html}");
    let narrowed = page(&world, "/?city=Lyon&profession=10", 200).await;
    assert!(!narrowed.contains("Par profession") && entries(&narrowed).len() == 3, "{narrowed}");
    assert!(html.contains("Par type de boîte") && html.contains("Par zéro papier"), "{html}");
    // Asked together, one same mailbox has both: counts of mailboxes each by itself would promise more.
    for (asked, other) in [("zero_papier=accepted", "Par type de boîte"), ("mailbox_type=PER", "Par zéro papier")] {
        let html = page(&world, &format!("/?city=Lyon&{asked}"), 200).await;
        assert!(!entries(&html).is_empty() && !html.contains(other), "{html}");
    }
    // For the public the software's mailbox is not there to be counted.
    assert!(!html.contains("mailbox_type=APP"));
    assert!(text(&world.get_identified("/?city=Lyon").await).contains("mailbox_type=APP"));
}

#[tokio::test]
async fn an_order_is_kept_from_page_to_page() {
    let world = World::new().await;
    let html = page(&world, "/?name=martin&sort=name", 200).await;
    assert!(html.contains("<strong aria-current=\"true\">nom</strong>") && html.contains("href=\"/?name=martin&amp;sort=city\""), "{html}");
    assert!(html.contains("rel=\"next\" href=\"/?name=martin&amp;sort=name&amp;cursor="), "{html}");
    assert!(html.contains("<input type=\"hidden\" name=\"sort\" value=\"name\">"), "{html}");
    page(&world, "/?name=martin&sort=age", 400).await;
}

#[tokio::test]
async fn pages_follow_each_other_and_end_where_the_api_ends() {
    let world = World::new().await;
    let (mut uri, mut met) = ("/?name=martin".to_owned(), BTreeSet::new());
    for part in [20, 20, 5] {
        let html = page(&world, &uri, 200).await;
        let shown = entries(&html);
        assert_eq!(shown.len(), part);
        met.extend(shown);
        let next = html.split("rel=\"next\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
        assert_eq!(next.is_some(), part == 20);
        uri = next.unwrap_or_default();
    }
    assert_eq!(met.len(), NAMESAKES);

    let narrow = limited(|limits| limits.anonymous_entries = 20).await;
    let html = page(&narrow, "/?name=martin", 200).await;
    assert!(
        html.contains("45 résultats") && html.contains("Les 20 fiches les plus pertinentes") && !html.contains("rel=\"next\""),
        "{html}"
    );
    assert!(html.contains("La suite n'est pas montrée"), "{html}");
}

#[tokio::test]
async fn an_entry_has_a_stable_address_and_shows_all_that_is_shown() {
    let world = World::new().await;
    let html = page(&world, &format!("/professionnel/{TWO_TRADES}"), 200).await;
    for shown in [
        "10000000028".to_owned(),
        "Infirmier".to_owned(),
        "Médecine générale".to_owned(),
        "CABINET DE PARIS".to_owned(),
        format!("href=\"/structure/{PRACTICE}\""),
        "mailto:jean.double@medecin.mssante.fr".to_owned(),
        "03/11/2026".to_owned(),
    ] {
        assert!(html.contains(&shown), "{shown}: {html}");
    }
    let hospital = page(&world, &format!("/structure/{HOSPITAL}"), 200).await;
    assert!(hospital.contains("accueil@") && hospital.contains("690000001") && hospital.contains("12345678900011"), "{hospital}");
    assert!(!hospital.contains("logiciel@"), "mailboxes of applications are not for the public");
    assert!(text(&world.get_identified(&format!("/structure/{HOSPITAL}")).await).contains("logiciel@"));
    let people = hospital.split("<h2 id=\"personnes\">").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let people = page(&world, &people.replace("&amp;", "&"), 200).await;
    assert_eq!(entries(&people), [CARDIOLOGIST, RED].map(|id| format!("/professionnel/{id}")).into());
    assert!(people.contains("Structure : HOPITAL D&#39;EXEMPLEVILLE") || people.contains("Structure : HOPITAL D'EXEMPLEVILLE"), "{people}");
    for (natural, stable) in [
        ("/professionnel/10000000010".to_owned(), format!("/professionnel/{CARDIOLOGIST}")),
        ("/structure/690000001".to_owned(), format!("/structure/{HOSPITAL}")),
    ] {
        let moved = world.get(&natural).await;
        assert_eq!((moved.status.as_u16(), moved.header("location")), (308, stable.as_str()), "{natural}");
    }
}

#[tokio::test]
async fn pages_call_themselves_by_the_public_address() {
    let mut settings = Settings::default();
    settings.limits.searches_per_second = 1_000_000;
    settings.http.public_address = Some("https://annuaire.test".to_owned());
    let world = World::with(&records::all(), settings).await;
    let entry = format!("/professionnel/{TWO_TRADES}");
    for uri in PAGES.into_iter().chain(["/indicateurs", entry.as_str()]) {
        let html = text(&world.get(uri).await);
        assert!(html.contains(&format!("<link rel=\"canonical\" href=\"https://annuaire.test{uri}\">")), "{uri}: {html}");
    }
    for without in ["/?q=martin", "/professionnel/inconnu"] {
        assert!(!text(&world.get(without).await).contains("canonical"), "{without}");
    }
    let software = Request::get("/api").header("host", "10.0.0.7:8080").body(Body::empty()).unwrap();
    let software = text(&world.send(software).await);
    assert!(software.contains("curl 'https://annuaire.test/v1/search") && software.contains("ldap://annuaire.test:3389/"), "{software}");
}

#[tokio::test]
async fn hidden_and_unknown_are_one_page() {
    let world = World::new().await;
    let unknown = world.get("/professionnel/810000000099").await;
    let hidden = world.get(&format!("/professionnel/{CLOSED}")).await;
    assert_eq!((unknown.status.as_u16(), hidden.status.as_u16()), (404, 404));
    assert_eq!(unknown.body_without_request_id(), hidden.body_without_request_id());
    let other_headers = |answer: &Answer| {
        answer.headers.iter().filter(|(name, _)| *name != "x-request-id").map(|(n, v)| format!("{n}: {v:?}")).collect::<Vec<_>>()
    };
    assert_eq!(other_headers(&unknown), other_headers(&hidden));
    assert!(text(&hidden).contains("n'existe pas, n'existe plus ou n'est pas publiée"));
    // On the liste rouge: like whoever never had a mailbox.
    let red = page(&world, &format!("/professionnel/{RED}"), 200).await;
    assert!(red.contains("Aucune adresse MSSanté publiée") && !red.to_lowercase().contains("rouge@"), "{red}");
}

#[tokio::test]
async fn refusals_are_pages_for_people_and_documents_for_programs() {
    let world = World::new().await;
    let long = format!("/?q={}", "x".repeat(201));
    for (uri, status, shown) in [
        ("/?q=--", 400, "Écrivez au moins une lettre"),
        ("/?q=a&q=b", 400, "Demande incomprise"),
        ("/?q=%ff", 400, "Demande incomprise"),
        ("/?mailbox_type=XXX", 400, "Demande incomprise"),
        ("/?q=martin&cursor=x", 400, "href=\"/?q=martin\""),
        (long.as_str(), 400, "Deux cents caractères"),
        ("/professionnel/a/b", 404, "Page introuvable"),
        ("/structure/inconnue", 404, "Aucune fiche"),
    ] {
        let html = page(&world, uri, status).await;
        assert!(html.contains(shown) && html.contains(&format!("Erreur {status}")), "{uri}: {html}");
    }
    let refused = world.get_with("/?q=martin", "authorization", "Bearer faux").await;
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (401, "text/html; charset=utf-8"));
    let browser = world.get_with("/nulle-part", "accept", "text/html,*/*;q=0.8").await;
    assert_eq!((browser.status.as_u16(), browser.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(text(&browser).contains(browser.header("x-request-id")));
    assert_eq!(world.get("/nulle-part").await.problem(), "unknown_route");
    assert_eq!(world.get_with("/v1/nulle-part", "accept", "text/html").await.problem(), "unknown_route");
    let posted = world.send(Request::post("/").body(Body::empty()).unwrap()).await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, "GET,HEAD"));
    let head = world.send(Request::head("/professionnel/inconnu").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (404, 0));
}

#[tokio::test]
async fn closed_doors_are_a_page_and_prose_stays_open() {
    let world = World::new().await;
    world.gate.close("a withdrawal waits");
    for uri in ["/?q=martin", "/professionnel/810000000010", "/structure/F690000001"] {
        let html = page(&world, uri, 503).await;
        assert!(
            html.contains("momentanément fermé") && html.contains(&format!("href=\"{uri}\"")) && !html.contains("withdrawal"),
            "{html}"
        );
        assert_eq!(world.get(uri).await.header("retry-after"), "2");
    }
    for uri in PAGES {
        page(&world, uri, 200).await;
    }
}

#[tokio::test]
async fn pages_and_api_draw_on_one_allowance() {
    let burst = limited(|limits| limits.searches_per_second = 1).await;
    page(&burst, "/?q=martin", 200).await;
    assert_eq!(burst.get("/v1/search?q=martin").await.problem(), "too_many_requests");
    assert!(page(&burst, "/?q=martin", 429).await.contains("Trop de recherches"));
    page(&burst, &format!("/professionnel/{CARDIOLOGIST}"), 429).await;

    let harvested = limited(|limits| {
        limits.anonymous_mailboxes_per_day = 1;
        limits.restricted_entries = 2;
        limits.restricted_pause_ms = 1;
    })
    .await;
    page(&harvested, &format!("/professionnel/{CARDIOLOGIST}"), 200).await;
    assert_eq!(harvested.get("/v1/search?name=martin").await.json()["truncated"], true, "what a page shows is counted");
    let html = page(&harvested, "/?name=martin", 200).await;
    assert_eq!(entries(&html).len(), 2);
    assert!(html.contains("La suite n'est pas montrée"), "{html}");
    let html = page(&harvested, "/?q=etang&city=Paris", 200).await;
    assert!(html.contains("Aucun résultat") && !html.contains(">Sans l"), "who is answered later waits once: {html}");
}

#[tokio::test]
async fn mailboxes_of_applications_are_offered_to_accounts_only() {
    let world = World::new().await;
    let offered = "<option value=\"APP\">";
    assert!(!text(&world.get("/").await).contains(offered));
    assert!(text(&world.get_identified("/").await).contains(offered));
    assert!(page(&world, "/?mailbox_type=APP", 200).await.contains("Aucun résultat"));
    let found = text(&world.get_identified("/?mailbox_type=APP").await);
    assert_eq!(entries(&found), [format!("/structure/{HOSPITAL}")].into());
}

#[tokio::test]
async fn style_and_script_are_named_by_their_content_and_kept() {
    let world = World::new().await;
    let html = page(&world, "/", 200).await;
    let named = html.split('"').filter(|value| value.starts_with("/site/")).collect::<BTreeSet<_>>();
    assert_eq!(named.len(), 3, "{named:?}");
    for path in named {
        let answer = world.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "public, max-age=31536000, immutable"), "{path}");
    }
    assert_eq!(world.get("/site/annuaire.000000000000.css").await.status, 404);
}
