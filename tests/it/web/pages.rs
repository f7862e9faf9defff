//! Pages as a browser without a script gets them.

use inventory::config;
use inventory::domain::{ItemDraft, ItemId, ItemKind};

use super::browser::Browser;
use super::{Site, believing, setup_code};

#[tokio::test]
async fn the_tarp_is_found_by_words_and_its_page_says_where_it_is() {
    let site = Site::new().await;
    let shed = site.location("Boat shed", None).await;
    let shelf = site.location("Shelf 2", Some(shed)).await;
    let mut draft = ItemDraft::new(ItemKind::Asset, "Tarpaulin 4 × 6 m");
    draft.description = "Waterproof cover. Keeps a tent or a boat dry.".into();
    draft.tags = vec!["camping".into()];
    let tarp = site.item(draft, Some(shelf), 1).await;
    let found = site.get("/?q=tarpaulin").await;
    assert_eq!(found.status, 200);
    assert!(found.body.contains(&format!("href=\"/items/{tarp}\"")), "{}", found.body);
    assert!(found.body.contains("<u>Tarpaulin</u> 4 × 6 m") && found.body.contains("Boat shed › Shelf 2"));
    assert!(found.body.contains("1 found"), "{}", found.body);
    // What the script puts in place is the same list, without the frame.
    let part = site.get("/results?q=tarpaulin").await;
    assert!(part.body.contains(&format!("/items/{tarp}")) && !part.body.contains("<html"), "{}", part.body);

    let page = site.get(&format!("/items/{tarp}")).await;
    assert_eq!(page.status, 200);
    for expected in
        ["<h1 class=\"heading\">Tarpaulin", "Boat shed", "Shelf 2", "camping", "Keeps a tent", "Take", "Put back"]
    {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }
    let code = site.code_of(tarp).await;
    let scanned = site.get(&format!("/i/{code}")).await;
    assert_eq!((scanned.status, scanned.header("location")), (303, format!("/items/{tarp}").as_str()));
    assert!(site.get(&format!("/?q={code}")).await.body.contains("its code or name"));
}

#[tokio::test]
async fn filters_are_links_that_can_be_taken_away_again() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let box_ = site.item(ItemDraft::new(ItemKind::Container, "Box"), Some(shelf), 1).await;
    let screws = site.consumable("Screws", box_, 20).await;
    let other = site.location("Yard", None).await;
    let rope = site.asset("Rope", other).await;
    let inside = site.get(&format!("/?in={shelf}")).await.body;
    assert!(inside.contains(&screws.to_string()) && inside.contains(&box_.to_string()), "{inside}");
    assert!(!inside.contains(&rope.to_string()));
    assert!(inside.contains("chip on"), "the chosen place is a chip");
    let only = site.get("/?kind=consumable").await.body;
    assert!(only.contains(&screws.to_string()) && !only.contains(&format!("/items/{rope}")), "{only}");
}

#[tokio::test]
async fn a_place_shows_what_is_in_it_and_in_what_is_in_it() {
    let site = Site::new().await;
    let room = site.location("Room", None).await;
    let shelf = site.location("Shelf", Some(room)).await;
    let screws = site.consumable("Screws", shelf, 20).await;
    let direct = site.get(&format!("/items/{room}")).await.body;
    assert!(
        direct.contains("1 inside") && !direct.contains(&format!("class=\"rw\" href=\"/items/{screws}\"")),
        "{direct}"
    );
    let all = site.get(&format!("/items/{room}?all=1")).await.body;
    assert!(all.contains("2 inside") && all.contains(&format!("class=\"rw\" href=\"/items/{screws}\"")), "{all}");
    let tree = site.get("/places").await.body;
    assert!(tree.contains("Room") && tree.contains("Shelf") && tree.contains("<details open"), "{tree}");
}

#[tokio::test]
async fn a_product_says_where_each_of_its_things_is() {
    let site = Site::new().await;
    let shelf = site.location("Shelf 4", None).await;
    let drill = site.item(ItemDraft::new(ItemKind::Product, "Cordless drill"), None, 0).await;
    for name in ["Drill 1", "Drill 2"] {
        let mut draft = ItemDraft::new(ItemKind::Asset, name);
        draft.instance_of = Some(drill);
        site.item(draft, Some(shelf), 1).await;
    }
    let page = site.get(&format!("/items/{drill}")).await.body;
    assert!(page.contains("Drill 1") && page.contains("Drill 2") && page.contains("Shelf 4"), "{page}");
    assert!(page.contains("2 of these") && !page.contains("not put anywhere"), "{page}");
    let found = site.get("/?q=cordless").await.body;
    assert!(found.contains("2 of these") && !found.contains("not put anywhere"), "{found}");
}

