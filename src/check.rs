//! What the operator can check: a user table, a key set, the expected issuer and audience, and one token checked
//! against all that.

pub mod inspect;
pub mod inventory;
