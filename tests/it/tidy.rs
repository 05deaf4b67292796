//! The arrow of the stages: none knows a later one.

use crate::project;

#[test]
fn no_stage_imports_from_a_later_one() {
    // `scan` asks `correlate::merge` what the second pass must look for; else the order is that of lib.rs.
    let order = ["event", "atomic_file", "discover", "decode", "frame", "parse", "signature", "prefilter", "detect", "needles"];
    for (place, stage) in order.iter().enumerate() {
        let text = std::fs::read_to_string(project(&format!("src/{stage}.rs"))).unwrap();
        for later in ["scan", "correlate", "report"].iter().chain(&order[place + 1..]) {
            // Wrappers read time stamps, and nested records are numbered by lines: frame and parse are of one level.
            if (*stage, *later) == ("frame", "parse") {
                continue;
            }
            assert!(!text.contains(&format!("use crate::{later}")), "{stage} imports from {later}");
        }
    }
}

#[test]
fn only_the_binary_prints() {
    for file in ["src/scan.rs", "src/detect.rs", "src/correlate.rs"] {
        let text = std::fs::read_to_string(project(file)).unwrap();
        assert!(!text.contains("println!"), "{file}");
    }
}
