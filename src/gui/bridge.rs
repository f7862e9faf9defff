//! The one way between the window's thread and tokio.

use std::future::Future;

use tokio::runtime::Handle;

use super::recovery;

/// Does `work` on tokio, then `then` with its result on the window's thread, where `Rc`s may be owned.
/// When `work` panics or the loop has ended, `then` never runs.
pub fn perform<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
    then: impl FnOnce(T) + 'static,
) {
    let task = runtime.spawn(work);
    let continued = slint::spawn_local(async move {
        match task.await {
            Ok(result) => recovery::guard(|| then(result)),
            Err(error) => tracing::error!("A task of the window failed: {error}"),
        }
    });
    if let Err(error) = continued {
        tracing::error!("The window's loop takes no work: {error}");
    }
}
