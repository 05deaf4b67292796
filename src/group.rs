//! Lines -> Cases: one failed request each, however many sources logged it.

pub mod client_address;
pub mod merge;
pub mod path_end;
pub mod response_size;
pub mod service_name;
pub mod split;
pub mod subject;
pub mod subject_shape;
pub mod time_index;
