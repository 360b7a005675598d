# projfs. The work is done by scripts/; this file names it.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS ?= $(PREFIX)/share/fish/vendor_completions.d

REPO ?= $(CURDIR)
REV ?= HEAD

RELEASE := swift build -c release --static-swift-stdlib --product
# git starts the hook at each command: without shared libraries it takes a third of the time. One file, one module.
STATIC := swiftc -O -swift-version 6 -warnings-as-errors -static-executable -Xlinker -s
PROGRAM := .build/release/projfs
SERVER := .build/release/projfs-server
HOOK := .build/release/projfs-fsmonitor
MANUAL := .build/man/projfs.1
SWIFT_FILES := Package.swift Sources Tests Examples

.DEFAULT_GOAL := help
.NOTPARALLEL:

.PHONY: help
help: ## list these targets
	@sed -n -E 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 28

.PHONY: setup
setup: ## install the Debian packages that are missing
	@scripts/setup

.PHONY: demo
demo: build ## mount a repository and look around (REPO=/path REV=name choose another)
	@scripts/demo "$(REPO)" "$(REV)"

.PHONY: test
test: setup ## build and run all tests
	@scripts/test

.PHONY: build
build: setup ## build the programs for use: release, Swift runtime linked in
	PROJFS_STATIC=1 $(RELEASE) projfs
	PROJFS_STATIC=1 $(RELEASE) projfs-server
	$(STATIC) Sources/projfs-fsmonitor/main.swift -o $(HOOK)

.PHONY: manual
manual: $(MANUAL) ## write the man pages into .build/man

$(PROGRAM) $(SERVER) $(HOOK):
	@$(MAKE) --no-print-directory build

$(MANUAL): $(PROGRAM)
	@scripts/manual

.PHONY: documentation
documentation: setup ## write the documentation of the Swift modules into .build/documentation
	PROJFS_DOCUMENTATION=1 swift package --scratch-path .build-documentation \
	  --allow-writing-to-directory .build/documentation generate-documentation \
	  --target ProjectionKit --target Provider --enable-experimental-combined-documentation \
	  --warnings-as-errors --transform-for-static-hosting --output-path .build/documentation

.PHONY: install
install: $(PROGRAM) $(SERVER) $(HOOK) $(MANUAL) ## install what is built (PREFIX=/usr/local DESTDIR=)
	install -D -m 755 $(PROGRAM) "$(DESTDIR)$(BINDIR)/projfs"
	install -m 755 $(SERVER) "$(DESTDIR)$(BINDIR)/projfs-server"
	install -m 755 $(HOOK) "$(DESTDIR)$(BINDIR)/projfs-fsmonitor"
	install -d "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(BASH_COMPLETIONS)"
	install -d "$(DESTDIR)$(ZSH_COMPLETIONS)" "$(DESTDIR)$(FISH_COMPLETIONS)"
	install -m 644 .build/man/*.1 "$(DESTDIR)$(MANDIR)/man1/"
	$(PROGRAM) --generate-completion-script bash >"$(DESTDIR)$(BASH_COMPLETIONS)/projfs"
	$(PROGRAM) --generate-completion-script zsh >"$(DESTDIR)$(ZSH_COMPLETIONS)/_projfs"
	$(PROGRAM) --generate-completion-script fish >"$(DESTDIR)$(FISH_COMPLETIONS)/projfs.fish"

.PHONY: uninstall
uninstall: ## remove what install put there (same PREFIX and DESTDIR)
	rm -f $(foreach program,projfs projfs-server projfs-fsmonitor,"$(DESTDIR)$(BINDIR)/$(program)")
	rm -f "$(DESTDIR)$(MANDIR)"/man1/projfs.1 "$(DESTDIR)$(MANDIR)"/man1/projfs-*.1
	rm -f "$(DESTDIR)$(BASH_COMPLETIONS)/projfs"
	rm -f "$(DESTDIR)$(ZSH_COMPLETIONS)/_projfs"
	rm -f "$(DESTDIR)$(FISH_COMPLETIONS)/projfs.fish"

.PHONY: bench
bench: build ## run the benchmarks
	@python3 Benchmarks/run.py

.PHONY: format
format: ## format the Swift sources in place
	swift format --in-place --recursive $(SWIFT_FILES)

.PHONY: lint
lint: ## check format, file sizes, whitespace and links
	swift format lint --strict --recursive $(SWIFT_FILES)
	@scripts/check-tree
	@scripts/check-snippets

.PHONY: check-newer-libfuse
check-newer-libfuse: setup ## compile against Debian 13's libfuse and libgit2 (ALLOW_OFFLINE=1)
	@scripts/check-newer-libfuse

.PHONY: clean
clean: ## remove everything that was built
	rm -rf .build .build-documentation .build-newer-libfuse
