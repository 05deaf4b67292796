//! The words that loggers call their levels.

/// The levels of all loggers known here, without regard to case.
const LEVELS: [&str; 45] = [
    "trace",
    "debug",
    "info",
    "notice",
    "warn",
    "warning",
    "error",
    "fatal",
    "critical",
    "crit",
    "alert",
    "emerg",
    "emergency",
    "panic",
    "dpanic",
    "severe",
    "config",
    "fine",
    "finer",
    "finest",
    "verbose",
    "silly",
    "success",
    "trc",
    "dbg",
    "inf",
    "wrn",
    "err",
    "ftl",
    "pnc",
    "vrb",
    "erro",
    "trac",
    "debu",
    "fata",
    "pani",
    "trce",
    "dbug",
    "fail",
    "information",
    "mark",
    "ntc",
    "exception",
    "dbg1",
    "dbg2",
];

/// Levels that are also the names of packages and the first words of sentences, unless they are in capitals.
pub(super) const SHOUTED: [&str; 10] =
    ["alert", "config", "exception", "fine", "finer", "finest", "mark", "notice", "panic", "success"];

/// The levels of Python's `logging`.
pub(super) const PYTHON_LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// Whether a word is a level, in any spelling.
pub(super) fn is_level(word: &str) -> bool {
    word.len() >= 3 && word.len() <= 11 && LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}
