//! A body whose end the connection hears of: that of a request has arrived then, that of a response has left.

use super::watched::Watch;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Which of the two bodies of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The request's.
    Request,
    /// The response's.
    Response,
}

/// A body of an exchange.
pub(super) struct Held<B> {
    pub body: B,
    pub part: Part,
    pub watch: Arc<Watch>,
}

impl<B> Drop for Held<B> {
    fn drop(&mut self) {
        match self.part {
            Part::Request => self.watch.received(),
            Part::Response => self.watch.answered(),
        }
    }
}

impl<B: Body + Unpin> Body for Held<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
