//! Algorithms of certificate compression (RFC 8879), which print the sizes of the messages.

use std::io::{self, Write};

use boring::ssl::{CertificateCompressionAlgorithm, CertificateCompressor, SslContextBuilder};

use crate::Result;

/// Adds algorithms by their names, in order of preference.
pub fn add(context: &mut SslContextBuilder, names: &str) -> Result<()> {
    for name in names.split(',') {
        match name {
            "zlib" => context.add_certificate_compression_algorithm(Zlib)?,
            "brotli" => context.add_certificate_compression_algorithm(Brotli)?,
            _ => return Err(format!("unknown algorithm {name}").into()),
        }
    }
    Ok(())
}

struct Zlib;

impl CertificateCompressor for Zlib {
    const ALGORITHM: CertificateCompressionAlgorithm = CertificateCompressionAlgorithm::ZLIB;
    const CAN_COMPRESS: bool = true;
    const CAN_DECOMPRESS: bool = true;

    fn compress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        let buffer = Vec::new();
        let mut encoder = flate2::write::ZlibEncoder::new(buffer, flate2::Compression::best());
        encoder.write_all(input)?;
        let compressed = encoder.finish()?;
        println!("compressed: zlib {} to {}", input.len(), compressed.len());
        output.write_all(&compressed)
    }

    fn decompress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        let mut decoder = flate2::write::ZlibDecoder::new(output);
        decoder.write_all(input)?;
        decoder.try_finish()?;
        let len = decoder.total_out();
        println!("decompressed: zlib {} to {len}", input.len());
        Ok(())
    }
}

struct Brotli;

impl CertificateCompressor for Brotli {
    const ALGORITHM: CertificateCompressionAlgorithm = CertificateCompressionAlgorithm::BROTLI;
    const CAN_COMPRESS: bool = true;
    const CAN_DECOMPRESS: bool = true;

    fn compress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        let mut compressed = Vec::new();
        let mut rest = input;
        brotli::BrotliCompress(&mut rest, &mut compressed, &Default::default())?;
        println!("compressed: brotli {} to {}", input.len(), compressed.len());
        output.write_all(&compressed)
    }

    fn decompress<W: Write>(&self, input: &[u8], output: &mut W) -> io::Result<()> {
        let mut certificate = Vec::new();
        let mut rest = input;
        brotli::BrotliDecompress(&mut rest, &mut certificate)?;
        println!(
            "decompressed: brotli {} to {}",
            input.len(),
            certificate.len()
        );
        output.write_all(&certificate)
    }
}
