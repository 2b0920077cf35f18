//! The LDIF export, and the schema of schema/ldap, before the judge they are made for: a real slapd.

use crate::harness::{Slapd, TestDirectory, annuaire_in, repository};
use std::collections::BTreeSet;
use std::path::Path;

/// DNs of a file, folded lines joined, in their order.
pub fn names(ldif: &str) -> Vec<String> {
    let unfolded = ldif.replace("\n ", "");
    unfolded.lines().filter_map(|line| line.strip_prefix("dn: ")).map(str::to_lowercase).collect()
}

pub fn lines(ldif: &str) -> BTreeSet<String> {
    let operational = [
        "structuralObjectClass",
        "entryUUID",
        "creatorsName",
        "createTimestamp",
        "entryCSN",
        "modifiersName",
        "modifyTimestamp",
        "version",
        "dn",
    ];
    let unfolded = ldif.replace("\n ", "");
    let kept = unfolded.lines().filter(|line| line.split_once(':').is_some_and(|(name, _)| !operational.contains(&name)));
    kept.map(str::to_owned).collect()
}

fn export(folder: &Path, arguments: &[&str]) -> String {
    annuaire_in(folder, &[&["export"], arguments].concat()).success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_slapd_takes_every_entry() {
    let directory = TestDirectory::demo().await;
    let slapd = Slapd::configure("cn=admin,dc=mssante,dc=fr", "secret");
    let all = export(directory.path(), &["--format", "ldif"]);
    let mut loaded = 0;
    for context in crate::harness::CONTEXTS {
        let file = directory.path().join("context.ldif");
        export(directory.path(), &["--format", "slapadd", "--context", context, "--out", file.to_str().unwrap()]);
        slapd.load(context, &file);
        let (ours, theirs) = (std::fs::read_to_string(&file).unwrap(), slapd.content(context));
        let (mut exported, mut held) = (names(&ours), names(&theirs));
        loaded += held.len();
        exported.sort();
        held.sort();
        assert_eq!(exported, held, "{context}");
        assert_eq!(lines(&ours), lines(&theirs), "{context}: every value as it was");
    }
    assert_eq!(names(&all).len(), loaded);
    assert!(loaded > 5_000, "{loaded}");
    assert!(all.starts_with("version: 1\n\ndn: dc=mssante,dc=fr\n") && all.lines().all(|line| line.len() <= 76));
    // Operational attributes are the server's own.
    assert!(!all.contains("entryUUID:") && !all.contains("createTimestamp:"));
    // Nothing but the file itself is left beside it.
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.ends_with(".part")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_decides_what_is_written() {
    let directory = TestDirectory::demo().await;
    let public: BTreeSet<_> = names(&export(directory.path(), &["--format", "ldif"])).into_iter().collect();
    let professional: BTreeSet<_> =
        names(&export(directory.path(), &["--format", "ldif", "--audience", "professional"])).into_iter().collect();
    assert!(public.is_subset(&professional) && public.len() < professional.len(), "{} {}", public.len(), professional.len());
    let missing = directory.path().join("no such folder/file.ldif");
    annuaire_in(directory.path(), &["export", "--format", "ldif", "--out", missing.to_str().unwrap()]).failure(1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_a_regular_file_is_replaced_and_keeps_its_permissions() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
    let directory = TestDirectory::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let export_to = |path: &Path| annuaire_in(directory.path(), &["export", "--format", "ldif", "--out", path.to_str().unwrap()]);
    let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    export_to(&at("new.ldif")).success();
    assert_eq!(mode(&at("new.ldif")), 0o600);
    for kept in [0o600, 0o640, 0o644] {
        std::fs::write(at("old.ldif"), "old").unwrap();
        std::fs::set_permissions(at("old.ldif"), std::fs::Permissions::from_mode(kept)).unwrap();
        export_to(&at("old.ldif")).success();
        assert_eq!(mode(&at("old.ldif")), kept);
        assert!(std::fs::read_to_string(at("old.ldif")).unwrap().starts_with("version: 1\n"));
    }
    std::fs::write(at("precious"), "precious").unwrap();
    symlink(at("precious"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    std::fs::create_dir(at("folder")).unwrap();
    for name in ["link", "dangling", "fifo", "folder"] {
        let error = export_to(&at(name)).failure(2);
        assert!(error.contains("is no regular file"), "{error}");
    }
    let kind = |name: &str| std::fs::symlink_metadata(at(name)).unwrap().file_type();
    assert!(kind("link").is_symlink() && kind("dangling").is_symlink() && kind("fifo").is_fifo() && kind("folder").is_dir());
    assert_eq!(std::fs::read_to_string(at("precious")).unwrap(), "precious");
    assert!(!at("nowhere").exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 7, "nothing is left beside");
}

/// A link is laid where the file would be written before it is whole, were its name made of the process id.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_name_beside_cannot_be_laid_out_before() {
    let directory = TestDirectory::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let (out, precious) = (folder.path().join("out.ldif"), folder.path().join("precious"));
    std::fs::write(&precious, "precious").unwrap();
    // The shell's own id is that of the command it becomes.
    let script = "ln -s \"$1\" \"$(dirname \"$2\")/.out.ldif.$$.part\" && exec \"$0\" --data \"$3\" export --format ldif --out \"$2\"";
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", script, crate::harness::BINARY]).arg(&precious).arg(&out).arg(directory.path());
    assert!(shell.output().unwrap().status.success());
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert!(std::fs::symlink_metadata(&out).unwrap().is_file());
}

#[test]
fn the_schema_loads_in_both_forms() {
    // The include form: an empty server starts with it.
    drop(Slapd::configure("cn=admin,dc=mssante,dc=fr", "secret").start());
    Slapd::accepts_config(&repository("schema/ldap/annuaire.ldif"));
}
