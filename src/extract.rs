//! Records -> Events: the catalog, the prefilter, the hot loop, and what becomes of records that nothing explains.

pub mod detect;
pub mod draft;
pub mod extracted;
pub mod fold;
pub mod nested;
pub mod prefilter;
pub mod prose;
pub mod signature;
pub mod template;
pub mod unknown;
