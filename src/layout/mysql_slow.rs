//! The slow query log of `MySQL` and `MariaDB`: lines of a head that begin with `#`, and the statement below them.

use memchr::memmem;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::message::entry;
use crate::layout::timestamp;

/// What a record begins with.
const HEAD: &[u8] = b"# Time: ";

/// `mysql-slow`: a block of `#` lines, the first `# Time: …`, and the statement below them.
pub(super) struct MysqlSlow;

impl Layout for MysqlSlow {
    fn name(&self) -> &'static str {
        "mysql-slow"
    }

    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        line.starts_with(HEAD)
    }

    fn is_seen_in(&self, beginning: &[u8]) -> bool {
        memmem::find(beginning, HEAD).is_some() && memmem::find(beginning, b"# User@Host: ").is_some()
    }

    /// Most lines of a record do not look like a head. Lines that another program writes between them begin with a time or
    /// an object.
    fn continues_despite_head(&self, line: &[u8]) -> bool {
        !self.is_head(line) && !matches!(line.first(), Some(b'0'..=b'9' | b'[' | b'{' | b'<'))
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (stamp, block) = timestamp::leading(record.strip_prefix("# Time: ")?)?;
        // The statement follows the last line of the head, which sets the time it runs at.
        let statement =
            block.split_once("SET timestamp=").and_then(|(_, rest)| rest.split_once('\n')).map_or(block, |(_, sql)| sql);
        Some(entry("mysql-slow", Some(stamp), None, statement, Fields::default()))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "# Time: 2026-08-22T12:00:00.123456Z\n# User@Host: app[app] @ [10.0.0.1]  Id: 8\n# Query_time: 0.1  Lock_time: 0.0 Rows_sent: 0  Rows_examined: 1\nuse shop;\nSET timestamp=1787400000;\nDELETE FROM users WHERE id = 'u1';",
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: None,
        message: "DELETE FROM users WHERE id = 'u1';",
        fields: &[],
    },
    // Of a server before 5.7, and a statement of several lines.
    Sample {
        record: "# Time: 260822 12:00:00\n# User@Host: app[app] @  [10.0.0.1]\n# Query_time: 0.1  Lock_time: 0.0 Rows_sent: 0  Rows_examined: 1\nSET timestamp=1787400000;\nDELETE FROM users\nWHERE id = 'u1';",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "DELETE FROM users\nWHERE id = 'u1';",
        fields: &[],
    },
];
