//! Parquet files, written and read: the home of polars, which the feature `parquet` brings.
//!
//! Without the feature both end in [`Error::NotBuiltIn`].

mod values;
#[cfg(feature = "parquet")]
mod with_polars;
#[cfg(not(feature = "parquet"))]
mod without;

pub use values::{Error, Kind, Table, Values};
#[cfg(feature = "parquet")]
pub use with_polars::{check, read, write};
#[cfg(not(feature = "parquet"))]
pub use without::{check, read, write};
