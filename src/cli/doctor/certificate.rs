//! When a certificate ends: the one field of X.509 that is needed here (RFC 5280, section 4.1).

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const LONG_YEAR: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute][second]Z");

/// The end of the first certificate in a PEM file; `None` when there is none that can be read.
pub fn ends_at(pem: &[u8]) -> Option<OffsetDateTime> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    let (_, certificate, _) = value(&certificate)?;
    let (_, mut body, _) = value(certificate)?;
    if *body.first()? == VERSION {
        body = value(body)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        body = value(body)?.2;
    }
    let (kind, validity, _) = value(body)?;
    if kind != SEQUENCE {
        return None;
    }
    let (_, _, rest) = value(validity)?;
    let (kind, end, _) = value(rest)?;
    let text = std::str::from_utf8(end).ok()?;
    let text = match kind {
        // Two digits: 1950 to 2049.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    Some(PrimitiveDateTime::parse(&text, LONG_YEAR).ok()?.assume_utc())
}

/// One value of DER: its tag, its content, and what follows.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let digits = rest.get(..count)?;
        (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), &rest[count..])
    };
    Some((tag, rest.get(..length)?, &rest[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> String {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut parameters = rcgen::CertificateParams::new(vec!["pi.local".to_owned()]).expect("a name");
        parameters.not_after = rcgen::date_time_ymd(year, 3, 4);
        parameters.self_signed(&key).expect("signed").pem()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms() {
        for year in [2031, 2068] {
            let end = ends_at(certificate(year).as_bytes()).expect("read");
            assert_eq!((end.year(), u8::from(end.month()), end.day()), (year, 3, 4));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let pem = certificate(2031);
        for text in ["", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", &pem[..200]] {
            assert_eq!(ends_at(text.as_bytes()), None);
        }
    }
}
