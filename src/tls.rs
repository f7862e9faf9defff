//! TLS by rustls towards PostgreSQL: the only module that names it.
//!
//! libpq's modes with libpq's meaning: `require` encrypts and checks nothing, `verify-ca` wants a certificate from a
//! known authority, `verify-full` one that is made out for the host. The provider is ring, named explicitly, so that no
//! process-wide default has to be installed first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{RootCertificates, SslMode, TlsOptions};

/// Certificates or keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {what} {}: {reason}", path.display())]
    Unreadable { what: &'static str, path: PathBuf, reason: String },
    #[error("{} holds no certificate", path.display())]
    NoCertificate { path: PathBuf },
    #[error("the system trusts no certificate authority (apt install ca-certificates), and no sslrootcert is given{0}")]
    NoSystemRoots(String),
    #[error("the client's certificate and key do not fit: {0}")]
    ClientCertificate(rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// What tokio-postgres needs to speak TLS in the way `options` say. Files are read now, not at each connection.
pub fn connector(options: &TlsOptions) -> Result<MakeRustlsConnect, TlsError> {
    Ok(MakeRustlsConnect::new(client_config(options)?))
}

fn client_config(options: &TlsOptions) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let proof = match options.mode {
        SslMode::Disable | SslMode::Prefer | SslMode::Require => None,
        SslMode::VerifyCa | SslMode::VerifyFull => {
            let authorities = authorities(&options.roots)?;
            let mut roots = RootCertStore::empty();
            for certificate in &authorities {
                // One the library cannot read (an ancient version) does not spoil the others.
                roots.add(certificate.clone()).ok();
            }
            let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| TlsError::Setup(error.to_string()))?;
            let pinned = match options.roots {
                RootCertificates::File(_) => authorities,
                RootCertificates::System => Vec::new(),
            };
            Some(Proof { chain, pinned, check_name: options.mode == SslMode::VerifyFull })
        }
    };
    let verifier = Arc::new(Verifier { provider: Arc::clone(&provider), proof });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Setup(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match &options.client {
        None => Ok(config.with_no_client_auth()),
        Some(client) => {
            let chain = certificates(&client.certificate)?;
            let key = PrivateKeyDer::from_pem_file(&client.key).map_err(|error| TlsError::Unreadable {
                what: "the key",
                path: client.key.clone(),
                reason: error.to_string(),
            })?;
            config.with_client_auth_cert(chain, key).map_err(TlsError::ClientCertificate)
        }
    }
}

fn authorities(roots: &RootCertificates) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match roots {
        RootCertificates::File(path) => certificates(path),
        RootCertificates::System => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                let reason = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
                return Err(TlsError::NoSystemRoots(reason));
            }
            Ok(found.certs)
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |error: rustls_pki_types::pem::Error| TlsError::Unreadable {
        what: "the certificate",
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
    if found.is_empty() { Err(TlsError::NoCertificate { path: path.to_owned() }) } else { Ok(found) }
}

/// Who the server has to be.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None`: encrypted towards whoever answers, against listeners, not against impostors.
    proof: Option<Proof>,
}

/// What the server's certificate has to prove.
#[derive(Debug)]
struct Proof {
    chain: Arc<WebPkiServerVerifier>,
    /// Certificates of `sslrootcert`: a server that shows one of them is trusted as it is. PostgreSQL servers often
    /// run on one self-signed certificate, which calls itself an authority and which webpki would refuse for that.
    pinned: Vec<CertificateDer<'static>>,
    check_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(Proof { chain, pinned, check_name }) = &self.proof else {
            return Ok(ServerCertVerified::assertion());
        };
        if pinned.iter().any(|pinned| pinned == certificate) {
            if *check_name {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        // The chain is verified first, the name last: a complaint about the name means that the chain holds.
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !check_name => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    // Whoever it is, it has the key of the certificate it shows.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
