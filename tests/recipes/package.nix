# Evaluates flake.nix and packaging/nix/package.nix, with the parts of nixpkgs that they use. The result is the
# package's attributes.
let
  lib = {
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    cleanSource = path: toString path;
    licenses = builtins.listToAttrs (
      map (name: {
        inherit name;
        value = name;
      }) [ "asl20" "bsd3" "isc" "mit" ]
    );
    genAttrs =
      names: value:
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = value name;
        }) names
      );
  };
  packages = {
    inherit lib;
    stdenv.mkDerivation = attributes: attributes;
    rustPlatform = {
      importCargoLock = { lockFile }: builtins.length (lib.importTOML lockFile).package;
      cargoSetupHook = "cargoSetupHook";
    };
    cargo = "cargo";
    rustc = "rustc";
    lld = "lld";
    mkShell = attributes: attributes;
  };
  callPackage =
    path: overrides:
    let
      function = import path;
    in
    function ((builtins.intersectAttrs (builtins.functionArgs function) packages) // overrides);
  self = (import ../../flake.nix).outputs {
    inherit self;
    nixpkgs = {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: packages // { inherit callPackage; }
      );
    };
  };
in
self.packages.x86_64-linux.default
