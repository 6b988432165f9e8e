//! The repository over HTTPS, with the certificates that an installation makes.

use super::{Archive, repository::answer};
use crate::{site_ca, steps::FileContent};
use manifests::{
    cluster::{Asking, Cluster},
    event::Silent,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::SystemTime,
};

const CLUSTER: &str = "cluster: lab\nhosts:\n\
    - {name: cp-1, address: 192.0.2.11, roles: [control-plane, worker]}\n\
    network: {plugin: calico}\n";

impl Archive {
    /// Serves the repository on loopback: its address, and the site CA.
    pub(crate) fn serve_tls(&self) -> (String, Vec<u8>) {
        let run = tempfile::tempdir().unwrap();
        let mut cluster =
            Cluster::parse(Path::new("cluster.yaml"), CLUSTER, Asking::Impossible).unwrap();
        cluster.hosts[0].address = [127, 0, 0, 1].into();
        let made = site_ca::keep(run.path(), &cluster, SystemTime::now(), &Silent).unwrap();
        let server = made.servers.values().next().unwrap();
        let chain = CertificateDer::pem_file_iter(file(&server.certificate)).unwrap();
        let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(file(&server.key)).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let root = self.root();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (root, session) =
                    (root.clone(), ServerConnection::new(config.clone()).unwrap());
                let stream = StreamOwned::new(session, stream);
                thread::spawn(move || answer(stream, &root, &Mutex::default()));
            }
        });
        (format!("https://{address}"), fs::read(file(&made.authority)).unwrap())
    }
}

fn file(content: &FileContent) -> PathBuf {
    match content {
        FileContent::Here { path, .. } => path.clone(),
        other => panic!("{other:?}"),
    }
}
