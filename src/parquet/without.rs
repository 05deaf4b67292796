//! Replaces Parquet in a build without it.

use std::io::Write;

use super::values::{Error, Kind, Table, Values};

/// Whether this build has Parquet: it has not.
///
/// # Errors
/// Always.
pub fn check() -> Result<(), Error> {
    Err(Error::NotBuiltIn)
}

/// Writes nothing.
///
/// # Errors
/// Always.
pub fn write<'v>(
    _columns: &[(&str, Kind)],
    _note: (&str, &str),
    _groups: impl Iterator<Item = (usize, Vec<Values<'v>>)>,
    _out: &mut dyn Write,
) -> Result<(), Error> {
    Err(Error::NotBuiltIn)
}

/// Reads nothing.
///
/// # Errors
/// Always.
pub fn read(_bytes: &[u8], _is_wanted: impl FnMut(&str) -> bool) -> Result<Table, Error> {
    Err(Error::NotBuiltIn)
}
