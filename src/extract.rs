//! Records -> Events: the catalog, the prefilter, the hot loop, and what becomes of records that nothing explains.

pub mod check;
pub mod context;
pub mod detector;
pub mod draft;
pub mod extracted;
pub mod field_value;
pub mod fold;
pub mod found;
pub mod hygiene;
pub mod nested;
pub mod phrase;
pub mod prefilter;
pub mod prose;
pub mod record_view;
pub mod row;
pub mod search_text;
pub mod signature;
pub mod skeleton;
pub mod template;
pub mod topics;
pub mod unknown;
pub mod unlisted;
pub mod values;
pub mod vicinity;
pub mod without;
