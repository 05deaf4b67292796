//! Lines -> Cases: one failed request each, however many sources logged it.

pub mod across;
pub mod beside;
pub mod by_id;
pub mod client_address;
pub mod fragment;
pub mod inferred;
pub mod merge;
pub mod moment;
pub mod one_to_one;
pub mod outage;
pub mod path_end;
pub mod response_size;
pub mod route;
pub mod sequence;
pub mod service_name;
pub mod source;
pub mod split;
pub mod subject;
pub mod subject_shape;
pub mod token_key;
pub mod window;
