//! The tools people have: ldapsearch, ldapwhoami and curl; and the binary with its own settings.

use super::world::{SUBJECT, World, write};
use crate::harness::{BINARY, Server, annuaire_in, command};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

async fn run(mut command: Command) -> (String, String, Option<i32>) {
    let Output { stdout, stderr, status } = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned(), status.code())
}

/// An OpenLDAP tool that trusts the authority and has the client certificate.
fn ldap(world: &World, tool: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command.args(arguments).env("LDAPTLS_CACERT", world.file("ca.pem")).env("LDAPTLS_REQCERT", "demand");
    command.env("LDAPTLS_CERT", world.file("client.pem")).env("LDAPTLS_KEY", world.file("client.key"));
    command
}

fn write_client(world: &World) {
    let client = world.authority.client("logiciel.exemple.invalid");
    std::fs::write(world.file("client.pem"), &client.certificate_pem).unwrap();
    std::fs::write(world.file("client.key"), &client.key_pem).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn openldap_tools_over_both_kinds_of_tls() {
    let world = World::new().await;
    write_client(&world);
    let (clear, over_tls) = (format!("ldap://{}", world.directory.ldap), format!("ldaps://{}", world.ldaps()));
    let search = ["-x", "-LLL", "-b", "dc=mssante,dc=fr", "-s", "base", "dc"];
    for arguments in [&["-ZZ", "-H", &clear][..], &["-H", &over_tls]] {
        let (out, err, code) = run(ldap(&world, "ldapsearch", &[arguments, &search].concat())).await;
        assert!(code == Some(0) && out.contains("dc: mssante"), "{arguments:?} {code:?} {out} {err}");
        let (out, err, code) = run(ldap(&world, "ldapwhoami", &[arguments, &["-Y", "EXTERNAL", "-Q"]].concat())).await;
        assert_eq!((out.trim(), code), ("dn:uid=logiciel,ou=comptes,dc=mssante,dc=fr", Some(0)), "{arguments:?} {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_over_both_versions_of_http() {
    let world = World::new().await;
    write_client(&world);
    let url = format!("https://{}/v1/search?q=martin", world.https());
    for (version, shown) in [("--http1.1", "1.1 200"), ("--http2", "2 200")] {
        let mut curl = Command::new("curl");
        curl.args(["-sS", version, "--cacert"]).arg(world.file("ca.pem")).arg("--cert").arg(world.file("client.pem"));
        curl.arg("--key").arg(world.file("client.key")).args(["-o", "/dev/null", "-w", "%{http_version} %{http_code}", &url]);
        let (out, err, _) = run(curl).await;
        assert_eq!(out, shown, "{err}");
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binary_says_what_is_wrong_with_its_files() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.key"), world.authority.server().key_pem).unwrap();
    let serve = |more: &[(&str, String)], arguments: &[&str]| {
        let data = path(folder.path(), "data");
        let doors = ["--data", &data, "serve", "--ldap", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let mut command = command(&[&doors, arguments].concat());
        for (name, value) in more {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (certificate, key) = ("ANNUAIRE_NET__TLS__CERTIFICATE", "ANNUAIRE_NET__TLS__KEY");
    let good = path(world.files.path(), "server.pem");
    for (more, arguments, words) in [
        (vec![], &["--ldaps", "127.0.0.1:0"][..], ["ldap.listen_tls", "net.tls.certificate"]),
        (vec![], &["--https", "127.0.0.1:0"], ["http.listen_tls", "net.tls.certificate"]),
        (vec![(certificate, good.clone())], &[], ["net.tls.key", "not"]),
        (vec![(certificate, good.clone()), (key, path(folder.path(), "other.key"))], &[], ["net.tls.key", "other.key"]),
        (vec![(certificate, good), (key, path(folder.path(), "missing.key"))], &[], ["net.tls.key", "missing.key"]),
    ] {
        let error = serve(&more, arguments);
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reads_the_files_again() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    annuaire_in(folder.path(), &["account", "add", "logiciel", "--certificate", SUBJECT]).success();
    let again = annuaire_in(folder.path(), &["account", "certificate", "logiciel", SUBJECT]).failure(3);
    assert!(again.contains("logiciel"), "{again}");
    annuaire_in(folder.path(), &["account", "certificate", "logiciel", "CN=autre,O=Exemple,C=FR"]).success();
    let listed = annuaire_in(folder.path(), &["account", "list"]).success();
    assert!(listed.contains("CN=logiciel.exemple.invalid,OU=1990999013,O=Exemple,C=FR") && listed.contains("CN=autre"), "{listed}");
    annuaire_in(folder.path(), &["account", "certificate", "logiciel", "personne"]).failure(2);

    let file = folder.path().join("annuaire.toml");
    let [certificate, key] = ["server.pem", "server.key"].map(|name| path(world.files.path(), name));
    std::fs::write(&file, format!("[net.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n")).unwrap();
    let more = ["--ldaps", "127.0.0.1:0", "--https", "127.0.0.1:0", "--settings", file.to_str().unwrap()];
    let server = Server::start(folder.path(), &more, Stdio::inherit());
    let https = server.printed.split("https://").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert!(server.printed.contains("ldaps://127.0.0.1:"), "{}", server.printed);
    let next = world.authority.server();
    write(world.files.path(), &next);
    let signalled = Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let config = super::client::trusting(&world.authority, None, false);
    let start = Instant::now();
    loop {
        let stream = tokio::net::TcpStream::connect(&https).await.unwrap();
        let stream = super::client::secure(&config, stream).await.unwrap();
        if stream.get_ref().1.peer_certificates().unwrap()[0] == next.certificate {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "the new certificate is shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn the_limit_of_open_files_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path(), "data");
    let mut child = Command::new("bash")
        .args(["-c", "ulimit -Sn 200 && ulimit -Hn 400 && exec \"$0\" \"$@\"", BINARY, "--data", &data, "serve"])
        .args(["--ldap", "127.0.0.1:0", "--http", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    while !printed.contains("http://") {
        assert_ne!(std::io::BufRead::read_line(&mut out, &mut printed).unwrap(), 0, "it ended early: {printed}");
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let log = child.wait_with_output().unwrap().stderr;
    let figures: Vec<_> = files.split_whitespace().filter(|word| word.bytes().all(|b| b.is_ascii_digit())).collect();
    assert_eq!(figures, ["400", "400"], "{files}");
    assert!(String::from_utf8_lossy(&log).contains("too few file descriptors"), "{}", String::from_utf8_lossy(&log));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_trusts_everybody_is_warned() {
    for (networks, warned) in [("\"0.0.0.0/0\"", true), ("\"10.0.0.0/8\", \"::/0\"", true), ("\"10.0.0.0/8\"", false)] {
        let folder = tempfile::tempdir().unwrap();
        let (settings, log) = (path(folder.path(), "settings.toml"), folder.path().join("log"));
        std::fs::write(&settings, format!("[net]\ntrusted_proxies = [{networks}]\n")).unwrap();
        let output = Stdio::from(std::fs::File::create(&log).unwrap());
        let server = Server::start(&folder.path().join("data"), &["--settings", &settings], output);
        server.ready().await;
        assert_eq!(server.terminate(), Some(0));
        let log = std::fs::read_to_string(&log).unwrap();
        assert_eq!(log.contains("holds every address"), warned, "{networks}: {log}");
    }
}
