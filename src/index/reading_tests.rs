//! What is looked up, what is dropped, what a word is taken for.

use super::*;

fn read(q: &str) -> Reading {
    Reading::of(&Criteria { q: Some(q.into()), ..Criteria::default() })
}

fn codes(word: &Asked) -> Vec<String> {
    let code = |way: &Alternative| match &way.test {
        Test::Code(kind, code) if way.level < 3 => Some(format!("{kind}={code}")),
        _ => None,
    };
    word.typed.iter().filter_map(code).collect()
}

#[test]
fn particles_and_titles_are_dropped_when_others_remain() {
    for (q, kept, dropped) in [
        ("Dr Dupont", &["dupont"][..], &["dr"][..]),
        ("le docteur de la Tour", &["tour"], &["le", "docteur", "de", "la"]),
        ("Mme d'Hérault", &["herault"], &["mme", "d"]),
        ("M. Allard", &["allard"], &["m"]),
        ("M'Bar", &["m", "bar"], &[]),
        ("von der Leyen", &["leyen"], &["von", "der"]),
        ("d dupont", &["d", "dupont"], &[]),
        ("J-P. Martin", &["j", "p", "martin"], &[]),
        ("de", &["de"], &[]),
        ("dr", &["dr"], &[]),
        ("Grenoble CEDEX 09 kiné", &["grenoble", "kine"], &["cedex", "09"]),
        ("Paris 12e arrondissement", &["paris", "12e"], &["arrondissement"]),
        ("de 69003", &["69003"], &["de"]),
    ] {
        let reading = read(q);
        assert_eq!(reading.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), kept, "{q}");
        assert_eq!(reading.dropped.iter().map(|(word, ..)| word.as_str()).collect::<Vec<_>>(), dropped, "{q}");
        assert!(!reading.says_nothing);
    }
    assert!(read("--").says_nothing && read("").says_nothing);
}

#[test]
fn words_are_taken_for_what_they_stand_for() {
    for (q, expected) in [
        ("kiné", vec![vec!["prof=70"]]),
        ("généraliste lyon", vec![vec!["spec=sm26", "spec=sm53", "spec=sm54"], vec![]]),
        ("médecin généraliste", vec![vec!["spec=sm26", "spec=sm53", "spec=sm54"]; 2]),
        ("chirurgien de la main", vec![vec!["spec=sst06"]; 2]),
        ("sages-femmes 2A", vec![vec!["prof=50"], vec!["prof=50"], vec!["dept=2a"]]),
        ("dupont 69", vec![vec![], vec!["dept=69"]]),
        ("dupont 1", vec![vec![], vec!["dept=01"]]),
        ("dupont 971", vec![vec![], vec!["dept=971"]]),
        ("martin corse du sud", vec![vec![], vec!["dept=2a"], vec!["dept=2a"]]),
        ("martin corse", vec![vec![], vec!["dept=2a", "dept=2b"]]),
        ("paris 12", vec![vec!["dept=75"], vec!["arr=12"]]),
        ("lyon 3e", vec![vec![], vec!["arr=3"]]),
        ("nice 06", vec![vec![], vec!["dept=06"]]),
        ("dupont 99", vec![vec![], vec![]]),
        ("69003", vec![vec!["cp=69003"]]),
        ("37 rue victor", vec![vec![], vec![], vec![]]),
        ("paris 12 rue pasteur", vec![vec!["dept=75"], vec![], vec![], vec![]]),
        ("rue pasteur 37", vec![vec![], vec![], vec!["dept=37"]]),
    ] {
        assert_eq!(read(q).words.iter().map(codes).collect::<Vec<_>>(), expected, "{q}");
    }
    // Names are asked for names only.
    let name = Reading::of(&Criteria { name: Some("kine".into()), given: Some("69".into()), ..Criteria::default() });
    assert!(name.words.iter().all(|word| codes(word).is_empty() && word.typed.iter().all(|way| way.level % 3 == 0)));
}

#[test]
fn only_words_that_are_not_known_may_hold_errors() {
    for (q, forgivable) in
        [("dupont", true), ("roy", false), ("cardiologue", false), ("69003", false), ("2apont", false), ("finistère", false)]
    {
        assert_eq!(read(q).words[0].forgivable, forgivable, "{q}");
    }
    let levels = |q: &str| read(q).words[0].mistaken(2).iter().map(|way| way.level / 3).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(levels("dupont"), [3].into());
    assert_eq!(levels("dupontel"), [3, 4].into());
    assert!(levels("roy").is_empty());
    assert!(read("cardiolouge").words[0].mistaken(1).iter().any(|way| way.test == Test::Code("spec", "sm04".into())));
}

#[test]
fn neighbours_and_short_forms_are_looked_up() {
    let tests = |q: &str, at: usize| read(q).words[at].typed.iter().map(|way| way.test.clone()).collect::<Vec<_>>();
    let family = |word: &str| Test::Word(Tag::Family, word.into());
    assert!(tests("le fevre", 0).contains(&family("lefevre")));
    assert!(tests("de la tour", 0).contains(&family("delatour")) && tests("de la tour", 0).contains(&family("latour")));
    assert!(tests("st clair", 1).contains(&family("saintclair")));
    assert!(tests("cathy", 0).contains(&Test::All(Tag::Given, vec!["catherine".into()])));
    assert!(tests("jp", 0).contains(&Test::Word(Tag::Initials, "jp".into())));
    assert!(tests("prenom.nom", 1).contains(&Test::AddressBegins("prenom.nom".into())));
    assert!(tests("Ste", 0).contains(&family("saint")) && tests("Ste", 0).contains(&Test::Begins(Tag::Given, "ste".into())));
}
