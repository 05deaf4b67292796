//! Makes the input: JSON access lines from a seed, so that each run reads the same bytes.

use std::io::Write;

/// `size` bytes of access log at least, of which one line in `every` is a refusal (none if 0).
pub(crate) fn access_log(size: usize, every: u64) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 1024);
    let mut seed = 42_u64;
    let mut number = 0;
    while text.len() < size {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        number += 1;
        let status = if every > 0 && number % every == 0 { 401 } else { 200 };
        writeln!(
            text,
            "{{\"time\":\"2026-03-02T09:{:02}:{:02}Z\",\"remote_addr\":\"198.51.100.{}\",\"request_id\":\"{seed:016x}{number:016x}\",\
             \"method\":\"GET\",\"uri\":\"/orders/v1/orders/{}\",\"status\":{status},\"bytes\":{},\"rt\":0.0{}}}",
            number / 60 % 60,
            number % 60,
            seed >> 56,
            seed >> 40,
            seed >> 50,
            seed >> 60,
        )
        .expect("memory takes what is written");
    }
    text
}
