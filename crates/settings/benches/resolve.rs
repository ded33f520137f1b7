//! The cost of resolving a complete configuration, compared with parsing the same configuration as JSON.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use settings::{Environments, KEYS, Sources, resolve_all};

const ENVIRONMENTS: &str = r#"
    [production]
    issuer = "https://id.example/"
    client_id = "groep-client"
    group_url = "https://{tenant}.ouderportaal.nl/groep"
    tenant_suffix = ".ouderportaal.nl"
"#;

fn resolving(criterion: &mut Criterion) {
    let Ok(environments) = Environments::from_toml(ENVIRONMENTS) else {
        return;
    };
    let (none, all): (Map<String, Value>, Map<String, Value>) = (
        Map::new(),
        KEYS.iter()
            .map(|row| (row.name.to_owned(), json!(row.example())))
            .collect(),
    );
    let text = Value::Object(all.clone()).to_string();
    let resolve = || {
        resolve_all(
            &environments,
            Sources {
                managed: black_box(&all),
                signed: &none,
                unsigned: &all,
                typed: &all,
            },
        )
    };
    let read = || serde_json::from_str::<Map<String, Value>>(black_box(&text));
    let mut group = criterion.benchmark_group("every key from three sources");
    group.bench_function("resolve_all", |bencher| bencher.iter(resolve));
    group.bench_function("rival: serde_json reads one source", |bencher| bencher.iter(read));
    group.finish();
    let (ours, theirs) = (fastest(resolve), fastest(read));
    println!(
        "resolve_all {ours:?}, serde_json {theirs:?}: {:.2} times the rival's time",
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}

/// The time of one call in the fastest of 20 rounds, the one with the least noise.
fn fastest<T>(run: impl Fn() -> T) -> Duration {
    const CALLS: u32 = 500;
    let round = || {
        let start = Instant::now();
        (0..CALLS).for_each(|_| drop(black_box(run())));
        start.elapsed() / CALLS
    };
    (0..20).map(|_| round()).min().unwrap_or_default()
}

criterion_group!(benches, resolving);
criterion_main!(benches);
