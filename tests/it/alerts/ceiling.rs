//! The second person is not avoided by cutting a list into pieces, by asking twice at once, or by another door.

use super::world::{World, lenient, refused};
use crate::harness::annuaire_in;
use annuaire::settings::Settings;
use serde_json::{Value, json};
use std::path::Path;

async fn world(confirm_above: u64) -> World {
    World::country("", above(confirm_above)).await
}

fn above(confirm_above: u64) -> Settings {
    let mut settings = lenient();
    settings.alerts.confirm_above = confirm_above;
    settings
}

async fn made(world: &World, key: &str, reference: &str, filter: Value) -> Value {
    let body = json!({"filter": filter, "reason": "Essai", "reference": reference});
    let answer = world.ask(key, "POST", "/v1/alerts", &body.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// Lines of a list of everybody.
async fn everybody(world: &World) -> u64 {
    world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await.json()["recipients"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_an_account_are_added_up() {
    let all = everybody(&world(1_000).await).await;
    assert!(all > 3);
    let world = world(2 * all - 1).await;
    let first = made(&world, &world.one, "A", json!({})).await;
    assert_eq!((first["state"].as_str(), first.get("confirmation")), (Some("ready"), None));
    let preview = world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await.json();
    assert_eq!((&preview["confirmation_required"], &preview["confirmation"]["because"]), (&json!(true), &json!("account")));
    let second = made(&world, &world.one, "B", json!({})).await;
    assert_eq!(second["state"], "awaiting_confirmation");
    let why = &second["confirmation"];
    assert_eq!((&why["because"], &why["counted"], &why["confirm_above"]), (&json!("account"), &json!(2 * all), &json!(2 * all - 1)));
    let named = format!("le compte {} a tirées seul", second["actor"].as_str().unwrap());
    assert!(why["message"].as_str().unwrap().contains(&named), "the second account reads it too: {why}");
    let path = format!("/v1/alerts/{}", second["id"].as_str().unwrap());
    let awaited = world.ask(&world.one, "GET", &format!("{path}/list"), "").await;
    assert_eq!(refused(&awaited), (409, "confirmation_awaited".to_owned()));
    assert!(awaited.json()["detail"].as_str().unwrap().contains(why["message"].as_str().unwrap()), "{}", awaited.text());
    assert_eq!(world.ask(&world.two, "GET", &path, "").await.json()["confirmation"], *why);
    assert!(world.ask(&world.two, "GET", &format!("{path}/coverage?format=html"), "").await.text().contains("en attente"));
    assert_eq!(refused(&world.ask(&world.one, "POST", &format!("{path}/confirm"), "").await).1, "second_person_required");
    // What two agreed to is not counted again, and another account has a day of its own.
    assert_eq!(world.ask(&world.two, "POST", &format!("{path}/confirm"), "").await.json()["state"], "ready");
    assert_eq!(made(&world, &world.one, "C", json!({"professions": ["50"]})).await["state"], "ready");
    assert_eq!(made(&world, &world.two, "D", json!({})).await["state"], "ready");
    let journal = world.directory.store.audit_entries(20).await.unwrap();
    assert!(journal.iter().any(|entry| entry.action == "alert.create" && entry.detail["because"] == "account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_a_reference_are_added_up_whoever_asks_and_a_day_long() {
    let all = everybody(&world(1_000).await).await;
    let world = world(2 * all - 1).await;
    let first = made(&world, &world.one, "A", json!({})).await;
    let second = made(&world, &world.two, "A", json!({})).await;
    assert_eq!((&first["state"], &second["state"]), (&json!("ready"), &json!("awaiting_confirmation")));
    assert_eq!(second["confirmation"]["because"], "reference");
    let preview = |more: &[&str]| command(world.directory.path(), &world.two, "", &[&["preview"], more].concat());
    assert!(preview(&["--reference", "A"]).contains("pour la même référence"), "said before the list is made");
    assert!(!preview(&[]).contains("à confirmer"));
    assert_eq!(made(&world, &world.two, "B", json!({})).await["state"], "ready", "what awaits is nobody's yet");
    // Tomorrow.
    let alerts = world.alerts(&above(2 * all - 1));
    let request = annuaire::alert::AlertRequest { reason: "r".to_owned(), reference: "A".to_owned(), ..Default::default() };
    let actor = super::world::actor(first["actor"].as_str().unwrap());
    for (hours, state) in [(23, "awaiting_confirmation"), (25, "ready")] {
        let entropy = [u8::try_from(hours).unwrap(); 16];
        let later = alerts.create(request.clone(), &actor, entropy, first["created_at"].as_i64().unwrap() + hours * 3_600).await.unwrap();
        assert_eq!(later.state.code(), state, "{hours} hours later");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_both_slip_under() {
    let all = everybody(&world(1_000).await).await;
    let world = world(2 * all - 1).await;
    // Held up by an import, so that both are under way before either is written.
    let folder = world.directory.path().to_owned();
    super::faults::sql(&folder, super::faults::APPLYING).await;
    let lists = async { tokio::join!(made(&world, &world.one, "A", json!({})), made(&world, &world.two, "A", json!({}))) };
    let ((one, two), ()) = tokio::join!(lists, async {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        super::faults::sql(&folder, super::faults::APPLIED).await;
    });
    let mut states = [one["state"].as_str().unwrap(), two["state"].as_str().unwrap()];
    states.sort_unstable();
    assert_eq!(states, ["awaiting_confirmation", "ready"]);
}

fn command(folder: &Path, key: &str, settings: &str, arguments: &[&str]) -> String {
    let (file, own) = (folder.join("key"), folder.join("own.toml"));
    std::fs::write(&file, key).unwrap();
    std::fs::write(&own, settings).unwrap();
    let more = ["--key-file", file.to_str().unwrap(), "--settings", own.to_str().unwrap()];
    annuaire_in(folder, &[&["alert"], arguments, &more].concat()).success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_follows_the_server_of_its_folder() {
    let mut settings = above(1);
    settings.alerts.liste_rouge = false;
    let world = World::country(crate::country::HOSPITAL_LINES, settings).await;
    let create = ["create", "--reason", "r", "--reference", "n", "--json"];
    let run = |settings: &str, arguments: &[&str]| -> Value {
        serde_json::from_str(&command(world.directory.path(), &world.one, settings, arguments)).unwrap()
    };
    let lax = "[alerts]\nconfirm_above = 1000000\nliste_rouge = true\n";
    let served = world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await.json()["recipients"].clone();
    let made = run(lax, &create);
    assert_eq!((&made["state"], &made["confirmation"]["because"]), (&json!("awaiting_confirmation"), &json!("list")));
    assert_eq!(made["recipients"], served, "the liste rouge is left out as the server leaves it out");
    // Its own settings may be stricter.
    let small = ["create", "--profession", "50", "--reason", "r", "--reference", "m", "--json"];
    assert_eq!(run(lax, &small)["state"], "ready");
    assert_eq!(run("[alerts]\nconfirm_above = 0\n", &small)["state"], "awaiting_confirmation");
    // Also when the server is gone.
    let key = world.one.clone();
    let folder = world.directory.stop().await;
    let shown = command(folder.path(), &key, lax, &["create", "--reason", "r", "--reference", "o"]);
    assert!(shown.contains("awaiting_confirmation") && shown.contains("une seconde personne confirme"), "{shown}");
}
