//! examples/operator_client.py, run as an operator would run it, also over a line that loses every other answer.

use super::world::{ELODIE, OURS, World, ZOE, own, per, text};
use crate::harness::repository;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};

const SECOND: &str = "elodie@ch-exempleville.mssante.fr";

fn python(arguments: &[&str], key: &str) -> Output {
    let mut python = Command::new("python3");
    python.arg("-B").args(arguments).current_dir(repository("")).env("NO_PROXY", "*").env("no_proxy", "*");
    python.env("ESANTE_API_KEY", key).env("PYTHONUTF8", "1").output().expect("python runs")
}

/// Exit code and output of a command of the client, as the hospital's operator.
fn client(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let url = format!("http://{}", world.directory.http);
    let output = python(&[&["examples/operator_client.py", "--url", &url][..], arguments].concat(), &world.hospital);
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

fn done(world: &World, arguments: &[&str]) -> Value {
    let (code, out) = client(world, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {out}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
}

fn counter(report: &Value, name: &str) -> u64 {
    report["counters"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_the_client_does_what_it_says() {
    let world = World::new().await;
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, content: String| {
        let path = files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    assert_eq!(text(&done(&world, &["whoami"]), "/state"), "valide");

    assert_eq!(text(&done(&world, &["create", &per(OURS, ZOE)]), "/outcome"), "created");
    let (code, out) = client(&world, &["create", &per(OURS, ZOE)]);
    assert!(code == Some(1) && out.contains("MSS-050"), "{out}");
    assert_eq!(text(&done(&world, &["update", OURS, r#"{"phone":"04 99 00 00 01"}"#]), "/outcome"), "updated");
    assert_eq!(text(&done(&world, &["read", OURS]), "/phone"), "04 99 00 00 01");
    assert_eq!(text(&done(&world, &["suspend", OURS]), "/mailbox/state"), "suspended");
    assert_eq!(text(&done(&world, &["resume", OURS]), "/mailbox/state"), "active");
    assert_eq!(done(&world, &["history", OURS]).as_array().unwrap().len(), 4);

    // A batch: one line of three is wrong, which is told, and which the exit code says.
    let lines = format!("address;type;professional_id\n{SECOND};PER;{ELODIE}\n{OURS};PER;{ZOE}\nx@medecin.mssante.fr;PER;{ZOE}\n");
    let batch = file("lot.csv", lines);
    let (code, out) = client(&world, &["batch", &batch]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("3 lines = 1 created + 1 updated + 0 unchanged + 0 adopted + 0 deleted + 1 rejected"), "{out}");
    assert!(out.contains("line 4: rejected: x@medecin.mssante.fr: MSS-011"), "{out}");
    let id = out.split_whitespace().nth(1).unwrap().trim_end_matches(':').to_owned();
    let (_, report) = client(&world, &["--json", "report", &id]);
    assert_eq!(counter(&serde_json::from_str(&report).unwrap(), "created"), 1);
    let (code, rows) = client(&world, &["report", &id, "--csv"]);
    assert!(code == Some(0) && rows.starts_with("line;address;") && rows.contains(";MSS-011;"), "{rows}");

    // A delta takes effect once, whatever else happened meanwhile.
    let delta = file("delta.jsonl", format!("{{\"operation\":\"suspend\",\"address\":\"{SECOND}\"}}\n"));
    let first = done(&world, &["--json", "sync", &delta, "--sequence", "7"]);
    done(&world, &["resume", SECOND]);
    let again = done(&world, &["--json", "sync", &delta, "--sequence", "7"]);
    assert_eq!((first["id"].clone(), counter(&first, "updated")), (again["id"].clone(), 1));
    assert_eq!(text(&done(&world, &["read", SECOND]), "/state"), "active");

    // A full state that would delete half is refused until it is confirmed; tried, it writes nothing.
    let state = file("state.csv", format!("address;type;professional_id\n{OURS};PER;{ZOE}\n"));
    let (code, out) = client(&world, &["sync", &state, "--full"]);
    assert!(code == Some(1) && out.contains("MSS-071"), "{out}");
    let tried = done(&world, &["--json", "sync", &state, "--full", "--confirm", "--dry-run"]);
    assert_eq!((counter(&tried, "deleted"), tried["dry_run"].as_bool()), (1, Some(true)));
    assert_eq!(done(&world, &["read", SECOND])["address"], SECOND);
    assert_eq!(counter(&done(&world, &["--json", "sync", &state, "--full", "--confirm"]), "deleted"), 1);
    let (_, list) = client(&world, &["list"]);
    assert!(list.lines().count() == 1 && list.contains(OURS), "{list}");

    // A job: more lines than are answered at once; the client waits for its end.
    let many = (0..600).map(|n| per(&format!("m{n}@ch-exempleville.mssante.fr"), ZOE)).collect::<Vec<_>>().join("\n");
    let report = done(&world, &["--json", "batch", &file("many.jsonl", many)]);
    assert_eq!((text(&report, "/state"), counter(&report, "created")), ("done", 600));

    assert_eq!(text(&done(&world, &["delete", OURS]), "/outcome"), "deleted");
    assert_eq!(client(&world, &["notices"]), (Some(0), String::new()));
    let (code, out) = client(&world, &["--key", "ann_wrong", "whoami"]);
    assert!(code == Some(1) && out.contains("MSS-002"), "{out}");
    assert_eq!(client(&world, &["sync", &state]).0, Some(2), "a delta or a full state must be said");
    let output = python(&["examples/operator_client.py", "--url", "http://exemple.invalid", "whoami"], "x");
    assert!(String::from_utf8_lossy(&output.stderr).contains("https"), "a key never travels in clear");
}

/// A door that hands every request on, and loses every other answer.
fn lossy(to: SocketAddr) -> SocketAddr {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = door.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, client) in door.incoming().enumerate() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(to).unwrap());
            let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut into));
            // The client asks for the connection to be closed behind the answer.
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            if number % 2 == 1 {
                client.write_all(&answer).unwrap();
            }
            let _ = client.shutdown(Shutdown::Both);
        }
    });
    here
}

const OVER_A_BAD_LINE: &str = r#"
import sys
sys.path.insert(0, "examples")
from operator_client import OperatorClient
client = OperatorClient(sys.argv[1], key=sys.argv[2], pause=0.01)
address, holder = sys.argv[3:]
mailbox = {"address": address, "type": "PER", "professional_id": holder}
print(client.create(mailbox)["outcome"])
revision = client.read(address)["revision"]
print(client.update(address, {"phone": "01"}, revision)["outcome"])
print(client.batch([mailbox | {"operation": "create"}])["lines"][0]["code"])
print(client.delta([{"operation": "suspend", "address": address}], client.last_sequence() + 1)["counters"]["updated"])
print(client.full([mailbox])["counters"]["received"])
print(client.delete(address)["outcome"])
print(len(list(client.mailboxes())))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_does_nothing_twice() {
    let world = World::new().await;
    let url = format!("http://{}", lossy(world.directory.http));
    let output = python(&["-c", OVER_A_BAD_LINE, &url, &world.hospital, OURS, ZOE], "");
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = ["created", "updated", "MSS-050", "1", "1", "deleted", "0"];
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), expected, "{}", String::from_utf8_lossy(&output.stderr));
    // Each act once: created, updated, suspended, updated as a whole, deleted.
    let store = &world.directory.store;
    let history = store.mailbox_history(&annuaire::model::Address::parse(OURS).unwrap()).await.unwrap();
    assert_eq!(history.iter().filter(|entry| entry.action == "mailbox.create").count(), 1);
    assert_eq!(history.iter().filter(|entry| entry.action == "mailbox.delete").count(), 1);
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 404);
}
