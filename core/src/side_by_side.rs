//! Many store calls under way at once: over a network, most of a call's time is waiting.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::Result;

/// How many calls are under way at once, where each is small.
pub(crate) const AT_ONCE: usize = 16;

/// Starts `work` on every item in turn, `limit` at a time, and hands each output to `done`, in the order they come. Ends with the
/// first error; what is under way then is dropped.
pub(crate) async fn side_by_side<T, R, F: Future<Output = Result<R>>>(
    limit: usize,
    items: impl IntoIterator<Item = T>,
    mut work: impl FnMut(T) -> F,
    mut done: impl FnMut(R),
) -> Result<()> {
    let mut waiting = items.into_iter();
    let mut under_way: Vec<Pin<Box<F>>> = Vec::new();
    poll_fn(|cx| {
        loop {
            let room = limit - under_way.len();
            under_way.extend(waiting.by_ref().take(room).map(|item| Box::pin(work(item))));
            let started = under_way.len();
            let mut at = 0;
            while at < under_way.len() {
                match under_way[at].as_mut().poll(cx) {
                    Poll::Pending => at += 1,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(output)) => {
                        drop(under_way.remove(at));
                        done(output);
                    }
                }
            }
            match under_way.len() {
                _ if started == 0 => return Poll::Ready(Ok(())),
                // None is done, and all have a waker.
                left if left == started => return Poll::Pending,
                _ => {}
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::runtime::block_on;
    use crate::{Error, ErrorKind};

    /// Is pending once, whatever else goes on: a task elsewhere may be done before one looks.
    fn yielded() -> impl Future<Output = ()> {
        let mut first = true;
        poll_fn(move |cx| {
            if !std::mem::take(&mut first) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn so_many_at_once_and_each_once() {
        let (now, most, mut seen) = (Cell::new(0), Cell::new(0), Vec::new());
        let work = |n: u32| {
            let (now, most) = (&now, &most);
            async move {
                now.set(now.get() + 1);
                most.set(now.get().max(most.get()));
                yielded().await;
                now.set(now.get() - 1);
                Ok(n)
            }
        };
        block_on(side_by_side(3, 0..20, work, |n| seen.push(n))).unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..20).collect::<Vec<_>>());
        assert_eq!(most.get(), 3);
        block_on(side_by_side(3, 0..0, |n: u32| async move { Ok(n) }, |_| unreachable!())).unwrap();
    }

    #[test]
    fn the_first_error_ends_it() {
        let started = Cell::new(0);
        let work = |n: u32| {
            started.set(started.get() + 1);
            async move { if n == 4 { Err(Error::new(ErrorKind::Io, "the fourth")) } else { Ok(n) } }
        };
        let error = block_on(side_by_side(2, 0..1000, work, |_| {})).unwrap_err();
        assert_eq!(error.message(), "the fourth");
        assert!(started.get() <= 6, "{}", started.get());
    }
}
