//! Points at which a test can kill gx, to see that nothing is lost; release builds have none.

/// In builds with debug assertions: ends this process by SIGKILL if `GX_FAIL_AT`, a list with commas, names this point;
/// `shim:POINT` is meant for supervisors alone.
#[inline]
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("GX_FAIL_AT").is_ok_and(|wanted| wanted.split(',').any(|wanted| is_meant(wanted, name)))
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
fn is_meant(wanted: &str, name: &str) -> bool {
    let is_shim = || std::env::args().nth(1).is_some_and(|command| command == "shim");
    wanted == name || wanted.strip_prefix("shim:") == Some(name) && is_shim()
}
