//! TLS: whom we do not trust, and names that nobody knows.

use crate::bench::{Bench, client};
use builder::http::{HttpError, Request};
use manifests::Failure;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};

/// A server whose certificate nobody has signed. Counts the connections.
async fn self_signed() -> (String, tokio::sync::watch::Receiver<u32>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/file", listener.local_addr().unwrap());
    let (count, counted) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.send_modify(|count| *count += 1);
            // The client is expected to turn away.
            let _refused = acceptor.accept(stream).await;
        }
    });
    (url, counted)
}

async fn get(url: &str) -> HttpError {
    let (bench, client) = (Bench::new(), client());
    let request = Request::new(&url.parse().unwrap(), false);
    client.get(&request, 100, ("file", &bench.log)).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_not_tried_again() {
    // The first client installs the provider that the server needs too.
    drop(client());
    let (url, connections) = self_signed().await;
    let error = get(&url).await;
    assert!(matches!(error, HttpError::Certificate { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("SSL_CERT_FILE"));
    assert_eq!(*connections.borrow(), 1);
}

#[tokio::test]
async fn a_host_without_address_gives_advice() {
    let error = get("http://nothing.invalid/file").await;
    assert!(matches!(error.root(), HttpError::Lookup { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--mirrors"));
}
