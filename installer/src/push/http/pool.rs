//! Connections to one place, kept for the next request.

use super::{Answer, Place, Progress, line::Line};
use crate::push::error::PushError;
use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, Request, Response, header},
};
use hyper::body::Incoming;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Largest answer that is read: indexes of referrers are the largest.
const ANSWER_LIMIT: usize = 4 << 20;

/// How long a line may take to become free after a whole answer. One that is still
/// not is busy with a body that nobody wants any more, perhaps for ever.
const MOMENT: Duration = Duration::from_millis(100);

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("bottari-installer/", env!("CARGO_PKG_VERSION")));

/// Open connections to one place.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) place: Place,
    idle: Mutex<Vec<Line>>,
}

impl Pool {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, idle: Mutex::default() }
    }

    /// Sends a request and reads the whole answer, as long as bytes move at least
    /// every `patience`.
    pub(crate) async fn send(
        &self,
        mut request: Request<Body>,
        progress: &Progress,
        patience: Duration,
    ) -> Result<Answer, PushError> {
        let host = HeaderValue::from_str(self.place.authority.as_str());
        let headers = request.headers_mut();
        headers.insert(header::HOST, host.expect("an authority is visible ASCII"));
        headers.insert(header::USER_AGENT, USER_AGENT);
        let mut line = self.line().await?;
        progress.moved();
        let exchange = async {
            let response = line.sender.send_request(request).await;
            read(response.map_err(|error| self.place.broken(error))?)
                .await
                .map_err(|error| self.place.broken(error))
        };
        let silent = || self.place.broken(format!("nothing moved for {} s", patience.as_secs()));
        let answer = progress.watch(patience, exchange).await.ok_or_else(silent)??;
        if line.is_free_within(MOMENT).await {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
        Ok(answer)
    }

    /// One that is open and free, or a new one.
    async fn line(&self) -> Result<Line, PushError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(line) = idle else { return self.place.connect().await };
            if line.sender.is_ready() {
                return Ok(line);
            }
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<Answer, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), ANSWER_LIMIT).await?;
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::{http::authorities, target};
    use futures_util::{StreamExt, stream};
    use std::convert::Infallible;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    /// Reads the head of one request; none at the end of the connection.
    async fn head(line: &mut TcpStream) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(line.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).unwrap())
    }

    /// A registry that answers heads at once and reads no body; it tells of each head
    /// by the number of its connection.
    async fn impatient() -> (Pool, tokio::sync::mpsc::UnboundedReceiver<(usize, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            for n in 0.. {
                let (mut line, _) = listener.accept().await.unwrap();
                let tell = tell.clone();
                tokio::spawn(async move {
                    while let Some(head) = head(&mut line).await {
                        let is_body = head.starts_with("PATCH");
                        tell.send((n, head)).unwrap();
                        let answer = b"HTTP/1.1 401 no\r\nContent-Length: 0\r\n\r\n";
                        line.write_all(answer).await.unwrap();
                        if is_body {
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        let authority = target::authority(&address).unwrap();
        let authorities = authorities(None, &address).unwrap();
        (Pool::new(Place { authority, plain: true, authorities }), told)
    }

    async fn send(pool: &Pool, request: Request<Body>) -> u16 {
        let limit = Duration::from_secs(20);
        let progress = Progress::new();
        let sent = pool.send(request, &progress, limit);
        timeout(limit, sent).await.expect("it hangs").unwrap().status.as_u16()
    }

    #[tokio::test]
    async fn a_line_whose_body_is_still_under_way_is_given_up() {
        let (pool, mut told) = impatient().await;
        let (held, is_held) = tokio::sync::oneshot::channel::<Infallible>();
        let piece = Ok::<_, Infallible>(bytes::Bytes::from(vec![0; 64 << 10]));
        // It has no end, and tells by `held` when it is dropped.
        let body = stream::repeat(piece).map(move |piece| (&held, piece).1);
        let patch = Request::patch("/a").body(Body::from_stream(body)).unwrap();
        assert_eq!(send(&pool, patch).await, 401);
        timeout(Duration::from_secs(20), is_held).await.expect("the body goes on").unwrap_err();
        for _ in 0..2 {
            let get = Request::get("/b").body(Body::empty()).unwrap();
            assert_eq!(send(&pool, get).await, 401);
        }
        let mut lines = Vec::new();
        while let Ok((line, _)) = told.try_recv() {
            lines.push(line);
        }
        assert_eq!(lines, [0, 1, 1], "a free line is used again, a busy one is not");
    }
}
