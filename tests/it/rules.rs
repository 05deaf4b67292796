//! The registry of diagnosis rules holds what reports, `jwtriage explain` and the README say of it.

use std::collections::BTreeSet;

use jwtriage::causes::rule::RuleKind;
use jwtriage::causes::{CAUSES, rule, rules};
use jwtriage::model::words::{Cause, RuleId, Variant};
use jwtriage::report::rules::markdown_table;

use crate::scenarios::{all, every_failure};
use crate::{jwtriage, project};

#[test]
fn every_number_has_a_rule_and_every_rule_its_texts() {
    let known: BTreeSet<RuleId> = rules().iter().map(|rule| rule.id).collect();
    assert_eq!(known.into_iter().collect::<Vec<_>>(), RuleId::ALL);
    for rule in rules() {
        let texts = [rule.name, rule.symptom, rule.confidence];
        assert!(texts.iter().all(|text| !text.is_empty()) && !rule.requires.is_empty(), "{}", rule.id);
        assert!(!rule.reads.is_empty() && !rule.outcomes.is_empty(), "{}", rule.id);
        assert!(rule.kind == RuleKind::Remark || !rule.verify.is_empty(), "{}", rule.id);
        for text in texts.iter().chain(rule.requires).chain(rule.supports).chain(rule.counters) {
            assert!(text.is_ascii() && !text.contains("  ") && text.trim() == *text, "{}: {text}", rule.id);
        }
        let variants: Vec<_> = rule.outcomes.iter().map(|outcome| outcome.variant).collect();
        assert_eq!(variants.iter().collect::<BTreeSet<_>>().len(), variants.len(), "{}: a variant twice", rule.id);
    }
    for variant in Variant::ALL {
        assert!(rules().iter().any(|rule| rule.outcome(Some(*variant)).is_some()), "{variant} is concluded by no rule");
    }
}

#[test]
fn every_rule_is_of_the_cause_whose_file_it_stands_in() {
    for cause in CAUSES {
        let mut ids = BTreeSet::new();
        for rule in cause.rules {
            assert_eq!(rule.cause, cause.cause, "{}", rule.id);
            assert!(ids.insert(rule.id), "{} twice in {}", rule.id, cause.cause);
            assert!(rule.kind == RuleKind::Remark || (rule.verify, rule.ends) == (cause.verify, cause.ends), "{}", rule.id);
        }
    }
}

#[test]
fn every_conclusion_of_every_timeline_is_one_that_its_rule_declares() {
    let mut seen: BTreeSet<(Cause, RuleId)> = BTreeSet::new();
    for (file, failure) in every_failure() {
        let rule = rule(failure.root_cause, failure.rule);
        let rule = rule.unwrap_or_else(|| panic!("{file}: {} has no rule of {}", failure.root_cause, failure.rule));
        assert!(rule.outcome(failure.variant).is_some(), "{file}: {} concludes {:?}", rule.id, failure.variant);
        assert!(!matches!(rule.kind, RuleKind::Finding | RuleKind::Remark), "{file}: {}", rule.id);
        seen.insert((rule.cause, rule.id));
    }
    for rule in rules().iter().filter(|rule| !matches!(rule.kind, RuleKind::Finding | RuleKind::Remark)) {
        assert!(seen.contains(&(rule.cause, rule.id)), "no timeline shows {} of {}", rule.id, rule.cause);
    }
}

#[test]
fn the_timeline_that_a_rule_names_speaks_of_it() {
    let scenarios: Vec<String> = all().into_iter().map(|(file, _)| file).collect();
    for rule in rules() {
        let path = project("tests/it/scenarios").join(rule.scenario).with_extension("toml");
        assert!(scenarios.iter().any(|file| path.ends_with(file)), "{}: no {}", rule.id, path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(rule.id.as_str()), "{} is not in {}", rule.id, path.display());
    }
}

#[test]
fn the_table_of_the_readme_is_that_of_the_registry() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let table = markdown_table();
    assert!(readme.contains(&table), "README.md must have this table:\n{table}");
}

fn stdout(args: &[&str]) -> String {
    let done = jwtriage(args);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn rules_are_listed_for_people_and_programs() {
    let list = stdout(&["rules"]);
    assert_eq!(list.lines().count(), rules().len());
    assert!(list.contains("DR-23\tkey_rotated\tearly_retirement,unannounced_retirement\t"), "{list}");
    let json: serde_json::Value = serde_json::from_str(&stdout(&["rules", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), rules().len());
    let first = &json[0];
    assert_eq!((&first["id"], &first["cause"], &first["kind"]), (&"DR-01".into(), &"user_deleted".into(), &"diagnosis".into()));
    assert_eq!(first["reads"], serde_json::json!(["subject", "all"]));
}

#[test]
fn a_rule_is_explained_however_its_number_is_written() {
    let text = stdout(&["explain", "DR-23"]);
    assert_eq!(text, stdout(&["explain", "dr-23"]));
    assert_eq!(text, stdout(&["explain", "23"]));
    for part in
        ["DR-23 key_rotated: ", "\nasks for    - ", "\nconcludes   unannounced_retirement\n", "\nverify      ", "\nends        "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A number of two causes is explained for both.
    let both = stdout(&["explain", "DR-28"]);
    assert!(both.contains("DR-28 stale_jwks_cache: ") && both.contains("\nDR-28 misconfiguration: "), "{both}");
}

#[test]
fn a_rule_that_is_none_is_an_error_with_those_that_may_be_meant() {
    for (text, meant) in [
        ("DR-46", Some("DR-06")),
        ("29x", Some("DR-29")),
        ("early_retirement", Some("DR-23")),
        ("key_rotated", Some("DR-23")),
        ("x", None),
    ] {
        let done = jwtriage(&["explain", text]);
        let error = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{error}");
        assert!(
            error.contains(&format!("no rule has the number `{text}`")) && error.contains("`jwtriage rules` lists all"),
            "{error}"
        );
        assert_eq!(error.contains("did you mean"), meant.is_some(), "{error}");
        assert!(meant.is_none_or(|meant| error.contains(meant)), "{error}");
    }
}
