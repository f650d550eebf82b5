# Targets for building, testing and installing rs2n: `make help` lists them.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
CMAKEDIR ?= $(LIBDIR)/cmake/s2n
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/rs2n

CARGO ?= cargo
CARGO_TARGET_DIR ?= target
# cargo's output folder, which includes the target triple when cross-compiling (CARGO_BUILD_TARGET).
RELEASE := $(CARGO_TARGET_DIR)/$(if $(CARGO_BUILD_TARGET),$(CARGO_BUILD_TARGET)/)release
BUILD := build

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SONAME := libs2n.so.1
LIBRARY := libs2n.so.$(VERSION)

# The C compiler of the target by its usual name, such as aarch64-linux-gnu-gcc, when cross-compiling
ifeq ($(origin CC)$(if $(CARGO_BUILD_TARGET),,-native),default)
CC := $(shell command -v $(subst -unknown,,$(CARGO_BUILD_TARGET))-gcc || echo cc)
endif

CFLAGS ?= -O2 -g
EXAMPLE_CFLAGS := -std=gnu99 -Wall -Wextra -Wpedantic -Werror
EXAMPLES := $(patsubst examples-c/%.c,$(BUILD)/examples/%,$(wildcard examples-c/*.c))
# The examples with a library of their own, the client of Redis
FLEETS := $(BUILD)/examples/fleet_resumption $(BUILD)/examples/early_data_fleet
# The example with the header of PKCS #11, which is in p11-kit
PKCS11 := $(BUILD)/examples/pkcs11
EXAMPLES := $(filter-out $(FLEETS) $(PKCS11),$(EXAMPLES))
PKG_CONFIG ?= pkg-config
# The interpreter for the wheel and its tests: Debian's, as its headers are installed
PYTHON ?= /usr/bin/python3
ifeq ($(shell $(PKG_CONFIG) --exists hiredis && echo yes),yes)
EXAMPLES += $(FLEETS)
endif
ifeq ($(shell $(PKG_CONFIG) --exists p11-kit-1 && echo yes),yes)
EXAMPLES += $(PKCS11)
endif

# what `make install` installs: the libraries and the manual pages
all: library man

# prints this list
help:
	@awk '/^# / { text = substr($$0, 3); next } \
	    /^[a-z0-9-]+:/ && text { split($$0, goal, ":"); printf "%-18s %s\n", goal[1], text } \
	    { text = "" }' Makefile

# prints the version
version:
	@echo '$(VERSION)'

# the shared and the static library, in build
library:
	CC='$(CC)' CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh packaging/build.sh
	mkdir -p $(BUILD)
	CC='$(CC)' SONAME='$(SONAME)' sh packaging/link.sh '$(RELEASE)' '$(BUILD)' '$(LIBRARY)'
	ln -sf $(LIBRARY) $(BUILD)/$(SONAME)
	ln -sf $(SONAME) $(BUILD)/libs2n.so

# the command-line tools rs2nc and rs2nd, with manual pages and shell completions
tools:
	CC='$(CC)' CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' \
	    sh packaging/build.sh --package rs2n-tools
	mkdir -p $(BUILD)
	set -e; for tool in rs2nc rs2nd; do \
	    cp '$(RELEASE)'/$$tool $(BUILD)/; \
	    $(BUILD)/$$tool --man >$(BUILD)/$$tool.1; \
	    for shell in bash zsh fish; do \
	        $(BUILD)/$$tool --completions $$shell >$(BUILD)/$$tool.$$shell; \
	    done; \
	done

# Date of the manual pages and packages
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)

# the manual pages of the API, in build/man
man:
	rm -rf $(BUILD)/man
	env -u CARGO_BUILD_TARGET $(CARGO) run --quiet --locked --package rs2n-packaging \
	    --target-dir '$(CARGO_TARGET_DIR)' -- \
	    include $(BUILD)/man/man3 $(VERSION) \
	    "$$(date -u -d @$(SOURCE_DATE_EPOCH) +%F 2>/dev/null || date -u -r $(SOURCE_DATE_EPOCH) +%F)"

# the HTML reference of the API, in build/reference; needs Doxygen
reference: man
	@command -v doxygen >/dev/null || { echo 'apt-get install doxygen' >&2; exit 1; }
	rm -rf '$(BUILD)/reference'
	mkdir -p '$(BUILD)'
	VERSION='$(VERSION)' OUTPUT='$(BUILD)/reference' EXAMPLES='$(BUILD)/man/examples' doxygen packaging/reference/Doxyfile

# Installs or uninstalls COMPONENTS: lib, dev and doc by default
INSTALL_SCRIPT = BUILD='$(BUILD)' VERSION='$(VERSION)' LIBRARY='$(LIBRARY)' SONAME='$(SONAME)' \
    DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' BINDIR='$(BINDIR)' \
    LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' PKGCONFIGDIR='$(PKGCONFIGDIR)' \
    CMAKEDIR='$(CMAKEDIR)' MANDIR='$(MANDIR)' DOCDIR='$(DOCDIR)' sh packaging/install.sh

# installs what `make` has built: it builds nothing, so that root needs no cargo
install:
	@$(INSTALL_SCRIPT) install $(COMPONENTS)

# installs what `make tools` has built
install-tools:
	@$(INSTALL_SCRIPT) install tools

# removes what `make install` has installed with the same variables
uninstall:
	@$(INSTALL_SCRIPT) uninstall $(COMPONENTS)

# prints the files that `make install` installs
list:
	@$(INSTALL_SCRIPT) list $(COMPONENTS)

DEBS ?= $(BUILD)/debs
# Debian packages, in build/debs
deb: reference library man tools
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(subst install.sh,deb.sh,$(INSTALL_SCRIPT)) '$(DEBS)'

# the example programs, in build/examples
examples: library $(EXAMPLES)

define LINK_EXAMPLE
mkdir -p $(BUILD)/examples
$(CC) $(CFLAGS) $(EXAMPLE_CFLAGS) -Iinclude $(filter %.c,$^) -o $@ \
    -L$(BUILD) -ls2n $(EXAMPLE_LIBS) -pthread -Wl,-rpath,'$$ORIGIN/..'
endef

$(BUILD)/examples/%: examples-c/%.c include/s2n.h
	$(LINK_EXAMPLE)

# the same program with two strike registers: in memory and in Redis
EARLY_DATA := $(addprefix examples-c/early_data/,client.c server.c tickets.c)
$(BUILD)/examples/early_data: $(EARLY_DATA) examples-c/early_data/strikes.c
$(BUILD)/examples/early_data_fleet: examples-c/early_data.c $(EARLY_DATA) \
    examples-c/early_data/strikes_redis.c include/s2n.h
	$(LINK_EXAMPLE)
$(BUILD)/examples/early_data $(BUILD)/examples/early_data_fleet: $(wildcard examples-c/early_data/*.h)

$(FLEETS): examples-c/fleet/store.c examples-c/fleet/store.h
$(FLEETS): EXAMPLE_LIBS = -lhiredis

# builds everything, and moves files between a C client and a C server
demo:
	sh tests/deps.sh demo
	$(MAKE) examples
	sh examples-c/demo.sh $(BUILD)

# every test
test: deps
	CARGO='$(CARGO)' sh tests/run.sh

# the same as test
check: test

# archive of the source with all crates, for builds without a network
dist:
	mkdir -p $(BUILD)
	sh packaging/dist.sh $(BUILD)/rs2n-$(VERSION).tar.xz

# test that a second build, in another folder from the archive of `make dist`, gives the same library
reproducible: library
	CARGO='$(CARGO)' sh packaging/reproducible.sh $(BUILD)

# the Python package with the library in it, a wheel in build/wheels: see python/README.md
wheel: library
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) PYTHON='$(PYTHON)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' \
	    sh python/wheel.sh '$(BUILD)'

# test of the Python package, with the Python of this system and of a newer one
test-python:
	sh tests/deps.sh python
	$(MAKE) wheel
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) PYTHON='$(PYTHON)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' \
	    sh python/test.sh '$(BUILD)'

# test of the Debian packages in a new Debian system
test-packages:
	sh tests/deps.sh packages
	rm -rf $(BUILD)/debs $(BUILD)/debs-again
	$(MAKE) deb DEBS=$(BUILD)/debs
	$(MAKE) deb DEBS=$(BUILD)/debs-again
	cd $(BUILD)/debs-again && for deb in *.deb; do cmp $$deb ../debs/$$deb || exit 1; done
	sh packaging/test-packages.sh $(BUILD)/debs

# the files of a release, in build/release: see docs/RELEASING.md
release:
	CARGO='$(CARGO)' sh tests/tools.sh cargo-auditable cargo-cyclonedx
	$(MAKE) library man tools BUILD=$(BUILD)/auditable AUDITABLE=1
	PATH="$$PATH:$(abspath $(CARGO_TARGET_DIR)/tools/bin)" BUILD=$(BUILD)/auditable CARGO='$(CARGO)' \
	    VERSION='$(VERSION)' SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
	    sh packaging/release.sh $(RELEASE_DIR)

RELEASE_DIR ?= $(BUILD)/release
# test that two releases are equal, and that they list the crates of Cargo.lock
test-release:
	$(MAKE) release RELEASE_DIR=$(BUILD)/release
	$(MAKE) release RELEASE_DIR=$(BUILD)/release-again
	diff -r $(BUILD)/release $(BUILD)/release-again
	python3 -B packaging/test_release.py $(BUILD)/release

# test of the recipes for other package systems: RPM, Arch, Alpine, Conan, vcpkg, Homebrew, Nix
test-recipes:
	sh tests/deps.sh recipes
	$(MAKE) library man tools
	PATH="$(abspath $(CARGO_TARGET_DIR)/tools/python-recipes/bin):$$PATH" \
	    PYTHONPATH=$(abspath $(CARGO_TARGET_DIR)/tools/python-recipes) \
	    CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh packaging/test-recipes.sh

# checks the workflows and forms in .github
workflows:
	sh tests/deps.sh workflows
	PATH="$(abspath $(CARGO_TARGET_DIR)/tools/python-workflows/bin):$$PATH" \
	    PYTHONPATH=$(abspath $(CARGO_TARGET_DIR)/tools/python-workflows) sh tests/workflows.sh

# test on AArch64 Linux, with a cross compiler and an emulator
test-aarch64:
	CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/platforms/run.sh aarch64

# test on x86-64 Linux with musl
test-musl:
	CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/platforms/run.sh musl

# type-checks the library for macOS and the BSDs
check-platforms:
	CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/platforms/check.sh

KERNEL ?=
# test of kernel TLS in virtual machines; KERNEL is a list of packages of other kernels
test-ktls:
	CARGO='$(CARGO)' sh tests/ktls/run.sh $(KERNEL)

# installation of the programs that building and testing require
deps:
	sh tests/deps.sh

# generates the headers in include from the source
header:
	RS2N_BLESS=1 $(CARGO) test --quiet --test header the_headers_are_current

# generates the tables of the API in tests/abi from the reference, and the core's table of policies from them
abi:
	sh tests/abi/reference/run.sh update

# generates the list of functions in docs/COMPATIBILITY.md from the source
compatibility:
	RS2N_BLESS=1 $(CARGO) test --quiet --test compatibility the_page_shows_the_table

# writes the counts in docs/TRUST.md
trust:
	RS2N_BLESS=1 $(CARGO) test --quiet --test trust the_page_shows_the_counts

SEEDS ?= 2000
FIRST ?= 1
# differential fuzzing: the same calls on s2n-tls and on rs2n, with compared results
twin: deps
	sh tests/twin/run.sh $(SEEDS) $(FIRST)

# unmodified third-party programs for s2n-tls
consumers: deps
	sh tests/consumers/run.sh

# measures rs2n, s2n-tls, BoringSSL, OpenSSL and GnuTLS
bench:
	sh benches/run.sh

# many certificates, connections and threads
bench-scale:
	sh benches/scale.sh

# takes over the results of both into benches/results, the tables of benches/README.md and the pictures
bench-publish:
	sh benches/publish.sh

# counts writes of handshakes to memory that connections share
bench-contention:
	sh benches/contention/run.sh

# models of concurrency: locks and atomics of the core in every order of the steps of their threads
models:
	$(CARGO) test --package rs2n-core --lib --features internal-model model_of -- --nocapture

# test that branches, addresses and instruction counts do not depend on secrets: see tests/timing/README.md
test-timing: library
	CC='$(CC)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/timing/run.sh $(BUILD)

# measures with dudect whether times depend on secrets, TIMING_SAMPLES=100000 per path: see benches/timing/README.md
timing: library
	CC='$(CC)' CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh benches/timing/run.sh $(BUILD)

# the C tests with AddressSanitizer and LeakSanitizer: see tests/sanitizers/README.md
asan:
	sh tests/deps.sh
	CARGO='$(CARGO)' sh tests/sanitizers/run.sh address $(PROGRAMS)

# the C tests with ThreadSanitizer
tsan:
	sh tests/deps.sh
	CARGO='$(CARGO)' sh tests/sanitizers/run.sh thread $(PROGRAMS)

MUTANTS_PYTHON = $(CARGO_TARGET_DIR)/tools/mutants
MUTANTS = CARGO='$(CARGO)' sh tests/tools.sh cargo-mutants && \
    sh python/venv.sh $(MUTANTS_PYTHON) $(PYTHON) tree-sitter==0.26.1 tree-sitter-rust==0.24.2 && \
    CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' nice $(MUTANTS_PYTHON)/bin/python -B tests/mutants/run.py \
    $(MUTANTS_OPTIONS)
# mutation testing of the files or folders in FILES, by default of all: see tests/mutants/README.md
mutants:
	$(MUTANTS) $(FILES)

BASE ?= main
# the same for the lines that differ from the revision in BASE, by default main
mutants-diff:
	$(MUTANTS) --diff $(BASE) $(FILES)

# unit tests of unsafe code, interpreted by Miri, which detects undefined behaviour; with ALL=1 some of safe code, too
miri:
	CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/miri.sh $(if $(ALL),--all)

# the unit tests with cargo-careful, which checks the preconditions of unsafe functions of the standard library
careful:
	CARGO='$(CARGO)' CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/careful.sh

# BoringSSL's protocol runner, with BOGO_RUNNER=.../boringssl/ssl/test/runner: see tests/bogo/README.md
bogo:
	sh tests/bogo/run.sh

# every fuzz target for FUZZ_SECONDS seconds, 60 by default
fuzz:
	sh fuzz/run.sh

# minimizes the local corpora of the fuzz targets, and takes them over into fuzz/corpora
corpora:
	sh fuzz/corpora.sh

# measures the code that the corpora of the fuzz targets cover, and writes fuzz/COVERAGE.md
fuzz-coverage:
	sh fuzz/coverage.sh

# random connections through both tunnels for SOAK_SECONDS seconds, 300 by default
soak-tunnel:
	SOAK_SECONDS=$${SOAK_SECONDS:-300} $(CARGO) test --release --package rs2n-tools --test tools soak -- --nocapture

# connections with random faults for MINUTES minutes, 1 by default, and each system call failing: see tests/soak
soak: library
	CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' sh tests/soak/run.sh $(BUILD)

# formatting and lints
lint:
	$(CARGO) fmt --check --all
	$(CARGO) clippy --workspace --all-targets -- -D warnings

# generates the lists of third-party licences, packaging/THIRD-PARTY.txt and packaging/debian/copyright
licences:
	CARGO='$(CARGO)' python3 -B packaging/licences.py

# the guide as a book, in build/guide; mdbook is installed into the folder of tools if it is missing
guide:
	CARGO='$(CARGO)' sh tests/tools.sh mdbook
	PATH="$$PATH:$(CARGO_TARGET_DIR)/tools/bin" python3 docs/guide/build.py mdbook $(BUILD)/guide

# the documentation site, in build/site: guide, reference, compatibility, policies, benchmarks; needs Doxygen
site:
	@command -v doxygen >/dev/null || { echo 'apt-get install doxygen' >&2; exit 1; }
	CARGO='$(CARGO)' sh tests/tools.sh mdbook
	PATH="$$PATH:$(CARGO_TARGET_DIR)/tools/bin" python3 -B docs/site/build.py mdbook $(SITE)

SITE ?= $(BUILD)/site
# test of the site in a browser, with screenshots in target/ci-logs/site
test-site:
	sh tests/deps.sh site
	$(MAKE) site SITE=$(BUILD)/site
	$(MAKE) site SITE=$(BUILD)/site-again
	diff -r $(BUILD)/site $(BUILD)/site-again
	PYTHONPATH=$(abspath $(CARGO_TARGET_DIR)/tools/python-site) \
	    python3 -B tests/site/check.py $(BUILD)/site $(CARGO_TARGET_DIR)/ci-logs/site

# the pictures of the documentation, in docs/guide/src/pictures
pictures:
	python3 -B docs/pictures/draw.py docs/guide/src/pictures

# records the session in the README again, and draws it
recording: examples
	python3 -B docs/pictures/record.py $(BUILD) docs/pictures/demo.cast
	$(MAKE) pictures

# checks licences, advisories and sources of the dependencies
deny:
	$(CARGO) deny check

# removes all that was built
clean:
	$(CARGO) clean
	rm -rf $(BUILD)

.PHONY: all help version library man reference install uninstall list tools install-tools examples demo test \
    check dist reproducible wheel test-python deb test-packages release test-release test-recipes test-aarch64 test-musl \
    check-platforms workflows test-ktls deps header abi \
    compatibility twin consumers bench bench-scale bench-publish bench-contention models miri careful mutants mutants-diff \
    trust asan tsan timing test-timing bogo fuzz corpora fuzz-coverage soak soak-tunnel lint guide site test-site licences pictures recording deny clean
