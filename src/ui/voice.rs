//! The voice of a supervisor: lines for a client that may be slow, suspended or gone, and must not hold it up.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// How long the last words may take to be heard; a client that missed them finds the outcome in the repository.
const PATIENCE: Duration = Duration::from_secs(1);

/// How an utterance is treated when the listener does not keep up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is said later.
    Kept,
    /// The next one of its kind says more.
    Fleeting,
}

/// Speaks on a pipe without ever waiting for its reader.
#[derive(Debug)]
pub struct Voice<W: Write + AsFd> {
    out: W,
    unsaid: VecDeque<u8>,
    is_alone: bool,
}

impl<W: Write + AsFd> Voice<W> {
    /// Takes over a pipe that nobody else writes to.
    pub fn new(out: W) -> Self {
        // Where that is not possible a slow reader holds it up, as any pipe does.
        if let Ok(flags) = fcntl_getfl(&out) {
            let _ = fcntl_setfl(&out, flags | OFlags::NONBLOCK);
        }
        Self { out, unsaid: VecDeque::new(), is_alone: false }
    }

    /// Says a line, or as much of it as can be heard now.
    pub fn say(&mut self, line: &str, weight: Weight) {
        self.go_on();
        if self.is_alone || weight == Weight::Fleeting && !self.unsaid.is_empty() {
            return;
        }
        self.unsaid.extend(line.bytes());
        self.unsaid.push_back(b'\n');
        self.go_on();
    }

    /// Gives the reader a moment for the rest.
    pub fn finish(mut self) {
        let began = Instant::now();
        while !self.unsaid.is_empty() && !self.is_alone && began.elapsed() < PATIENCE {
            let mut polled = [PollFd::new(&self.out, PollFlags::OUT)];
            let _ = poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 50_000_000 }));
            self.go_on();
        }
    }

    fn go_on(&mut self) {
        while !self.unsaid.is_empty() && !self.is_alone {
            match self.out.write(self.unsaid.make_contiguous()) {
                Ok(0) => self.is_alone = true,
                Ok(said) => drop(self.unsaid.drain(..said)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.is_alone = true,
            }
        }
        if self.is_alone {
            self.unsaid.clear();
        }
    }
}

/// The voice on stdout, unbuffered: a buffer could not tell how much of a line was said.
pub fn stdout() -> io::Result<Voice<std::fs::File>> {
    Ok(Voice::new(std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_reader_who_sleeps_holds_nobody_up_and_misses_only_what_is_fleeting() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        let mut voice = Voice::new(writer);
        voice.say("begun", Weight::Kept);
        for number in 0..100_000 {
            voice.say(&format!("progress {number}"), Weight::Fleeting);
        }
        voice.say("finished", Weight::Kept);
        let heard = std::thread::spawn(move || {
            let mut heard = String::new();
            reader.read_to_string(&mut heard).unwrap();
            heard
        });
        voice.finish();
        let heard = heard.join().unwrap();
        let lines: Vec<&str> = heard.lines().collect();
        assert_eq!((lines[0], *lines.last().unwrap()), ("begun", "finished"));
        assert!(lines.len() > 10 && lines.len() < 100_000, "{}", lines.len());
        let is_whole = |line: &&str| line.split(' ').count() == 2;
        assert!(lines[1..lines.len() - 1].iter().all(is_whole), "a line was torn");
    }

    #[test]
    fn nobody_there_is_no_reason_to_wait() {
        let (reader, writer) = UnixStream::pair().unwrap();
        drop(reader);
        let mut voice = Voice::new(writer);
        let began = Instant::now();
        (0..1000).for_each(|_| voice.say("a line", Weight::Kept));
        voice.finish();
        assert!(began.elapsed() < PATIENCE);
    }
}
