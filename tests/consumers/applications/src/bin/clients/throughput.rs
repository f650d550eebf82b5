//! Throughput of the clients, with the server in the same process, per second of processor time:
//! other programs on the machine do not count.

use std::future::Future;
use std::time::{Duration, Instant};

use applications::origin::hash;
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;

use crate::{Outcome, https, server, smithy};

/// The length of a large response.
const LARGE: usize = 16 << 20;

pub async fn measure(certs: &str, seconds: f64) -> Outcome {
    let limit = Duration::from_secs_f64(seconds);
    for (protocol, title) in [("h2", "HTTP/2"), ("http/1.1", "HTTP/1.1")] {
        let port = server(certs, "ecdsa", "default_tls13", &[protocol]).await?;
        let small = format!("https://localhost:{port}/bytes/100");
        let large = format!("https://localhost:{port}/bytes/{LARGE}");
        let settings = || HttpConnectorSettings::builder().build();

        let client = smithy::client(certs, "ca", settings())?;
        let sdk = async |url: &str| {
            hash(smithy::get(&client, url).await?.into_body())
                .await
                .map(drop)
        };
        report(
            "SDK",
            title,
            "requests/s",
            1.0,
            rate(limit, || sdk(&small)).await?,
        );
        report(
            "SDK",
            title,
            "MB/s",
            LARGE as f64 / 1e6,
            rate(limit, || sdk(&large)).await?,
        );

        let client = https::client(certs, "ca", "default_tls13")?;
        let hyper = async |url: &str| {
            hash(https::get(&client, url).await?.into_body()).await?;
            Outcome::Ok(())
        };
        report(
            "hyper",
            title,
            "requests/s",
            1.0,
            rate(limit, || hyper(&small)).await?,
        );
        report(
            "hyper",
            title,
            "MB/s",
            LARGE as f64 / 1e6,
            rate(limit, || hyper(&large)).await?,
        );
        let handshake = async || {
            let client = https::client(certs, "ca", "default_tls13")?;
            hash(https::get(&client, &small).await?.into_body()).await?;
            Outcome::Ok(())
        };
        report(
            "hyper",
            title,
            "connections/s",
            1.0,
            rate(limit, handshake).await?,
        );
    }
    Ok(())
}

/// Repeats an operation until the time is over, and returns its number per second of processor
/// time.
async fn rate<F: Future<Output = Outcome>>(
    limit: Duration,
    mut operation: impl FnMut() -> F,
) -> Outcome<f64> {
    operation().await?;
    let (start, before) = (Instant::now(), processor_time()?);
    let mut count = 0;
    while start.elapsed() < limit {
        operation().await?;
        count += 1;
    }
    Ok(f64::from(count) / (processor_time()? - before))
}

/// Returns the processor time of this process in seconds: proc_pid_stat(5).
fn processor_time() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("a name in parentheses")?;
    let times = fields.split_whitespace().skip(11).take(2);
    let mut ticks = 0;
    for time in times {
        ticks += time.parse::<u32>()?;
    }
    // USER_HZ is 100 on all common architectures.
    Ok(f64::from(ticks) / 100.0)
}

fn report(client: &str, protocol: &str, unit: &str, scale: f64, rate: f64) {
    println!("{client}, {protocol}, {unit}\t{:.1}", rate * scale);
}
