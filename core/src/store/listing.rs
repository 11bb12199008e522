//! An iterator as a stream: what [`list`](super::StoreBackend::list) of a store that never awaits returns.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::BoxStream;

/// The items of an iterator as a stream that is always ready.
///
/// Lazy: an item is asked for when the stream is polled.
///
/// ```
/// use larder_core::store::{BoxStream, EntryInfo, listing};
/// use larder_core::{Error, ErrorKind, Result};
///
/// let entries: Vec<Result<EntryInfo>> = Vec::new();
/// let of_a_snapshot: BoxStream<'_, Result<EntryInfo>> = listing(entries);
/// let of_an_error: BoxStream<'_, Result<EntryInfo>> =
///     listing([Err(Error::new(ErrorKind::Io, "cannot read the index"))]);
/// ```
pub fn listing<'a, T, I>(items: I) -> BoxStream<'a, T>
where
    T: 'a,
    I: IntoIterator<Item = T, IntoIter: Send + 'a>,
{
    struct Listing<I>(I);
    // The iterator is only ever used by `&mut`, never pinned in place.
    impl<I> Unpin for Listing<I> {}
    impl<I: Iterator> Stream for Listing<I> {
        type Item = I::Item;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
            Poll::Ready(self.0.next())
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            self.0.size_hint()
        }
    }
    Box::pin(Listing(items.into_iter()))
}
