//! Points at which a test can kill gx, to see that nothing is lost; release builds have none.

/// In builds with debug assertions: ends this process by SIGKILL if `GX_FAIL_AT`, a list with commas, names this point.
#[inline]
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("GX_FAIL_AT").is_ok_and(|wanted| wanted.split(',').any(|wanted| wanted == name)) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}
