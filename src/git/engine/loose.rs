//! Objects in files of their own, looked at before libgit2 reads them: what a power cut has torn shows in them.
//!
//! libgit2 waits for ever for the rest of one that was cut short (1.9, `git_zstream_get_output`), and neither it nor
//! Git writes an object anew whose file is there, whatever that holds.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::{Decompress, FlushDecompress, Status};

use crate::git::engine::objects::{Kind, Torn};
use crate::git::stamp::Stamp;
use crate::model::object::ObjectId;

/// From so many objects on the folders are listed, which costs less than to ask for the file of each.
const MANY: usize = 200;

/// How deep folders of objects borrow from others, as Git follows them.
const DEPTH: usize = 5;

/// More than any header has, `commit ` and a number of 20 digits, in bytes.
const HEADER: usize = 32;

/// What is read and unpacked at once, in bytes.
const ROOM: usize = 16 << 10;

/// So many of what was found to be whole are kept in memory.
const REMEMBERED: usize = 4096;

/// The loose objects of a repository and of those that it borrows from.
pub(in crate::git) struct Loose {
    objects: PathBuf,
    folders: OnceCell<Vec<PathBuf>>,
    /// The files that were found to be whole.
    whole: RefCell<HashMap<ObjectId, Stamp>>,
}

impl Loose {
    /// Those of the git directory that all work trees share.
    pub fn new(common_dir: &Path) -> Self {
        Self { objects: common_dir.join("objects"), folders: OnceCell::new(), whole: RefCell::default() }
    }

    /// Its own folder and those that it borrows from.
    fn folders(&self) -> &[PathBuf] {
        self.folders.get_or_init(|| {
            let mut folders = vec![self.objects.clone()];
            let mut from = 0;
            for _ in 0..DEPTH {
                let more: Vec<_> = folders[from..].iter().flat_map(|folder| lenders(folder)).collect();
                from = folders.len();
                folders.extend(more);
            }
            folders
        })
    }

    /// Whether an object lies in a file of its own.
    pub fn has(&self, id: ObjectId) -> bool {
        let hex = id.to_string();
        self.folders().iter().any(|folder| folder.join(&hex[..2]).join(&hex[2..]).exists())
    }

