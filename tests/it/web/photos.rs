//! Pictures as they are served: for good, as what they are, to nobody else, and without what a camera wrote into them.

use inventory::domain::Actor;
use inventory::services::photos::Source;

use super::Site;
use crate::photos::{camera_jpeg, drawing, holds};

#[tokio::test]
async fn a_served_picture_says_what_it_is_and_may_be_kept_but_by_nobody_between() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let saw = site.asset("Saw", shelf).await;
    let source = Source::Bytes(camera_jpeg(&drawing(), 6));
    let photo = site.services.photos.add(&site.admin, saw, source, "").await.expect("a picture").photo;
    for size in ["320", "1280", "full"] {
        let path = format!("/photos/{photo}/{size}");
        let answer = site.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"), "{path}");
        for (name, value) in [
            ("content-length", answer.bytes.len().to_string().as_str()),
            ("cache-control", "private, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        let picture = image::load_from_memory(&answer.bytes).expect("a picture");
        assert_eq!((picture.width(), picture.height()), (30, 60), "{path} stands upright");
        for written in [&b"Exif"[..], b"Gps", b"II*"] {
            assert!(!holds(&answer.bytes, written), "{path} holds {written:?}");
        }
        let foreign = site.raw("GET", &path, &[("Host", "evil.example")], "").await;
        assert_ne!(foreign.status, 200, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_picture_of_ours_is_not_found() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let saw = site.asset("Saw", shelf).await;
    let source = Source::Bytes(camera_jpeg(&drawing(), 1));
    let photo = site.services.photos.add(&site.admin, saw, source, "").await.expect("a picture").photo;
    for path in [
        format!("/photos/{photo}/640"),
        format!("/photos/{photo}/../{photo}/320x"),
        "/photos/018f0000-0000-7000-8000-000000000000/320".to_owned(),
        "/photos/..%2f..%2fetc%2fpasswd/full".to_owned(),
    ] {
        let answer = site.get(&path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (404, "no-store"), "{path}");
    }
    let refused = site.services.photos.original(&Actor::anonymous(), photo).await;
    assert!(refused.is_err(), "what the camera wrote is a keeper's to fetch");
}
