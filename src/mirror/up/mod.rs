//! From the private repository to the public one: a plan first, then exactly that.

pub mod approval;
pub mod build;
pub mod checks;
pub mod describe;
pub mod ground;
pub mod kept;
pub mod offer;
pub mod pick;
pub mod plan;
pub mod planning;
pub mod proposal;
pub mod publish;
pub mod stop;
pub mod waiting;
pub mod wanted;
pub mod whole;
