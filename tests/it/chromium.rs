//! A real Chromium in a test's hands, by Debian's chromium-driver and the few calls of the W3C's
//! WebDriver that tests need: our own hundred lines over reqwest, since a client library would bring
//! twenty crates for them.
//!
//! Needs `chromedriver` on the path, else `REPLYTREE_CHROMEDRIVER`. Where there is none a test prints
//! `skipped: …` and passes; with `REPLYTREE_BROWSER=required` it fails instead.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a test waits for what must come by itself.
const PATIENCE: Duration = Duration::from_secs(15);
/// axe-core 4, under the MPL 2.0 beside it; injected by the driver, never served.
const AXE: &str = include_str!("../browser/axe.min.js");
/// The rules of WCAG 2.2 AA and below.
const AXE_TAGS: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

pub struct Chromium {
    driver: Child,
    url: String,
    client: reqwest::Client,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Chromium {
    /// `None` where the machine has no browser, and that was said.
    pub fn start() -> Option<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let program =
            std::env::var_os("REPLYTREE_CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let started = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match started {
            Ok(driver) => driver,
            Err(error) => {
                let required = std::env::var("REPLYTREE_BROWSER").is_ok_and(|v| v == "required");
                assert!(!required, "chromedriver does not start: {error}");
                println!("skipped: chromedriver does not start: {error}");
                return None;
            }
        };
        let said = BufReader::new(driver.stdout.take().unwrap());
        let port = said.lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.rsplit_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_string())
        });
        let port = port.expect("chromedriver says its port");
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Some(Self {
            driver,
            url: format!("http://127.0.0.1:{port}"),
            client,
        })
    }

    /// A window with cookies of its own, as large as a small laptop's.
    pub async fn window(&self) -> Window {
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
            "--window-size=1440,900",
        ];
        let asked = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let url = format!("{}/session", self.url);
        let answer = call(self.client.post(url).json(&asked)).await;
        let id = answer["sessionId"].as_str().expect("a session").to_string();
        Window {
            url: format!("{}/session/{id}", self.url),
            client: self.client.clone(),
        }
    }
}

async fn call(request: reqwest::RequestBuilder) -> Value {
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let value = answer["value"].clone();
    assert!(
        value["error"].is_null(),
        "{}: {}",
        value["error"],
        value["message"]
    );
    value
}

pub struct Window {
    url: String,
    client: reqwest::Client,
}

impl Window {
    async fn post(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/{what}", self.url);
        call(self.client.post(url).json(&body)).await
    }

    async fn devtools(&self, command: &str, params: Value) {
        let body = json!({ "cmd": command, "params": params });
        self.post("goog/cdp/execute", body).await;
    }

    pub async fn close(self) {
        call(self.client.delete(&self.url)).await;
    }

    pub async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Every request from here on carries this key: somebody other than who signed in by the link.
    pub async fn be(&self, key: &str) {
        self.devtools("Network.enable", json!({})).await;
        let headers = json!({ "Authorization": format!("Bearer {key}") });
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": headers }))
            .await;
    }

    /// Pages run no script from here on.
    pub async fn without_script(&self) {
        let off = json!({ "value": true });
        self.devtools("Emulation.setScriptExecutionDisabled", off)
            .await;
    }

