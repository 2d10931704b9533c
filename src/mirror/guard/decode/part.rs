//! What a file is made of, as the guard reads it.

/// A piece that can be read, or one that cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Bytes to look at. The file itself comes first, as it is.
    View(View<'a>),
    /// Something in which nobody can look.
    Opaque {
        /// Its name, as that of a view.
        name: &'a [u8],
        /// Why, in a few words.
        why: &'a str,
    },
    /// Something that begins as an archive does, and is no whole one.
    Broken {
        /// Its name, as that of a view.
        name: &'a [u8],
        /// How that shows, in a few words.
        why: &'a str,
    },
    /// A part of some history of Git, with all the files and messages in it.
    History {
        /// Its name, as that of a view.
        name: &'a [u8],
        /// What it is, in a few words.
        what: &'a str,
    },
}

/// Bytes that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// The path of the file; of what lies in an archive, with `!` and the name inside: `a.zip!b.tar.gz!c`.
    pub name: &'a [u8],
    /// The name inside of the innermost archive, for rules about paths; nothing for the file itself.
    pub inside: Option<&'a [u8]>,
    /// What it says; text in UTF-16 comes once more as UTF-8.
    pub bytes: &'a [u8],
}
