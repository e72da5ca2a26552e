//! The page in `docs/verify` verifies a proof in a real browser, and refuses what it must.
//!
//! Needs Chromium and its driver, so it runs only when asked for:
//! `cargo test -p lvm-verifier-web --test page_in_chromium -- --ignored`. With `LVM_SCREENSHOTS`
//! set to a folder, it leaves pictures there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context as _, ensure};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use lvm_prover::{Program, ProveOptions, Prover};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Serves the files of `folder` on a port of this machine, for as long as the test runs.
fn serve(folder: PathBuf) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that goes away in the middle is no failure.
            let _ = respond(stream, &folder);
        }
    });
    Ok(format!("http://{address}/"))
}

fn respond(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::from("-");
    while !header.trim().is_empty() {
        header.clear();
        reader.read_line(&mut header)?;
    }
    let name = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let (status, body) = match fs::read(folder.join(name)) {
        Ok(body) if !name.contains("..") => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// A driver of browsers, which ends with the test.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    fn start() -> anyhow::Result<Self> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run chromedriver")?;
        let stdout = process.stdout.take().context("its output is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.strip_suffix('.')?.rsplit_once("successfully on port ")?.1.parse::<u16>().ok()
        });
        // What it says later is read, so that it never waits for a full pipe.
        thread::spawn(move || {
            let mut rest = Vec::new();
            let _ = lines.map_while(Result::ok).map(|line| rest.push(line)).count();
        });
        let port = port.context("chromedriver says no port")?;
        Ok(Self { process, address: format!("http://127.0.0.1:{port}") })
    }

    async fn browser(&self, profile: &Path) -> anyhow::Result<Client> {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=900,1350",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments }));
        Ok(ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.address)
            .await?)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The page, open in a browser.
struct Page<'a> {
    browser: &'a Client,
}

impl Page<'_> {
    async fn open(&self, address: &str) -> anyhow::Result<()> {
        self.browser.goto(address).await?;
        Ok(())
    }

    async fn fill(&self, id: &str, text: &str) -> anyhow::Result<()> {
        Ok(self.browser.find(Locator::Id(id)).await?.send_keys(text).await?)
    }

    async fn text(&self, id: &str) -> anyhow::Result<String> {
        Ok(self.browser.find(Locator::Id(id)).await?.text().await?)
    }

    /// Presses the button, and returns verdict and reason.
    async fn verify(&self) -> anyhow::Result<(String, String)> {
        self.browser.find(Locator::Id("verify")).await?.click().await?;
        let shown = Locator::Css("#result:not([hidden])");
        self.browser.wait().at_most(PATIENCE).for_element(shown).await?;
        Ok((self.text("verdict").await?, self.text("reason").await?))
    }

    async fn picture(&self, name: &str) -> anyhow::Result<()> {
        if let Some(folder) = env::var_os("LVM_SCREENSHOTS") {
            fs::write(Path::new(&folder).join(name), self.browser.screenshot().await?)?;
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files for the page: a proof, a damaged one, and the key in both forms.
struct Files {
    proof: PathBuf,
    damaged: PathBuf,
    key: PathBuf,
    key_text: String,
    output: Vec<u8>,
}

fn files(folder: &Path) -> anyhow::Result<Files> {
    let elf = fs::read(repository().join("guests/elf/fibonacci.elf"))?;
    let prover = Prover::new(Program::load(&elf)?)?;
    let proved = prover.prove(&[], &ProveOptions::default(), &mut |_| {})?;
    let bytes = proved.proof.to_bytes()?;
    let mut changed = bytes.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let write = |name: &str, contents: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, contents).map(|()| path)
    };
    let key = prover.verifying_key();
    Ok(Files {
        proof: write("fibonacci.proof", &bytes)?,
        damaged: write("damaged.proof", &changed)?,
        key: write("fibonacci.vk", key.as_bytes())?,
        key_text: key.to_string(),
        output: proved.execution.public_output,
    })
}

async fn visit(page: &Page<'_>, address: &str, files: &Files) -> anyhow::Result<()> {
    let path = |path: &Path| path.display().to_string();

    // A proof, with the key as text.
    page.open(address).await?;
    page.picture("empty.png").await?;
    page.fill("proof", &path(&files.proof)).await?;
    page.fill("key", &files.key_text).await?;
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✓ Verified" && reason.is_empty(), "{verdict} {reason}");
    ensure!(page.text("shown-key").await? == files.key_text);
    ensure!(page.text("shown-exit-code").await? == "0, the run succeeded");
    ensure!(page.text("shown-text").await? == hex(&files.output));
    ensure!(page.text("shown-bits").await? == "128");
    ensure!(page.text("shown-time").await?.ends_with(" ms"));
    println!("verified in {}", page.text("shown-time").await?);
    page.picture("verified.png").await?;

    // A changed field takes the result away.
    page.fill("key", "0").await?;
    ensure!(page.text("verdict").await?.is_empty(), "the result is still there");
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✗ Refused" && reason.contains("this has 65 bytes"), "{verdict} {reason}");

    // A damaged proof, with the key as a file.
    page.open(address).await?;
    page.fill("proof", &path(&files.damaged)).await?;
    page.fill("key-file", &path(&files.key)).await?;
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✗ Refused" && reason.starts_with("The proof"), "{verdict} {reason}");
    page.picture("refused.png").await?;

    // Its honest twin in the same fields, but of another program and with another output.
    page.fill("proof", &path(&files.proof)).await?;
    let (verdict, _) = page.verify().await?;
    ensure!(verdict == "✓ Verified", "{verdict}");
    page.fill("key", &"0".repeat(64)).await?;
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✗ Refused" && reason.contains("another program"), "{verdict} {reason}");
    page.fill("key-file", &path(&files.key)).await?;
    page.browser.find(Locator::Css("form > details > summary")).await?.click().await?;
    page.fill("expected", "something else").await?;
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✗ Refused" && reason.contains("public output"), "{verdict} {reason}");

    // A dropped file: what a person's hand does is done by a script here.
    page.open(address).await?;
    let drop = "const transfer = new DataTransfer();
        transfer.items.add(new File(['lvm proof'], 'dropped.proof'));
        const event = new DragEvent('drop', { dataTransfer: transfer, cancelable: true });
        document.getElementById('drop').dispatchEvent(event);";
    page.browser.execute(drop, vec![]).await?;
    ensure!(page.text("proof-name").await? == "dropped.proof, 9 bytes");
    page.fill("key", &files.key_text).await?;
    let (verdict, reason) = page.verify().await?;
    ensure!(verdict == "✗ Refused" && reason == "The proof is cut off.", "{verdict} {reason}");
    Ok(())
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn the_page_verifies_and_refuses() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let files = files(folder.path())?;
    let address = serve(repository().join("docs/verify"))?;
    let driver = Driver::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let browser = driver.browser(&folder.path().join("profile")).await?;
        let visited = visit(&Page { browser: &browser }, &address, &files).await;
        browser.close().await?;
        visited
    })
}