    pub async fn dark(&self) {
        let features = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    pub async fn light(&self) {
        let features = json!([{ "name": "prefers-color-scheme", "value": "light" }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// A phone of 390 by 844.
    pub async fn small(&self) {
        let size = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    pub async fn large(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({}))
            .await;
    }

    /// What the script returns; `arguments[0]` is `given`.
    pub async fn run(&self, script: &str, given: Value) -> Value {
        let body = json!({ "script": script, "args": [given] });
        self.post("execute/sync", body).await
    }

    /// What the script gives to its last argument, a function; `arguments[0]` is `given`.
    pub async fn run_async(&self, script: &str, given: Value) -> Value {
        let body = json!({ "script": script, "args": [given] });
        self.post("execute/async", body).await
    }

    /// Asks until it is true, for as long as a test waits.
    pub async fn until(&self, what: &str, script: &str, given: Value) {
        let begun = Instant::now();
        loop {
            if self.run(script, given.clone()).await == json!(true) {
                return;
            }
            if begun.elapsed() > PATIENCE {
                let page = self.run("return document.body.innerText", json!(0)).await;
                panic!(
                    "{what} never came; the page says:\n{}",
                    page.as_str().unwrap_or("")
                );
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Waits for an element that can be seen.
    pub async fn wait(&self, css: &str) {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some(e => e.checkVisibility())";
        self.until(css, script, json!(css)).await;
    }

    /// Waits until some element of `css` says `words`.
    pub async fn says(&self, css: &str, words: &str) {
        let script = "return [...document.querySelectorAll(arguments[0][0])]
            .some(e => e.innerText.includes(arguments[0][1]))";
        self.until(&format!("`{words}` in {css}"), script, json!([css, words]))
            .await;
    }

    /// Of the first element.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.run(script, json!(css)).await;
        text.as_str().unwrap_or("").to_string()
    }

    async fn find(&self, css: &str) -> String {
        self.wait(css).await;
        let asked = json!({ "using": "css selector", "value": css });
        let found = self.post("element", asked).await;
        let id = found.as_object().and_then(|o| o.values().next()).unwrap();
        id.as_str().unwrap().to_string()
    }

    pub async fn click(&self, css: &str) {
        let id = self.find(css).await;
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    /// Types into a field, after what stands there.
    pub async fn write(&self, css: &str, text: &str) {
        let id = self.find(css).await;
        self.post(&format!("element/{id}/value"), json!({ "text": text }))
            .await;
    }

    /// Presses keys, one after another, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let mut actions = Vec::new();
        for key in keys.chars() {
            actions.push(json!({ "type": "keyDown", "value": key }));
            actions.push(json!({ "type": "keyUp", "value": key }));
        }
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("actions", json!({ "actions": [keyboard] })).await;
    }

    /// What axe finds wrong with the page as it stands: rule, and the elements.
    pub async fn axe(&self) -> Vec<String> {
        self.run(&format!("{AXE}; return 0"), json!(0)).await;
        let script = format!(
            "const done = arguments[arguments.length - 1];
            axe.run(document, {{ runOnly: {AXE_TAGS} }}).then(
                found => done(found.violations.map(v => v.id + ': ' + v.help + '\\n' +
                    v.nodes.map(n => '   ' + n.target + '\\n      ' + n.failureSummary).join('\\n'))),
                error => done(['axe failed: ' + error]))"
        );
        let found = self
            .post("execute/async", json!({ "script": script, "args": [] }))
            .await;
        let found = found.as_array().unwrap().iter();
        found.map(|f| f.as_str().unwrap().to_string()).collect()
    }

    /// What the browser complained of: refused scripts and styles, errors of ours.
    pub async fn complaints(&self) -> Vec<String> {
        let logged = self.post("se/log", json!({ "type": "browser" })).await;
        let logged = logged.as_array().cloned().unwrap_or_default();
        logged
            .iter()
            // The page that only signs in names no sign of its own.
            .filter(|entry| !entry["message"].to_string().contains("/favicon.ico"))
            .filter(|entry| {
                entry["level"] == "SEVERE"
                    || entry["message"].to_string().contains("Content Security")
            })
            .map(|entry| entry["message"].as_str().unwrap_or("").to_string())
            .collect()
    }

    /// How much wider the page is than the window: 0 where nothing must be scrolled sideways.
    pub async fn overflow(&self) -> i64 {
        let script = "const d = document.documentElement; return d.scrollWidth - innerWidth";
        self.run(script, json!(0)).await.as_i64().unwrap().max(0)
    }

    /// Base64 of a PNG of what is seen.
    pub async fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let url = format!("{}/screenshot", self.url);
        let shot = call(self.client.get(url)).await;
        let text = shot.as_str().unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    }

    /// Holds the page to what every page is held to, in the light, in the dark, and on a phone: axe
    /// finds nothing, nothing is wider than the screen, the browser has nothing to complain of.
    /// `REPLYTREE_PICTURES=DIR` keeps pictures of all three for a person to look at.
    pub async fn inspect(&self, name: &str) {
        let keep = std::env::var_os("REPLYTREE_PICTURES").map(std::path::PathBuf::from);
        let mut wrong = Vec::new();
        for look in ["light", "dark", "small"] {
            match look {
                "dark" => self.dark().await,
                "small" => {
                    self.light().await;
                    self.small().await;
                }
                _ => self.light().await,
            }
            tokio::time::sleep(Duration::from_millis(350)).await;
            let overflow = self.overflow().await;
            if overflow > 0 {
                wrong.push(format!("{look}: {overflow} px too wide"));
            }
            wrong.extend(self.axe().await.iter().map(|v| format!("{look}: {v}")));
            if let Some(keep) = &keep {
                std::fs::create_dir_all(keep).unwrap();
                let file = keep.join(format!("{name}-{look}.png"));
                std::fs::write(file, self.picture().await).unwrap();
            }
        }
        self.large().await;
        self.light().await;
        wrong.extend(self.complaints().await);
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
}
