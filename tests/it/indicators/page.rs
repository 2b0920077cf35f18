//! `/indicateurs`: French, whole without a script, each plot with its words and its table, and nothing let in from elsewhere.

use super::figures::{DAY, NOON, indicators};
use crate::harness::TestDirectory;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_read_printed_and_heard() {
    let directory = TestDirectory::demo().await;
    let empty = directory.get("/indicateurs").await;
    assert!(empty.status == 200 && empty.text().contains("Aucun indicateur"), "{}", empty.text());
    indicators(&directory).build(NOON).await.unwrap();
    let one = directory.get("/indicateurs").await.text();
    assert!(one.contains("Une seule journée") && !one.contains("<svg class=\"plot\""), "an empty plot says nothing");
    for day in 0..3 {
        indicators(&directory).build(NOON + day * DAY).await.unwrap();
    }
    let answer = directory.get("/indicateurs").await;
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    let page = answer.text();
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"fr\">") && page.contains("22/11/2026"));
    for forbidden in ["<script>", "style=", "<style", "http://", "https://", "onclick", "NaN"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let count = |what: &str| page.matches(what).count();
    assert_eq!(count("<table"), count("<caption"), "each table says what it holds");
    assert_eq!(count("<table"), count("<thead"), "and what its columns are");
    assert_eq!(count("<th"), count(" scope=\"col\"") + count(" scope=\"row\"") + count("<thead"), "each heading says of what");
    assert_eq!(count("<tbody><tr"), count("<tbody><tr><th scope=\"row\""), "rows have a name");
    assert_eq!(count("<svg class=\"plot\""), 2);
    assert_eq!(count("<svg class=\"plot\" role=\"img\""), count("<title id="));
    assert_eq!(count("<desc id="), 2);
    // Each end of each scale, in letters of the page's size.
    assert_eq!(count(">20/11/2026</span>"), 2);
    assert_eq!(count(">22/11/2026</span>"), 2);
    assert_eq!((count("<div class=\"scale\" aria-hidden=\"true\">"), count("<text")), (2, 0));
    assert!(count("<h1>") == 1 && count("<h2>") >= 7 && count("<h3") == 0);
    assert!(page.contains("masqué") && page.contains("Auvergne-Rhône-Alpes") && page.contains("non connu"));
    assert_eq!(count("<table"), count("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label="), "and scrolls by itself");
    assert!(page.contains("<a href=\"/indicateurs\" aria-current=\"page\">") && page.contains("<nav aria-label=\"Pages du site\">"));
    // Nothing is asked of anybody but this site.
    for reference in page.split(" href=\"").skip(1).chain(page.split(" src=\"").skip(1)) {
        let ours = reference.starts_with('/') && !reference.starts_with("//");
        assert!(ours || reference.starts_with("#contenu\""), "{}", reference.split('"').next().unwrap());
    }
    let csv = directory.get("/indicateurs.csv").await;
    assert_eq!((csv.status, csv.headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.body.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let names: std::collections::BTreeSet<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    for cut in ["national", "profession", "specialty", "region", "department", "type", "operator"] {
        assert!(names.contains(&("2026-11-22", cut)), "{cut}");
    }
    assert!(names.contains(&("2026-11-20", "national")) && names.contains(&("2026-11-21", "national")));
    // A name of a row of the page is one of the file, and its number as well.
    let shown = |label: &str| page.contains(&format!("<th scope=\"row\">{}</th>", label.replace('&', "&amp;").replace('"', "&quot;")));
    for row in rows.iter().filter(|row| &row[1] != "national" && &row[4] == "mailboxes") {
        assert!(shown(&row[3]) && !row[3].is_empty(), "{row:?}");
    }
    let path = page.split('"').find(|value| value.starts_with("/site/indicateurs.")).expect("its own style, by its digest");
    let style = directory.get(path).await;
    assert_eq!((style.status, style.headers["content-type"].as_str()), (200, "text/css; charset=utf-8"));
    assert_eq!(style.headers["cache-control"], "public, max-age=31536000, immutable");
    assert!(style.text().contains("prefers-color-scheme: dark") && style.text().contains("@media print"));
    assert_eq!(directory.get("/indicateurs?x=1").await.status, 400);
}

/// Text on its ground, in both schemes: 4.5 to 1 (WCAG 1.4.3); drawings 3 to 1 (1.4.11).
#[test]
fn colours_stand_out() {
    let style = std::fs::read_to_string(crate::harness::repository("src/rest/indicators.css")).unwrap();
    let light = |colour: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let schemes: Vec<&str> = style.lines().filter(|line| line.contains("--text:")).collect();
    assert_eq!(schemes.len(), 3);
    for scheme in schemes {
        let colour = |name: &str| scheme.split(&format!("--{name}: ")).nth(1).map(|rest| &rest[..7]);
        let contrast = |one: &str, two: &str| {
            let (one, two) = (light(colour(one).unwrap()), light(colour(two).unwrap()));
            (one.max(two) + 0.05) / (one.min(two) + 0.05)
        };
        for ground in ["ground", "soft"] {
            assert!(contrast("text", ground) >= 4.5, "{scheme}");
            assert!(contrast("one", ground) >= 4.5 && contrast("two", ground) >= 3.0, "{scheme}");
        }
    }
}
