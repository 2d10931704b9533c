//! A program that is kept running and asked again and again: each answer is read before the next question.
//!
//! It is an [errand](errands), and ends when this is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

use crate::process::errands::{self, Errand};
use crate::process::log::sanitize;

/// How much of an answer is read at once, in bytes.
const ROOM: usize = 64 << 10;

/// So much of what it says on stderr is kept, in bytes.
const WORDS: usize = 4 << 10;

/// A program that is running and listens.
#[derive(Debug)]
pub struct Talk {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    words: Option<JoinHandle<Vec<u8>>>,
    errand: Option<Errand>,
}

impl Talk {
    /// Starts a program, out of reach of the terminal's Ctrl-C: whoever asks it decides when it ends.
    ///
    /// # Errors
    /// It cannot start.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let (mut child, errand) = errands::start(command)?;
        // Read at all times, so that it never waits for somebody to hear a warning.
        let words = child.stderr.take().map(|stderr| thread::spawn(move || listen(stderr)));
        Ok(Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take().map(|stdout| BufReader::with_capacity(ROOM, stdout)),
            words,
            child,
            errand: Some(errand),
        })
    }

    /// Asks something short, which a pipe holds.
    ///
    /// # Errors
    /// It has ended.
    pub fn tell(&mut self, bytes: &[u8]) -> Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        stdin.write_all(bytes).context("it listens no more")
    }

    /// Asks everything there is to ask, from a thread of its own, so that answers can be read meanwhile.
    pub fn feed(&mut self, bytes: Vec<u8>) {
        if let Some(mut stdin) = self.stdin.take() {
            // Where it stops listening, its answers end too, and that is heard.
            thread::spawn(move || stdin.write_all(&bytes));
        }
    }

    /// Its answers.
    pub fn hear(&mut self) -> &mut dyn BufRead {
        self.stdout.as_mut().expect("it is taken only when this is dropped")
    }

    /// Ends it, and gives what it said on stderr; nothing where it said nothing.
    pub fn last_words(mut self) -> Option<String> {
        self.end(false);
        let words = self.words.take()?.join().ok()?;
        let words = sanitize(&String::from_utf8_lossy(&words)).trim().to_owned();
        (!words.is_empty()).then_some(words)
    }

    fn end(&mut self, at_once: bool) {
        drop(self.stdin.take());
        drop(self.stdout.take());
        if at_once {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        drop(self.errand.take());
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // Everything it was asked to do was answered, so nothing is cut short.
        if self.errand.is_some() {
            self.end(true);
        }
    }
}

fn listen(mut stderr: ChildStderr) -> Vec<u8> {
    let (mut words, mut some) = (Vec::new(), [0; 512]);
    while let Ok(length) = stderr.read(&mut some) {
        if length == 0 {
            break;
        }
        let room = WORDS.saturating_sub(words.len());
        words.extend_from_slice(&some[..length.min(room)]);
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::process::command::Program;
    use crate::process::identity::Identity;
    use crate::process::wait::wait_until;

    #[test]
    fn it_answers_until_it_is_dropped_and_then_it_is_gone() {
        let script = "while read -r word; do echo \"$word?\"; done; sleep 60";
        let mut talk = Program::new("sh").args(["-c", script]).talk().unwrap();
        let identity = Identity::of(talk.child.id()).unwrap();
        for word in ["one", "two"] {
            talk.tell(format!("{word}\n").as_bytes()).unwrap();
            let mut line = String::new();
            talk.hear().read_line(&mut line).unwrap();
            assert_eq!(line, format!("{word}?\n"));
        }
        drop(talk);
        wait_until(|| !identity.is_alive());
    }

    #[test]
    fn more_is_asked_and_answered_than_a_pipe_holds() {
        let mut talk = Program::new("cat").talk().unwrap();
        talk.feed(b"word\n".repeat(1 << 19));
        let mut heard = Vec::new();
        talk.hear().read_to_end(&mut heard).unwrap();
        assert_eq!(heard.len(), 5 << 19);
    }

    #[test]
    fn one_that_ends_is_heard_and_its_last_words_are_kept() {
        let script = "read -r word; head -c 100000 /dev/zero | tr '\\0' w >&2; exit 1";
        let mut talk = Program::new("sh").args(["-c", script]).talk().unwrap();
        talk.tell(b"go\n").unwrap();
        assert_eq!(talk.hear().read_line(&mut String::new()).unwrap(), 0);
        assert_eq!(talk.last_words().unwrap().len(), super::WORDS);
    }
}
