//! Checks of what only the iPad's build has: what the library links, and what Xcode's project is made from.

pub mod frameworks;
pub mod project;
