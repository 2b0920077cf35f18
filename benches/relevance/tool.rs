//! Programs of Debian packages, installed when missing.

use anyhow::{Context as _, Result, ensure};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program, by its name in PATH or its path; the package is installed when it is not there.
pub fn find(names: &dyn Fn() -> Option<PathBuf>, package: &str) -> Result<PathBuf> {
    if let Some(found) = names() {
        return Ok(found);
    }
    let install = |arguments: &[&str]| Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    let _ = install(&["-qq", "update"])?;
    ensure!(install(&["-qq", "install", "--yes", "--no-install-recommends", package])?.success(), "{package} cannot be installed");
    names().with_context(|| format!("{package} does not bring what is wanted"))
}

/// Gives a program its input, and takes what it prints; an error when it fails.
pub fn run(command: &mut Command, input: &Path) -> Result<String> {
    let input = std::fs::File::open(input)?;
    let output = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.lines().take(5).collect::<Vec<_>>().join("\n"));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A file with that text.
pub fn script(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::File::create(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}

/// What `--version` says.
pub fn version(program: &Path) -> Result<String> {
    let output = Command::new(program).arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

/// A text in quotes of SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// A number behind a flag, else this one.
pub fn argument(flag: &str, default: f64) -> f64 {
    std::env::args().skip_while(|argument| argument != flag).nth(1).and_then(|value| value.parse().ok()).unwrap_or(default)
}
