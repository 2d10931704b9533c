//! Secrets in bytes: rules as data, in gitleaks' format, and the engine that runs them.

mod allow;
mod dialect;
pub mod encoded;
mod entropy;
mod escaped;
pub mod file;
pub mod hit;
mod pattern;
mod rule;
pub mod scanner;
mod seams;
mod shape;
mod table;
pub mod told;
pub mod wrapped;
