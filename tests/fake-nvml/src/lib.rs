//! NVIDIA's management library, played from a small state file, for tests on machines without a card.
//!
//! A test writes a [`State`], points [`STATE_VARIABLE`] at it in the environment of the program under test, and
//! names [`library`] as the library to load. The file is read again at each call, so whatever a test writes next
//! is what the next question finds.

mod calls;
mod state;

use std::path::PathBuf;

pub use state::{FakeCard, Process, STATE_VARIABLE, State, codes};

/// The built library: `libfake_nvml.so` beside the test program.
///
/// `cargo test` builds it, as it builds every crate type of a dev-dependency, into `<target>/<profile>/deps`, where
/// the test programs are too; so neither a target directory of one's own nor a profile makes a difference.
///
/// # Panics
/// It is not there: the caller is no test of a crate that has this one among its dev-dependencies.
pub fn library() -> PathBuf {
    let program = std::env::current_exe().expect("a test program has a path");
    let deps = program.parent().expect("a file is in a folder");
    let name = format!("{}fake_nvml{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    // Documentation tests and examples lie one folder away.
    let places = [deps.join(&name), deps.join("deps").join(&name), deps.join("..").join("deps").join(&name)];
    let found = places.iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {name} beside {}", program.display())).clone()
}
