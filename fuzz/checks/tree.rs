//! Whatever bytes a tree has: each name is told once and in order, or the tree is damaged.

use gx::git::raw::{each_name, is_torn};

/// Panics where the reading breaks one of its promises.
pub fn check(tree: &[u8]) {
    for length in [20, 32] {
        let mut taken = 0;
        let read = each_name(tree, length, &mut |mode, name, id| {
            assert!(!name.contains(&0) && id.as_bytes().len() == length);
            // Mode, space, name, NUL, id.
            taken += format!("{mode:o}").len() + 1 + name.len() + 1 + length;
            Ok(())
        });
        match read {
            // A mode may be written with zeros before it.
            Ok(()) => assert!(taken <= tree.len()),
            Err(error) => assert!(is_torn(&error)),
        }
    }
}