#[tokio::test]
async fn every_page_speaks_both_languages() {
    let site = Site::new().await;
    let shelf = site.location("Shelf", None).await;
    let mut draft = ItemDraft::new(ItemKind::Consumable, "Screws");
    draft.min_quantity = Some(200.into());
    let screws = site.item(draft, Some(shelf), 1250).await;
    let item = format!("/items/{screws}");
    let book = ["take", "put-back", "move", "lend", "receive", "count"].map(|verb| format!("{item}/book/{verb}"));
    let history = format!("{item}/history");
    let pages = [
        "/",
        "/?q=screws",
        "/places",
        "/low",
        "/lent",
        "/history",
        "/more",
        "/nothing",
        "/account",
        "/sign-in",
        "/statistics",
        "/people",
        "/transfer",
        "/health",
        "/scan",
        "/items/new",
        "/api",
        &item,
        &history,
    ];
    let kept = ["edit", "photos", "stock"].map(|part| format!("{item}/{part}"));
    for path in pages.into_iter().chain(book.iter().chain(&kept).map(String::as_str)) {
        for lang in ["en", "de"] {
            let page = site.ask("GET", path, &[("Accept-Language", lang)], "").await;
            assert!(page.body.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            // A sentence that is missing shows as its key.
            for group in [
                "nav.",
                "search.",
                "item.",
                "fault.",
                "glance.",
                "form.",
                "verb.",
                "kind.",
                "detail.",
                "movement.",
                "account.",
                "sign_in.",
                "second.",
                "tokens.",
                "scope.",
                "role.",
                "edit.",
                "photos.",
                "scan.",
                "stats.",
                "people.",
                "import.",
                "health.",
                "api.",
            ] {
                let missing = page
                    .body
                    .split(['>', '"'])
                    .find(|text| text.starts_with(&format!("{lang}.{group}")) || text.starts_with(group));
                assert_eq!(missing, None, "{path} in {lang}");
            }
            assert!(!page.body.contains("%{"), "{path} in {lang}: {}", page.body);
            assert!(
                !page.body.contains("style=\"") && !page.body.contains("http://") && !page.body.contains("https://"),
                "{path}"
            );
        }
    }
    let german = site.ask("GET", &item, &[("Cookie", "inventory_language=de; inventory_theme=dark")], "").await.body;
    assert!(german.contains("1.250 <small>Stk.</small>") && german.contains("data-theme=\"dark\""), "{german}");
    assert!(site.get(&item).await.body.contains("1,250 <small>pcs</small>"));
}

#[tokio::test]
async fn language_and_colours_are_remembered_by_the_browser() {
    let site = Site::new().await;
    let page = site.get("/more").await;
    let token = page.hidden("token");
    let saved = site.post("/more", &[("token", &token), ("language", "de"), ("theme", "contrast")]).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let wrong = site.post("/more", &[("token", &token), ("language", "xx\r\nX: y"), ("theme", "dark")]).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[tokio::test]
async fn trouble_has_a_page_that_says_what_to_do() {
    let site = Site::new().await;
    let gone = ItemId::new();
    for (path, status) in [
        ("/nothing".to_owned(), 404),
        ("/items/not-an-id".to_owned(), 404),
        (format!("/items/{gone}"), 404),
        (format!("/items/{gone}/history"), 404),
        (format!("/items/{gone}/book/take"), 404),
        ("/i/UNKNOWN-CODE".to_owned(), 404),
        ("/i/%00%ff".to_owned(), 404),
        ("/places/../etc/passwd".to_owned(), 404),
        ("/photos/x/320".to_owned(), 404),
    ] {
        let page = site.get(&path).await;
        let status = if path.contains("%ff") { page.status } else { status };
        assert_eq!(page.status, status, "{path}");
        assert!(page.body.len() > 40, "{path} is blank");
        assert!(!page.body.contains("panicked") && !page.body.contains("select "), "{path}: {}", page.body);
    }
    let page = site.get("/nothing").await.body;
    assert!(
        page.contains("There is nothing here") && page.contains("Search for it by name") && page.contains("href=\"/\"")
    );
    let wrong_method = site.post("/places", &[("a", "b")]).await;
    assert_eq!((wrong_method.status, wrong_method.header("allow")), (405, "GET,HEAD"), "{wrong_method:?}");
}

#[tokio::test]
async fn markup_and_sql_in_a_question_stay_words() {
    let site = Site::new().await;
    let shelf = site.location("<script>alert(1)</script>", None).await;
    let mut draft = ItemDraft::new(ItemKind::Asset, "\"><img src=x onerror=alert(1)>");
    draft.description = "<script>alert(2)</script> \" onmouseover=\"alert(3)".into();
    draft.url = Some("javascript:alert(4)".into());
    let item = site.item(draft, Some(shelf), 1).await;
    for path in [format!("/items/{item}"), format!("/items/{shelf}"), "/places".into(), "/".into(), "/?q=alert".into()]
    {
        let body = site.get(&path).await.body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}: {body}");
        assert!(!body.contains("href=\"javascript:"), "{path}");
    }
    for question in [
        "%27%3B+drop+table+item%3B--",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%25%25%25__",
        "%00%01",
        "%22in%3A%22%22%22+tag%3A+kind%3Anothing",
        "%F0%9F%94%A8+%E2%80%AE+%CC%81",
        "&page=999999999999999999999&kind=x&in=y&low=z",
    ] {
        let page = site.get(&format!("/?q={question}")).await;
        assert_eq!(page.status, 200, "{question}: {page:?}");
        assert!(!page.body.contains("<script>alert"), "{question}");
    }
    let huge = "lorem+".repeat(4_000);
    assert_eq!(site.get(&format!("/?q={huge}")).await.status, 200);
    assert_eq!(site.services.catalog.summaries(&site.admin, &[item]).await.expect("read").len(), 1);
}

#[tokio::test]
async fn nobody_being_set_up_leads_to_the_set_up_page_once() {
    let site = Site::before_set_up().await;
    let home = site.get("/").await;
    assert_eq!((home.status, home.header("location")), (303, "/setup"));
    assert_eq!(site.get("/api/v1/items").await.json()["code"], "not_set_up");
    let page = site.get("/setup").await;
    assert!(page.body.contains("inventory setup --code"), "{}", page.body);
    let token = page.hidden("token");
    let code = setup_code(&site).await;
    let fields = |code: &str| {
        [
            ("token", token.clone()),
            ("code", code.to_owned()),
            ("name", "Ann <Meyer>".into()),
            ("login", "ann".into()),
            ("password", "correct horse".into()),
        ]
    };
    let with = |fields: &[(&'static str, String); 5]| fields.clone().map(|(name, value)| (name, value));
    let wrong = with(&fields("AAAAAAAAAA"));
    let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = site.post("/setup", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("The code is wrong") && refused.body.contains("Ann &lt;Meyer&gt;"),
        "{}",
        refused.body
    );
    assert!(
        !refused.body.contains("correct horse") && !refused.body.contains("AAAAAAAAAA"),
        "secrets do not come back"
    );
    let right = with(&fields(&code));
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(site.post("/setup", &right).await.status, 303);
    assert_eq!(site.get("/").await.status, 200);
    assert_eq!(site.get("/setup").await.status, 303, "there is a first person now");
}

#[tokio::test]
async fn until_somebody_is_set_up_strangers_behind_the_proxy_read_a_notice_and_nothing_else() {
    let site = Site::empty(believing()).await;
    let stranger = Browser::new(&site);
    for path in ["/", "/places", "/history", "/api/v1/items", "/photos/018f0000-0000-7000-8000-000000000000/320"] {
        let answer = stranger.get(path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "60"), "{path} {answer:?}");
    }
    let notice = stranger.get("/").await;
    assert!(notice.body.contains("Nobody is set up yet") && notice.body.contains("href=\"/setup\""), "{notice:?}");
    assert_eq!(stranger.get("/setup").await.status, 200, "whoever has the code can begin");
}

#[tokio::test]
async fn a_proxy_that_sends_pictures_is_told_where_they_lie_once_it_is_clear_who_asks() {
    let settings = config::Web { photos_by_proxy: Some("/inventory-photos/".into()), ..believing() };
    let site = Site::with(settings).await;
    let shelf = site.location("Shelf", None).await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).expect("encoded");
    let source = inventory::services::photos::Source::Bytes(png.into_inner());
    let photo = site.services.photos.add(&site.admin, shelf, source, "").await.expect("added").photo;
    let path = format!("/photos/{photo}/320");
    let wish = [("X-Sendfile-Type", "X-Accel-Redirect")];

    let stranger = Browser::new(&site).send("GET", &path, &wish, "").await;
    assert_eq!((stranger.status, stranger.header("x-accel-redirect")), (401, ""), "{stranger:?}");

    let browser = Browser::of(&site, "maria").await;
    let told = browser.send("GET", &path, &wish, "").await;
    let place = told.header("x-accel-redirect");
    let parts: Vec<&str> = place.strip_prefix("/inventory-photos/").expect("the place").split('/').collect();
    let [shard, hash, file] = parts[..] else { panic!("{place}") };
    assert_eq!((hash.len(), &hash[..2], file), (64, shard, "320.jpg"), "{place}");
    assert_eq!((told.status, told.body.as_str(), told.header("content-type")), (200, "", "image/jpeg"));

    let plain = browser.get(&path).await;
    assert_eq!((plain.status, plain.header("x-accel-redirect")), (200, ""));
    assert!(!plain.body.is_empty(), "a proxy that does not ask gets the picture");
}

#[tokio::test]
async fn files_are_kept_for_good_and_photos_are_pictures_only() {
    let site = Site::new().await;
    let home = site.get("/").await.body;
    let style = home
        .split("href=\"")
        .find(|rest| rest.starts_with("/assets/") && rest.contains("app.css"))
        .expect("a style sheet");
    let style = style.split('"').next().expect("an address");
    let answer = site.get(style).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.header("cache-control").contains("immutable") && answer.header("content-type").starts_with("text/css")
    );
    assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "no file from elsewhere");
    let name = style.rsplit('/').next().expect("a name");
    assert_eq!(site.get(&format!("/assets/0000/{name}")).await.status, 404, "an old name is gone");
    let packed = site.ask("GET", style, &[("Accept-Encoding", "gzip")], "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
}
