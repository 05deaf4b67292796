//! One direction: every path in every file of the engine leads to a folder above its own, or to a file of its own folder
//! that does not lead back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::project;

/// The folders and root files of the engine, each after those it may import from.
const ORDER: [&str; 19] = [
    "atomic_file",
    "hash",
    "literal",
    "parquet",
    "model",
    "parallel",
    "redact",
    "layout",
    "ingest",
    "extract",
    "normalise",
    "group",
    "lookup",
    "check",
    "facts",
    "causes",
    "correlate",
    "report",
    "pipeline",
];

/// The modules of the engine (`layout::json`) and the code of each without comments and unit tests.
fn modules() -> BTreeMap<String, String> {
    let root = project("src");
    let mut modules = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "bin") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = name(path.strip_prefix(&root).unwrap());
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                modules.insert(name, lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    modules.remove("lib");
    modules
}

fn name(path: &Path) -> String {
    path.with_extension("").iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::")
}

/// The paths of a text that begin with `crate::` or `super::`, groups in braces written out.
fn paths(code: &str, module: &str) -> BTreeSet<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut paths = BTreeSet::new();
    for (start, of) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut begin = vec![of.to_owned()];
            written_out(&code[at + start.len()..], &mut begin, &mut paths);
        }
    }
    paths
}

/// Adds the paths at the beginning of a text to `paths`; `open` holds what stands before each open brace.
fn written_out(text: &str, open: &mut Vec<String>, paths: &mut BTreeSet<String>) {
    let mut path = open[0].clone();
    let join = |path: &str, word: &str| if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") };
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\n']);
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end > 0 {
            path = join(&path, &rest[..end]);
            rest = &rest[end..];
        }
        if let Some(after) = rest.strip_prefix("::") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{').filter(|_| end == 0) {
            open.push(path.clone());
            rest = after;
        } else {
            if end > 0 {
                paths.insert(path.clone());
            }
            let after = rest.strip_prefix(',').or_else(|| rest.strip_prefix('}')).filter(|_| open.len() > 1);
            let Some(after) = after else { return };
            if rest.starts_with('}') {
                open.pop();
            }
            path = open.last().cloned().unwrap_or_default();
            rest = after;
        }
    }
}

/// For each module the modules it names.
fn imports(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let known = |path: &str| {
        let mut path = path;
        loop {
            match modules.get_key_value(path) {
                Some((module, _)) => return Some(module.as_str()),
                None => path = path.rsplit_once("::")?.0,
            }
        }
    };
    modules
        .iter()
        .map(|(module, code)| {
            let mut named: BTreeSet<&str> = paths(code, module).iter().filter_map(|path| known(path)).collect();
            // A parent names its children without `crate::`.
            for child in modules.keys().filter(|child| child.rsplit_once("::").is_some_and(|(parent, _)| parent == module)) {
                let last = &child[module.len() + 2..];
                let named_so =
                    |(at, _): (usize, &str)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                if code.match_indices(&format!("{last}::")).any(named_so) {
                    named.insert(child);
                }
            }
            named.remove(module.as_str());
            (module.as_str(), named)
        })
        .collect()
}

#[test]
fn no_folder_imports_from_a_later_one() {
    let modules = modules();
    let rank = |module: &str| {
        let folder = module.split("::").next().unwrap_or_default();
        ORDER.iter().position(|known| *known == folder).unwrap_or_else(|| panic!("{folder} stands in no order"))
    };
    let mut wrong = Vec::new();
    for (module, named) in imports(&modules) {
        wrong.extend(named.iter().filter(|other| rank(other) > rank(module)).map(|other| format!("{module} -> {other}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_two_files_know_each_other() {
    let modules = modules();
    let imports = imports(&modules);
    let mut circles = Vec::new();
    for module in imports.keys() {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = imports[module].iter().copied().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(imports.get(next).into_iter().flatten());
            }
        }
        if seen.contains(module) {
            circles.push(format!("{module} -> {:?}", imports[module]));
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn only_the_binary_prints() {
    for (module, code) in modules() {
        assert!(!code.contains("println!"), "{module}");
    }
}

#[test]
fn paths_are_read_from_groups_and_through_parents() {
    let code = "use crate::a::{b::{C, D}, e};\nfn f() { super::g::h(); x.crate_of(1) }";
    let found: Vec<String> = paths(code, "p::q").into_iter().collect();
    assert_eq!(found, ["a::b::C", "a::b::D", "a::e", "p::g::h"]);
}
