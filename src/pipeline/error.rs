//! Why a run could not be.

use std::io;

use thiserror::Error;

use crate::extract::signature::CatalogError;
use crate::ingest::discover::DiscoverError;

/// Why a scan could not run.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A path leads nowhere.
    #[error(transparent)]
    Paths(#[from] DiscoverError),
    /// A catalog is not as it must be.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(io::Error),
}
