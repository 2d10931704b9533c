//! The words of the domain: pure data and rules, no input or output.

pub mod gpu;
pub mod id;
pub mod leader;
pub mod object;
pub mod outcome;
pub mod path;
pub mod query;
pub mod record;
pub mod scrape;
pub mod site;
pub mod status;
pub mod summary;
pub mod upload;
pub mod verdict;
