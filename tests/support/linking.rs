//! Examples of several source files, linked with rs2n and with s2n-tls.
#![allow(dead_code)] // Each test binary uses a part.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::peers::installed;
use crate::support::{root, run};

/// The source files of an example, relative to `examples-c`, and the libraries that it requires.
pub struct Example {
    pub sources: &'static [&'static str],
    pub libraries: &'static [&'static str],
}

impl Example {
    /// Compiles the example, and links it with the installed library.
    pub fn link_with_rs2n(&self, compiler: &str, program: &Path) {
        let (include, lib) = (installed().join("include"), installed().join("lib"));
        let lib = lib.display().to_string();
        let mut command = self.compiler(compiler, &include, program);
        run(command.args(["-L", &lib, "-ls2n", &format!("-Wl,-rpath,{lib}")]));
    }

    /// Compiles the example with the header of s2n-tls, and links it with s2n-tls. The archive may
    /// contain bitcode for link-time optimization, which is disabled here.
    pub fn link_with_reference(&self, program: &Path) {
        let mut clang = self.compiler("clang", &reference().include, program);
        run(clang.args(reference_options()));
    }

    fn compiler(&self, name: &str, include: &Path, program: &Path) -> Command {
        let mut command = Command::new(name);
        command.args(["-std=gnu99", "-O2", "-g", "-pthread"]);
        command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
        command.arg("-I").arg(include).arg("-o").arg(program);
        for source in self.sources {
            command.arg(root().join("examples-c").join(source));
        }
        let libraries = self.libraries.iter();
        command.args(libraries.map(|name| format!("-l{name}")));
        command
    }
}

/// The static libraries of s2n-tls and of its cryptography, and the folder with its header.
struct Archives {
    library: PathBuf,
    crypto: PathBuf,
    include: PathBuf,
}

/// The options of clang that link a program with s2n-tls.
pub fn reference_options() -> Vec<String> {
    let Archives {
        library, crypto, ..
    } = reference();
    let (library, crypto) = (library.display().to_string(), crypto.display().to_string());
    [
        "-fuse-ld=lld",
        "-Wl,--lto-O0",
        &library,
        &crypto,
        "-ldl",
        "-lm",
    ]
    .map(str::to_owned)
    .into()
}

fn reference() -> &'static Archives {
    static ARCHIVES: OnceLock<Archives> = OnceLock::new();
    ARCHIVES.get_or_init(|| {
        let script = root().join("tests/abi/reference/archive.sh");
        let paths = run(Command::new("sh").arg(script)).stdout;
        let paths = String::from_utf8(paths).expect("paths are UTF-8");
        let mut paths = paths.split_whitespace().map(PathBuf::from);
        let mut next = || paths.next().expect("the script prints four paths");
        Archives {
            library: next(),
            crypto: next(),
            include: next(),
        }
    })
}
