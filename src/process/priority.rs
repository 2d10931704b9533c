//! Who goes first where processors are few.

/// Lets others go first from now on, this process's later children too: for what is left to do when the next one's
/// start is what people wait for.
pub fn step_back() {
    // Whoever may not even do that stays as important as it was.
    let _ = rustix::process::nice(5);
}
