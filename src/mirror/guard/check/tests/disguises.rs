//! Private files that are packed, quoted, spelled otherwise or told in messages.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::copies::{push, text, world};
use super::secrets::token;
use super::world::*;
use crate::error::Exit;

/// One line: too little to be told by its lines.
const SHORT: &str = "short but secret\n";

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn tarred(content: &[u8]) -> Vec<u8> {
    let mut archive = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    archive.append_data(&mut header, "other.md", content).unwrap();
    archive.into_inner().unwrap()
}

fn zipped(content: &[u8]) -> Vec<u8> {
    let mut archive = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("other.md", ::zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(content).unwrap();
    archive.finish().unwrap().into_inner()
}

fn utf16(content: &str) -> Vec<u8> {
    content.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn spelled(content: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextets = content.chunks(3).flat_map(|three| {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(move |place| LETTERS[(bits >> (18 - 6 * place) & 63) as usize])
    });
    let letters: Vec<u8> = sextets.collect();
    letters.chunks(76).flat_map(|line| [line, b"\n"].concat()).collect()
}

fn bare(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn hex(content: &[u8]) -> String {
    content.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In lines of 60 digits, as `xxd -p` writes them.
fn dumped(content: &[u8]) -> Vec<u8> {
    hex(content).as_bytes().chunks(60).flat_map(|line| [line, b"\n"].concat()).collect()
}

/// Pushes one file and takes it back: the rules that stopped it.
fn pushed(world: &World, name: &str, content: &[u8]) -> Vec<&'static str> {
    world.write(name, content);
    world.commit(&[]);
    let found = push(world);
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    found
}

#[test]
fn a_private_file_does_not_leave_packed_or_spelled_otherwise() {
    let world = world();
    let plan = text("secret plan", 40);
    for content in [plan.as_str(), SHORT] {
        let plain = content.as_bytes();
        for (name, packed) in [
            ("a.gz", gzipped(plain)),
            ("a.zip", zipped(plain)),
            ("a.tgz", gzipped(&tarred(plain))),
            ("a.z", deflated(plain)),
            ("object", deflated(&[format!("blob {}\0", plain.len()).as_bytes(), plain].concat())),
            ("two.z", [deflated(b"fine"), deflated(plain)].concat()),
            ("mark.txt", [&b"\xff\xfe"[..], &utf16(content)].concat()),
            ("nul.txt", [plain, b"\0"].concat()),
            ("packed.txt", spelled(&gzipped(plain))),
            ("a.bin", bare(plain)),
            ("a.hex", dumped(plain)),
            ("twice.txt", spelled(&spelled(&gzipped(plain)))),
            ("hex.txt", spelled(&dumped(plain))),
        ] {
            assert_eq!(pushed(&world, name, &packed), ["G030"], "{name}: {content}");
        }
    }
    assert_eq!(pushed(&world, "a.txt", &spelled(plan.as_bytes())), ["G030"]);
    assert_eq!(pushed(&world, "a.txt", &spelled(&plan.as_bytes()[40..])), ["G031"]);
    let string = format!("{{\"data\": \"{}\"}}\n", hex(&bare(plan.as_bytes())));
    assert_eq!(pushed(&world, "a.json", string.as_bytes()), ["G030"]);
    let string = String::from_utf8(spelled(plan.as_bytes())).unwrap().replace('\n', "\\n");
    assert_eq!(pushed(&world, "a.json", format!("{{\"data\": \"{string}\"}}\n").as_bytes()), ["G030"]);
    let fine = text("another story", 40);
    for content in [
        gzipped(fine.as_bytes()),
        spelled(fine.as_bytes()),
        deflated(fine.as_bytes()),
        b"x^2".to_vec(),
        bare(fine.as_bytes()),
        dumped(fine.as_bytes()),
    ] {
        assert_eq!(pushed(&world, "fine", &content), [""; 0]);
    }
}

#[test]
fn a_private_text_does_not_leave_as_a_diff_a_quotation_a_comment_or_a_string() {
    let world = world();
    let plan = text("secret plan", 40);
    let led = |mark: &str| plan.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    let string = plan.replace('\n', "\\n");
    let cells: String = plan.lines().map(|line| format!("    \"{line}\\n\",\n")).collect();
    for (name, content) in [
        ("quoted.md", led("> ")),
        ("a.py", led("# ")),
        ("a.rs", led("    // ")),
        ("a.json", format!("{{\"text\": \"{string}\"}}\n")),
        ("a.ipynb", format!("{{\"cells\": [{{\"source\": [\n{cells}]}}]}}\n")),
        ("nul.md", format!("{}\0", led(""))),
        ("a.patch", world.git(&["diff", "open", "main"])),
        ("b.patch", world.git(&["diff", "main", "open"])),
        ("c.patch", world.git(&["format-patch", "--stdout", "open..main"])),
    ] {
        let found = pushed(&world, name, content.as_bytes());
        assert!(found == ["G031"] || name == "nul.md" && found == ["G030"], "{name}: {found:?}");
    }
}

#[test]
fn a_private_text_does_not_leave_as_the_message_of_a_commit_or_a_tag() {
    let world = world();
    let plan = text("secret plan", 40);
    for (message, rule) in [(plan.as_str(), "G030"), (SHORT, "G030"), (&format!("Note\n\n{plan}"), "G031")] {
        world.git(&["commit", "-q", "--allow-empty", "-m", message]);
        assert_eq!(push(&world), [rule], "{message}");
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
        world.git(&["tag", "-f", "-a", "v1", "-m", message, "open"]);
        assert_eq!(rules(&world.push_to(PUBLIC, "v1", "refs/tags/v1")), [rule], "{message}");
    }
    world.git(&["commit", "-q", "--allow-empty", "-m", &text("another story", 9)]);
    assert_eq!(push(&world), [""; 0]);
}

#[test]
fn a_bundle_and_a_pack_stay_off_public_places_whatever_else_may_pass() {
    let world = world();
    world.policy("[content]\nopaque = \"pass\"\n");
    world.git(&["bundle", "create", "-q", "all.bin", "--all"]);
    world.git(&["repack", "-adq"]);
    let folder = world.dir().join(".git/objects/pack");
    let packs = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.into_iter().find(|path| path.extension().is_some_and(|end| end == "pack")).unwrap();
    let bundle = std::fs::read(world.dir().join("all.bin")).unwrap();
    std::fs::remove_file(world.dir().join("all.bin")).unwrap();
    let pack = std::fs::read(pack).unwrap();
    for (name, content) in [("a", bundle.clone()), ("b", pack), ("c.gz", gzipped(&bundle))] {
        world.write(name, content);
        world.commit(&[]);
        let report = world.push_to(PUBLIC, "open", "refs/heads/open");
        assert_eq!((rules(&report), report.exit()), (vec!["G033"], Exit::Blocked), "{name}");
        assert_eq!(world.push_to(PRIVATE, "open", "refs/heads/open").exit(), Exit::Done);
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}

#[test]
fn a_secret_that_is_packed_and_spelled_is_found_and_nothing_that_merely_begins_like_it() {
    let world = world();
    let secret = format!("key = {}\n", token(3));
    let plain = secret.as_bytes();
    for (name, content) in [
        ("a.txt", spelled(&gzipped(plain))),
        ("b.txt", spelled(&deflated(plain))),
        ("c.txt", spelled(&tarred(plain))),
        ("d.txt", dumped(&gzipped(plain))),
        ("e.gz", gzipped(&spelled(plain))),
        ("f.txt", spelled(&gzipped(&spelled(&gzipped(plain))))),
        ("g.json", format!("{{\"data\": \"{}\"}}\n", hex(&gzipped(plain))).into_bytes()),
    ] {
        assert_eq!(pushed(&world, name, &content), ["G032"], "{name}");
    }
    let pack = [&b"PACK\0\0\0\x02\0\0\0\x03\x9a\x0b"[..], &[7; 60]].concat();
    assert_eq!(pushed(&world, "h.txt", &spelled(&pack)), ["G033"]);
    // More than is unpacked of so little, and what needs a password: as where it is not spelled.
    let bomb = [&vec![b' '; 9 << 20][..], plain].concat();
    let mut locked = zipped(plain);
    let ends = locked.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    [6, ends + 8].into_iter().for_each(|flags| locked[flags] |= 1);
    for (name, content) in [("bomb.gz", gzipped(&bomb)), ("locked.zip", locked)] {
        assert_eq!(pushed(&world, name, &content), ["G033"], "{name}");
        assert_eq!(pushed(&world, "i.txt", &spelled(&content)), ["G033"], "{name}, spelled");
    }
    let torn = &gzipped(text("a story", 40).as_bytes())[..90];
    for fine in [spelled(torn), dumped(torn), spelled(&gzipped(text("a story", 40).as_bytes()))] {
        assert_eq!(pushed(&world, "fine.txt", &fine), [""; 0]);
    }
}
