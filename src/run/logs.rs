//! Following the log of a run, in whichever process that goes on.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::process::identity::Identity;
use crate::process::wait::{self, Watch};
use crate::run::runner::Runner;
use crate::run::watch::Doing;
use crate::store::experiments::Stored;

/// How long at most until news are seen.
const BEAT: Duration = Duration::from_millis(100);

/// How much is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Gets the pieces of a log; an empty one means that there is nothing new. It may have heard enough.
pub type Hear<'a> = dyn FnMut(&[u8]) -> Result<ControlFlow<()>> + 'a;

impl Runner<'_> {
    /// Hands on a log from the byte `from` on until its run has ended; one that waits for its turn is waited for.
    ///
    /// # Errors
    /// The run has no log here, or cannot go on.
    pub fn follow_log(&self, stored: &Stored, mut from: u64, hear: &mut Hear<'_>) -> Result<()> {
        let mut doing = Doing::Unclear;
        loop {
            // Asked before it is read: so the last words of a run are read too.
            if !matches!(&doing, Doing::Alive { whom, .. } if whom.is_alive()) {
                doing = self.doing(stored)?;
                self.take_up(std::slice::from_ref(stored), std::slice::from_ref(&doing))?;
            }
            if self.hand_on(stored, &mut from, hear)?.is_break() || hear(&[])?.is_break() {
                return Ok(());
            }
            match &doing {
                Doing::Ended => return Ok(()),
                Doing::Alive { whom, .. } => rest(Some(whom)),
                Doing::Unclear if self.is_external(stored)? => {
                    return Err(fault(format!("{} is trained by its agent; gx has no log of it", stored.id))
                        .hint(format!("see what is known: `gx show {}`", stored.id))
                        .into());
                }
                _ => rest(None),
            }
        }
    }

    /// Hands on what is new; a log that has become shorter is one that begins anew.
    fn hand_on(&self, stored: &Stored, from: &mut u64, hear: &mut Hear<'_>) -> Result<ControlFlow<()>> {
        let path = self.store.log_file(&stored.id);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ControlFlow::Continue(())),
            file => file.with_context(|| format!("cannot read {}", path.display()))?,
        };
        if file.metadata()?.len() < *from {
            *from = 0;
        }
        file.seek(SeekFrom::Start(*from))?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece)?;
            *from += read as u64;
            if read == 0 {
                return Ok(ControlFlow::Continue(()));
            }
            if hear(&piece[..read])?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
}

/// Comes back at the end of a process, or when it is time to look for news.
fn rest(whom: Option<&Identity>) {
    let watch = whom.map(|whom| Watch::on(whom.pid));
    let descriptors: Vec<_> = watch.iter().filter_map(Watch::descriptor).collect();
    wait::for_any(&descriptors, Some(BEAT));
}
