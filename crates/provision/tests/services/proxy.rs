//! A proxy between `provision` and the services, which makes a server that is slow, broken, or tells lies.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::Arc;

use reqwest::blocking::Client;
use url::Url;

/// A request on its way to the services.
pub struct Request {
    /// The address that it came from.
    pub peer: IpAddr,
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }
}

/// An answer on its way back.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![],
            body: body.to_owned(),
        }
    }

    /// Changes a body that is a JSON object.
    pub fn change(&mut self, change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) {
        let mut object = serde_json::from_str(&self.body).unwrap();
        change(&mut object);
        self.body = serde_json::Value::Object(object).to_string();
    }
}

/// What a proxy does to requests and answers.
pub trait Tamper: Send + Sync + 'static {
    /// Changes a request, or answers it in place of the services.
    fn request(&self, _request: &mut Request) -> Option<Reply> {
        None
    }

    /// Changes an answer.
    fn reply(&self, _request: &Request, _reply: &mut Reply) {}
}

/// Listens where the services say that they are, and forwards to where they are.
pub fn start(public: &Url, tamper: Arc<impl Tamper>) {
    let address = public.socket_addrs(|| None).unwrap()[0];
    let listener = TcpListener::bind(address).unwrap();
    let upstream = format!("http://{}", address.to_string().replacen("127.0.0.", "127.0.1.", 1));
    let http = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (upstream, tamper, http) = (upstream.clone(), tamper.clone(), http.clone());
            std::thread::spawn(move || serve(stream.unwrap(), &upstream, &*tamper, &http));
        }
    });
}

fn serve(mut stream: TcpStream, upstream: &str, tamper: &impl Tamper, http: &Client) {
    // A client that opens a connection in advance and sends nothing is no error.
    let Some(mut request) = read(&mut stream) else { return };
    let mut reply = tamper
        .request(&mut request)
        .unwrap_or_else(|| forward(&request, upstream, http));
    tamper.reply(&request, &mut reply);
    let mut head = format!(
        "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        reply.status,
        reply.body.len()
    );
    for (name, value) in &reply.headers {
        head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    let _ = stream.write_all(format!("{head}\r\n{}", reply.body).as_bytes());
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let peer = stream.peer_addr().ok()?.ip();
    let (mut bytes, mut part) = (vec![], [0; 4_096]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&part[..count]);
    }
    Some(Request {
        peer,
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

fn forward(request: &Request, upstream: &str, http: &Client) -> Reply {
    let method = request.method.parse().unwrap();
    let mut sent = http.request(method, format!("{upstream}{}", request.target));
    for (name, value) in &request.headers {
        if !["content-length", "connection", "accept-encoding"].contains(&name.as_str()) {
            sent = sent.header(name, value);
        }
    }
    let answer = sent.body(request.body.clone()).send().unwrap();
    let headers = answer.headers().iter().filter(|(name, _)| {
        !["content-length", "connection", "transfer-encoding", "keep-alive"].contains(&name.as_str())
    });
    Reply {
        status: answer.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: answer.text().unwrap(),
    }
}
