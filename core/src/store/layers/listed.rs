//! A listing that has to be made first.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::Result;
use crate::store::{BoxStream, EntryInfo};

type Making<'a> = Pin<Box<dyn Future<Output = Result<Vec<EntryInfo>>> + Send + 'a>>;

/// The entries, or the error, of a future that runs when the stream is first polled.
pub(super) fn listed<'a>(
    entries: impl Future<Output = Result<Vec<EntryInfo>>> + Send + 'a,
) -> BoxStream<'a, Result<EntryInfo>> {
    Box::pin(Listed::Making(Box::pin(entries)))
}

enum Listed<'a> {
    Making(Making<'a>),
    Made(std::vec::IntoIter<EntryInfo>),
}

impl Stream for Listed<'_> {
    type Item = Result<EntryInfo>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Self::Making(making) = &mut *self {
            let made = ready!(making.as_mut().poll(cx));
            let (entries, error) = match made {
                Ok(entries) => (entries, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            *self = Self::Made(entries.into_iter());
            if let Some(error) = error {
                return Poll::Ready(Some(Err(error)));
            }
        }
        match &mut *self {
            Self::Made(entries) => Poll::Ready(entries.next().map(Ok)),
            Self::Making(_) => unreachable!("it was made above"),
        }
    }
}
