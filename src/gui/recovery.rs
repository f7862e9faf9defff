//! A fault in one callback ends that callback, and not the window.
//!
//! What the window's thread does, it does in callbacks and continuations; each runs under [`guard`]. A panic in one is
//! logged and undone as far as its own borrows go; then what was registered puts the window into a state in which somebody
//! can go on: at a kiosk nobody is signed in, and Home is shown.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use tracing::error;

type Mend = Rc<dyn Fn()>;

thread_local! {
    static MEND: RefCell<Option<Mend>> = const { RefCell::new(None) };
    static MENDING: Cell<bool> = const { Cell::new(false) };
}

/// From now on this mends the window of this thread after a fault.
pub fn mend_with(mend: impl Fn() + 'static) {
    MEND.set(Some(Rc::new(mend)));
}

/// Does the work, or after a panic in it, mends the window and answers with the default.
pub fn guard<T: Default>(work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        error!("A fault in the window was caught: {}", said(&*panic));
        // A fault while mending is only caught: mending again would fail again.
        if !MENDING.replace(true) {
            if let Some(mend) = MEND.with_borrow(Clone::clone)
                && let Err(panic) = catch_unwind(AssertUnwindSafe(|| mend()))
            {
                error!("The window was not mended: {}", said(&*panic));
            }
            MENDING.set(false);
        }
        T::default()
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_caught_and_the_window_mended_once() {
        let mended = Rc::new(Cell::new(0));
        let count = Rc::clone(&mended);
        mend_with(move || count.set(count.get() + 1));
        assert_eq!(guard(|| 7), 7);
        assert_eq!(mended.get(), 0);
        let answer: i32 = guard(|| panic!("on purpose"));
        assert_eq!((answer, mended.get()), (0, 1));
        mend_with(|| panic!("worse"));
        let again: i32 = guard(|| panic!("on purpose"));
        assert_eq!(again, 0, "a mend that fails itself does not take the window with it");
    }
}
