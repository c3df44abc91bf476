//! Copies of the trail as downloads, for the console and the API: piece by piece, however long they are.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use http_body::Frame;
use tokio::sync::mpsc;

use crate::flows::Cx;
use crate::flows::admin::Refused;
use crate::flows::audit::{Copy, Format, Signed};

/// How long a piece waits to be taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file that is saved and not shown.
pub fn file(kind: &'static str, name: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, named);
    }
    response
}

/// A copy of what matches.
pub fn copy(cx: Cx, copy: Copy, format: Format) -> Response {
    let (kind, name) = match format {
        Format::Ndjson => ("application/x-ndjson", "vouchsafe-activity.ndjson"),
        Format::Csv => ("text/csv; charset=utf-8", "vouchsafe-activity.csv"),
    };
    file(kind, name, pieces(cx, Any::Part(Box::new(copy))))
}

/// The whole trail as a file that proves itself.
pub fn signed(cx: Cx, copy: Signed) -> Response {
    file("application/x-ndjson", "vouchsafe-trail.ndjson", pieces(cx, Any::Whole(copy)))
}

/// Pieces of a copy as they are read, a few ahead of whoever downloads it. Where reading fails, or whoever takes it may
/// not any more, the download breaks off, so that half a copy is not taken for a whole one.
struct Pieces {
    from: mpsc::Receiver<Piece>,
    over: bool,
}

/// A piece; nothing behind the last one, so that a copy nobody goes on with is not taken for a whole one.
type Piece = Result<Option<Bytes>, Refused>;

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Refused;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refused>>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.from.poll_recv(cx).map(|piece| match piece.unwrap_or(Err(Refused::Busy)) {
            Ok(Some(bytes)) => Some(Ok(Frame::data(bytes))),
            last => {
                self.over = true;
                last.err().map(Err)
            }
        })
    }
}

/// A copy of either kind.
enum Any {
    Part(Box<Copy>),
    Whole(Signed),
}

impl Any {
    async fn next(&mut self, cx: &Cx) -> Result<Option<String>, Refused> {
        Ok(match self {
            Self::Part(copy) => copy.next(cx).await?.map(|(lines, _)| lines),
            Self::Whole(copy) => copy.next(cx).await?,
        })
    }
}

fn pieces(cx: Cx, mut copy: Any) -> Body {
    let (to, from) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            let piece = copy.next(&cx).await.map(|lines| lines.map(Bytes::from));
            let over = !matches!(piece, Ok(Some(_)));
            // Whoever stops reading keeps no place among the copies.
            let taken = tokio::time::timeout(PATIENCE, to.send(piece)).await;
            if over || !matches!(taken, Ok(Ok(()))) {
                return;
            }
        }
    });
    Body::new(Pieces { from, over: false })
}
