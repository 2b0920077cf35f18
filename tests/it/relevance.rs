//! The relevance suite within its thresholds: whoever makes search worse hears of it here.

use annuaire::cli::relevance::{self, Data, Group, Scores, World};
use std::fmt::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_good_as_they_were() {
    let questions = relevance::questions().expect("the questions");
    let mut asked = Vec::new();
    for data in Data::ALL {
        let world = World::build(data).await.expect("the data of the suite");
        asked.extend(relevance::ask(&world, &questions).await.expect("answers"));
    }
    assert_eq!(asked.len(), questions.len());
    let judged: Vec<_> = asked.iter().map(|asked| (asked.question.kind.as_str(), asked.judgement)).collect();
    let scores = Scores::of(&relevance::kinds().expect("the kinds"), &judged);
    let below = relevance::below(&scores, &relevance::thresholds().expect("the thresholds")).expect("a measure for each threshold");
    let mut failing = String::new();
    for asked in asked.iter().filter(|asked| !asked.judgement.success_1) {
        let _ = writeln!(failing, "{} {} — {}: {:?}", asked.question.id, asked.question.asked, asked.question.expect, asked.given);
    }
    assert!(below.is_empty(), "{}\nnot as expected:\n{failing}", below.join("\n"));
}

#[test]
fn the_suite_covers_what_it_says() {
    let (kinds, questions) = (relevance::kinds().expect("the kinds"), relevance::questions().expect("the questions"));
    assert!(questions.len() >= 300, "{} questions", questions.len());
    for kind in &kinds {
        assert!(questions.iter().any(|question| question.kind == kind.kind), "no question of the kind {}", kind.kind);
    }
    for data in Data::ALL {
        let of_data = questions.iter().filter(|question| question.data == data).count();
        assert!(of_data >= 50, "{of_data} questions over {}", data.name());
    }
    let thresholds = relevance::thresholds().expect("the thresholds");
    for group in Group::ALL {
        assert!(thresholds.iter().any(|threshold| threshold.of == group.name()), "no threshold of {}", group.name());
    }
}

#[test]
fn a_wrong_question_is_told() {
    let header = "id,kind,data,asked,expect\n";
    for (lines, wrong) in [
        ("a,no_kind,fixtures,q=x,none\n", "no kind no_kind"),
        ("a,none,fixtures,q=x,none\na,none,fixtures,q=y,none\n", "two questions"),
        ("a,none,elsewhere,q=x,none\n", "a table of the relevance suite"),
    ] {
        let error = relevance::read_questions(&format!("{header}{lines}")).expect_err("a wrong question");
        assert!(format!("{error:#}").contains(wrong), "{error:#}");
    }
}
