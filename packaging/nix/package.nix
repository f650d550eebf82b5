# The library, its development files and the tools, for flake.nix.
{
  lib,
  stdenv,
  rustPlatform,
  cargo,
  rustc,
  lld,
}:

let
  source = ../..;
  manifest = (lib.importTOML (source + "/Cargo.toml")).package;
in
stdenv.mkDerivation {
  pname = "rs2n";
  version = manifest.version;
  src = lib.cleanSource source;

  cargoDeps = rustPlatform.importCargoLock { lockFile = source + "/Cargo.lock"; };
  nativeBuildInputs = [
    rustPlatform.cargoSetupHook
    cargo
    rustc
    lld
  ];

  outputs = [
    "out"
    "dev"
    "bin"
    "doc"
    "man"
  ];
  CARGO_NET_OFFLINE = "true";
  buildFlags = [
    "library"
    "man"
    "tools"
  ];
  installFlags = [
    "COMPONENTS=lib dev doc tools"
    "PREFIX=${placeholder "out"}"
    "BINDIR=${placeholder "bin"}/bin"
    "INCLUDEDIR=${placeholder "dev"}/include"
    "PKGCONFIGDIR=${placeholder "dev"}/lib/pkgconfig"
    "CMAKEDIR=${placeholder "dev"}/lib/cmake/s2n"
    "MANDIR=${placeholder "man"}/share/man"
    "DOCDIR=${placeholder "doc"}/share/doc/rs2n"
  ];

  meta = {
    description = manifest.description;
    license = with lib.licenses; [
      asl20
      bsd3
      isc
      mit
    ];
    mainProgram = "rs2nc";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
