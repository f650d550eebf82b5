# Builds, installs, tests and demonstrates rs2n. `make demo` and `make test` are the two to start with.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig

CARGO ?= cargo
CARGO_TARGET_DIR ?= target
RELEASE := $(CARGO_TARGET_DIR)/release
BUILD := build

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SONAME := libs2n.so.1
LIBRARY := libs2n.so.1.0.0
# What a program needs beside libs2n.a: `cargo rustc --lib -- --print native-static-libs`, with
# the static half of libgcc, which suits `-static` as well.
PRIVATE_LIBS := -lgcc_eh -lgcc -lutil -lrt -lpthread -lm -ldl -lc

CFLAGS ?= -O2 -g
EXAMPLE_CFLAGS := -std=gnu99 -Wall -Wextra -Wpedantic -Werror
EXAMPLES := $(patsubst examples-c/%.c,$(BUILD)/examples/%,$(wildcard examples-c/*.c))

all: library

library:
	$(CARGO) build --release
	mkdir -p $(BUILD)
	cp $(RELEASE)/libs2n.so $(BUILD)/$(LIBRARY)
	cp $(RELEASE)/libs2n.a $(BUILD)/libs2n.a
	ln -sf $(LIBRARY) $(BUILD)/$(SONAME)
	ln -sf $(SONAME) $(BUILD)/libs2n.so

$(BUILD)/s2n.pc: Makefile Cargo.toml
	mkdir -p $(BUILD)
	printf '%s\n' \
	    'prefix=$(PREFIX)' \
	    'libdir=$(LIBDIR)' \
	    'includedir=$(INCLUDEDIR)' \
	    '' \
	    'Name: s2n' \
	    'Description: The s2n-tls C API as a memory-safe library' \
	    'Version: $(VERSION)' \
	    'Cflags: -I$${includedir}' \
	    'Libs: -L$${libdir} -ls2n' \
	    'Libs.private: $(PRIVATE_LIBS)' >$@

install: library
	$(MAKE) --always-make $(BUILD)/s2n.pc
	install -d '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(PKGCONFIGDIR)'
	install -m 755 $(BUILD)/$(LIBRARY) '$(DESTDIR)$(LIBDIR)'
	ln -sf $(LIBRARY) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libs2n.so'
	install -m 644 $(BUILD)/libs2n.a '$(DESTDIR)$(LIBDIR)'
	install -m 644 include/s2n.h '$(DESTDIR)$(INCLUDEDIR)'
	install -d '$(DESTDIR)$(INCLUDEDIR)/s2n/unstable'
	install -m 644 include/s2n/unstable/*.h '$(DESTDIR)$(INCLUDEDIR)/s2n/unstable'
	install -m 644 $(BUILD)/s2n.pc '$(DESTDIR)$(PKGCONFIGDIR)'

uninstall:
	cd '$(DESTDIR)$(LIBDIR)' && rm -f $(LIBRARY) $(SONAME) libs2n.so libs2n.a
	rm -rf '$(DESTDIR)$(INCLUDEDIR)/s2n'
	rm -f '$(DESTDIR)$(INCLUDEDIR)/s2n.h' '$(DESTDIR)$(PKGCONFIGDIR)/s2n.pc'

# the command-line tools rs2nc and rs2nd, and their manual pages
tools:
	$(CARGO) build --release --package rs2n-tools
	mkdir -p $(BUILD)
	for tool in rs2nc rs2nd; do \
	    cp $(RELEASE)/$$tool $(BUILD)/ && $(BUILD)/$$tool --man >$(BUILD)/$$tool.1 || exit 1; \
	done

examples: library $(EXAMPLES)

$(BUILD)/examples/%: examples-c/%.c include/s2n.h
	mkdir -p $(BUILD)/examples
	$(CC) $(CFLAGS) $(EXAMPLE_CFLAGS) -Iinclude $< -o $@ \
	    -L$(BUILD) -ls2n -pthread -Wl,-rpath,'$$ORIGIN/..'

demo: deps
	$(MAKE) examples
	sh examples-c/demo.sh $(BUILD)

test: deps
	CARGO='$(CARGO)' sh tests/run.sh

# the programs that building and testing needs
deps:
	sh tests/deps.sh

# the headers in include, from the source
header:
	RS2N_BLESS=1 $(CARGO) test --quiet --test header the_headers_are_current

# the list of functions in docs/COMPATIBILITY.md, from the source
compatibility:
	RS2N_BLESS=1 $(CARGO) test --quiet --test compatibility the_page_shows_the_table

# the same calls on s2n-tls and on rs2n
SEEDS ?= 2000
FIRST ?= 1
twin: deps
	sh tests/twin/run.sh $(SEEDS) $(FIRST)

bench:
	sh benches/run.sh

# every fuzz target for FUZZ_SECONDS seconds, 60 unless set
fuzz:
	sh fuzz/run.sh

lint:
	$(CARGO) fmt --check --all
	$(CARGO) clippy --workspace --all-targets -- -D warnings

# licences, advisories and sources of what we depend on
deny:
	$(CARGO) deny check

clean:
	$(CARGO) clean
	rm -rf $(BUILD)

.PHONY: all library tools install uninstall examples demo test deps header compatibility twin bench \
    fuzz lint deny clean
