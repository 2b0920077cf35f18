//! The public pages in Debian's Chromium. What is tried, and how it is said, is in `tests/web/site.mjs`, which can be run by hand against any
//! demo; `./check` installs the browser and what drives it.

use crate::harness::{TestDirectory, repository};
use crate::indicators::figures::{DAY, NOON, indicators};
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn the_public_pages_in_a_browser() {
    let scripts = repository("tests/web");
    assert!(std::path::Path::new("/usr/bin/chromium").exists(), "Chromium is missing: run ./check");
    assert!(scripts.join("node_modules/playwright-core").exists(), "tests/web is not installed: run ./check, or `npm ci` there");
    let directory = TestDirectory::demo().await;
    for day in 0..2 {
        indicators(&directory).build(NOON + day * DAY).await.expect("figures of the day");
    }
    let mut command = Command::new("node");
    command.arg(scripts.join("site.mjs")).arg(format!("http://{}", directory.http)).stdin(Stdio::null());
    let output = tokio::task::block_in_place(|| command.output()).expect("node runs: ./check installs it");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Times depend on the machine: they are told.
    print!("{out}");
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.lines().filter(|line| line.starts_with("ok ")).count() >= 10, "{out}");
}
