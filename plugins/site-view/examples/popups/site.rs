//! The site that the example shows: a web server of a few lines, for one machine and for this example only.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use url::Url;

const START: &str = r#"<!doctype html><meta charset="utf-8"><title>The site</title>
<h1>The site</h1>
<p><button onclick="window.open('/sign-in', 'sign-in', 'width=420,height=520')">Sign in</button></p>
<p><button onclick="window.open('https://example.org/')">Open another site (refused)</button></p>
<p>Signed in as: <b id="name">nobody</b></p>
<script>onmessage = ({ data, origin }) => { if (origin === location.origin) document.all.name.textContent = data }</script>"#;

const SIGN_IN: &str = r#"<!doctype html><meta charset="utf-8"><title>Sign in</title>
<h1>Sign in</h1>
<form onsubmit="opener.postMessage(this.who.value, location.origin); window.close(); return false">
<label>Name <input name="who" value="Robin" required></label> <button>Sign in</button>
</form>"#;

/// Serves the pages on a free port of the loopback address until the process ends. Returns the URL of the first page.
pub fn serve() -> Result<Url, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that goes away before the answer is no reason to stop serving.
            let _ = answer(stream);
        }
    });
    Ok(url)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    request.read_line(&mut first)?;
    // The engine sends nothing more before it has the answer, so the headers end with an empty line.
    let mut header = String::new();
    while request.read_line(&mut header)? > 2 {
        header.clear();
    }
    let (status, body) = match first.split(' ').nth(1) {
        Some("/") => ("200 OK", START),
        Some("/sign-in") => ("200 OK", SIGN_IN),
        _ => ("404 Not Found", "Not found"),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