    /// Makes sure that reading an object comes to an end.
    ///
    /// # Errors
    /// Its file is damaged.
    pub fn check(&self, id: ObjectId) -> Result<(), Torn> {
        let hex = id.to_string();
        for folder in self.folders() {
            let path = folder.join(&hex[..2]).join(&hex[2..]);
            // One that is not there is packed or missing, and who may not read it is told so by who tries.
            let Ok(stamp) = fs::metadata(&path).map(|meta| Stamp::of(&meta)) else { continue };
            if self.whole.borrow().get(&id) == Some(&stamp) {
                continue;
            }
            match is_whole(&path) {
                Ok(false) => {
                    let told = format!("object {id} is damaged: its file is cut short or overwritten");
                    return Err(Torn(told));
                }
                Ok(true) if self.whole.borrow().len() < REMEMBERED => {
                    self.whole.borrow_mut().insert(id, stamp);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Those of many that may be loose, and therefore torn.
    pub fn among(&self, ids: &[ObjectId]) -> HashSet<ObjectId> {
        if ids.len() < MANY {
            return ids.iter().copied().collect();
        }
        let mut listed = HashSet::new();
        for folder in self.folders() {
            // Where there is nothing to list, nothing is loose.
            let _ = each_file(folder, &mut |id, _| {
                listed.insert(id);
                Ok(())
            });
        }
        listed
    }

    /// Each object in a file of its own, not those that are borrowed.
    ///
    /// # Errors
    /// The folder cannot be listed, or what `take` says.
    pub fn each(&self, take: &mut dyn FnMut(ObjectId, &Path) -> io::Result<()>) -> io::Result<()> {
        each_file(&self.objects, take)
    }
}

/// The folders that one borrows from (gitrepository-layout(5), `objects/info/alternates`).
fn lenders(folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join("info").join("alternates")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| folder.join(line)).collect()
}

fn each_file(objects: &Path, take: &mut dyn FnMut(ObjectId, &Path) -> io::Result<()>) -> io::Result<()> {
    for folder in fs::read_dir(objects)? {
        let folder = folder?;
        let start = folder.file_name().to_string_lossy().into_owned();
        if start.len() != 2 {
            continue;
        }
        // A folder may go away when its objects are packed.
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            // Anything else is an object that another process is just writing.
            if let Ok(id) = format!("{start}{}", file.file_name().to_string_lossy()).parse() {
                take(id, &file.path())?;
            }
        }
    }
    Ok(())
}

/// Whether a file holds an object from beginning to end: what it unpacks to is as long as it says, and its checksum
/// is right. Takes as long as unpacking it, and little memory.
///
/// # Errors
/// It is not there or cannot be read.
pub(in crate::git) fn is_whole(path: &Path) -> io::Result<bool> {
    let mut packed = BufReader::with_capacity(ROOM, File::open(path)?);
    let (mut zlib, mut room, mut header) = (Decompress::new(true), [0; ROOM], Vec::new());
    loop {
        let (read, made) = (zlib.total_in(), zlib.total_out());
        let input = packed.fill_buf()?;
        let Ok(status) = zlib.decompress(input, &mut room, FlushDecompress::None) else { return Ok(false) };
        let (read, made) = (zlib.total_in() - read, zlib.total_out() - made);
        packed.consume(usize::try_from(read).unwrap_or_default());
        let missing = HEADER.saturating_sub(header.len()).min(usize::try_from(made).unwrap_or_default());
        header.extend_from_slice(&room[..missing]);
        if status == Status::StreamEnd {
            break;
        }
        if read == 0 && made == 0 {
            return Ok(false);
        }
    }
    Ok(length(&header) == Some(zlib.total_out()) && packed.fill_buf()?.is_empty())
}

/// How long an object with its header is, as that says.
fn length(header: &[u8]) -> Option<u64> {
    let end = header.iter().position(|byte| *byte == 0)?;
    let (kind, size) = std::str::from_utf8(&header[..end]).ok()?.split_once(' ')?;
    let is_known = Kind::ALL.iter().any(|known| known.word() == kind);
    let size: u64 = size.parse().ok().filter(|_| is_known)?;
    size.checked_add(end as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::repo::Repo;

    #[test]
    fn a_file_is_whole_to_its_last_byte_and_not_without_it_nor_with_one_more() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let noise: Vec<u8> =
            (0..100_000_u32).flat_map(|number| number.wrapping_mul(number).to_le_bytes()).collect();
        for content in [&b""[..], b"short", &[0; 300_000], &noise] {
            let path = repo.place.loose_path(repo.write_blob(content).unwrap());
            let (whole, copy) = (fs::read(&path).unwrap(), folder.path().join("copy"));
            let judged = |bytes: &[u8]| {
                fs::write(&copy, bytes).unwrap();
                is_whole(&copy).unwrap()
            };
            assert!(judged(&whole), "{} bytes", content.len());
            for cut in [0, 1, 2, whole.len() / 4, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 1] {
                assert!(!judged(&whole[..cut]), "{cut} of {}", whole.len());
            }
            assert!(!judged(&vec![0; whole.len()]) && !judged(&[&whole[..], b"x"].concat()));
        }
        assert!(is_whole(&folder.path().join("none")).is_err());
    }

    #[test]
    fn what_another_repository_lends_is_looked_at_too() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str| {
            fs::create_dir(folder.path().join(name)).unwrap();
            Repo::create(&folder.path().join(name), "start").unwrap()
        };
        let lender = made("lender");
        let id = lender.write_blob(b"lent").unwrap();
        let borrower = made("borrower");
        let alternates = borrower.common_dir().join("objects/info/alternates");
        fs::write(alternates, "# lent\n../../../lender/.git/objects\n").unwrap();
        let many = vec![id; MANY];
        let loose = || Loose::new(borrower.common_dir());
        assert!(loose().check(id).is_ok() && loose().among(&many).contains(&id));
        let path = lender.place.loose_path(id);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(loose().check(id).is_err());
    }
}
