//! The columns of what the catalog misses: one row a template.

use super::row::Get::{Text, Whole};
use super::row::{Column, named, whole, word};
use crate::extract::unknown::Template;

/// The columns, in order.
pub(in crate::report) const UNKNOWN: &[Column<Template>] = &[
    Column("count", Whole(|template| whole(template.count))),
    Column("template", Text(|template, _| word(&template.text))),
    Column("format", Text(|template, _| word(template.format))),
    Column("file", Text(|template, names| named(names.files, template.first.stream.0))),
    Column("line", Whole(|template| whole(template.first.line))),
    Column("example", Text(|template, _| word(&template.example))),
];
