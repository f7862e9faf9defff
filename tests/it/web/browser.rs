//! A browser elsewhere, as far as the endpoint sees it: behind the proxy, with cookies of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;

use inventory::domain::{PersonId, Role};
use inventory::services::people::PersonDraft;

use super::{Answer, Site, encoded};

pub const PASSWORD: &str = "correct horse";

pub struct Browser<'a> {
    pub site: &'a Site,
    pub address: &'static str,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub fn new(site: &'a Site) -> Self {
        Self::at(site, "192.0.2.7")
    }

    pub fn at(site: &'a Site, address: &'static str) -> Self {
        Self { site, address, cookies: RefCell::default() }
    }

    /// A browser in which somebody has signed in.
    pub async fn of(site: &'a Site, login: &str) -> Self {
        let browser = Self::new(site);
        let answer = browser.sign_in(login, PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"), "{answer:?}");
        browser
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("Origin", "https://stock.example"), ("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &headers, &encoded(fields)).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let cookie: Vec<String> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = cookie.join("; ");
        let mut all = vec![
            ("Host", "stock.example"),
            ("X-Forwarded-For", self.address),
            ("X-Forwarded-Proto", "https"),
            ("User-Agent", "Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36"),
        ];
        if !cookie.is_empty() {
            all.push(("Cookie", &cookie));
        }
        all.extend_from_slice(headers);
        let answer = self.site.raw(method, path, &all, body).await;
        for said in &answer.cookies {
            let (pair, _) = said.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if value.is_empty() {
                self.cookies.borrow_mut().remove(name);
            } else {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens the sign-in page and sends its form.
    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let page = self.get("/sign-in").await;
        assert_eq!(page.status, 200, "{page:?}");
        let token = page.hidden("token");
        self.post("/sign-in", &[("token", &token), ("login", login), ("password", password)]).await
    }

    /// Sends a form of the account page.
    pub async fn account(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get("/account").await.hidden("token");
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post(&format!("/account/{action}"), &all).await
    }

    pub fn session(&self) -> Option<String> {
        self.cookies.borrow().get("__Host-inventory").cloned()
    }

    pub fn take_session(&self, token: &str) {
        self.cookies.borrow_mut().insert("__Host-inventory".into(), token.into());
    }

    pub async fn is_in(&self) -> bool {
        self.get("/account").await.status == 200
    }
}

impl Site {
    /// Somebody with a password.
    pub async fn person(&self, login: &str, role: Role) -> PersonId {
        let draft = PersonDraft { name: format!("{login} Person"), role, login: Some(login.into()) };
        let id = self.services.people.add(&self.admin, &draft).await.expect("added");
        self.services.people.set_password(&self.admin, id, PASSWORD.into()).await.expect("set");
        id
    }

    /// Lets time pass for one table's column.
    pub async fn age(&self, table: &str, column: &str, by: &str) {
        let statement = format!("update {table} set {column} = {column} - interval '{by}'");
        self.test
            .admin()
            .await
            .batch_execute(&format!("set search_path = inventory; {statement}"))
            .await
            .expect("aged");
    }

    /// What the audit trail says happened, oldest first.
    pub async fn audited(&self) -> Vec<String> {
        let client = self.test.client().await;
        let rows = client.query("select action from audit order by id", &[]).await.expect("readable");
        rows.iter().map(|row| row.get(0)).collect()
    }
}
