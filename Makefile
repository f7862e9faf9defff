# The ways in. What they do is in deploy/: setup/ makes a Debian machine ready, model/ makes the model.
.DEFAULT_GOAL := help
.PHONY: help run build test check bench model package test-deploy test-deploy-vm test-previous

rust := deploy/setup/with-rust
binary = $${CARGO_TARGET_DIR:-target}/release/inventory

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24
	@echo "NO_INSTALL=1 makes run and test only say what is missing on this machine."

run: ## Install what is missing, build, start: a window where there is a display, else the web view
	@deploy/setup/setup.sh run
	@$(rust) cargo build --release --locked
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
	    exec "$(binary)" desktop; \
	else \
	    echo "There is no display here (DISPLAY and WAYLAND_DISPLAY are empty): serving the web view only."; \
	    exec "$(binary)" serve; \
	fi

build: ## Build the release binary
	@$(rust) cargo build --release --locked

test: ## Install what is missing, then format, lints, dependencies' licences and the whole test suite
	@deploy/setup/setup.sh test
	@$(rust) deploy/test.sh

check: ## Format and lints alone
	@$(rust) deploy/test.sh check

bench: ## The measurements that README.md quotes
	@deploy/setup/setup.sh test
	@$(rust) cargo bench --locked --bench search -- --items 10000 --items 100000

model: ## Build the model for search by meaning into the cache directory
	@deploy/model/build.sh

package: ## Build the bundle for another machine (ARCH=arm64|amd64, OFFLINE="bookworm trixie": Debian's packages too)
	@deploy/prepare.sh --arch $(or $(ARCH),arm64) $(addprefix --offline ,$(OFFLINE))

test-deploy: ## Deploy to fresh Debians in namespaces: set-up, power cuts, upgrade, restore (SUITE=bookworm|trixie, as root)
	@deploy/test/deploy.sh $(addprefix --suite ,$(SUITE)) $(addprefix --binary ,$(BINARY))

test-deploy-vm: ## The same on an emulated arm64 machine with a display (SUITE=bookworm|trixie, as root, half an hour)
	@deploy/test/vm.sh $(addprefix --suite ,$(SUITE))

test-previous: ## The previous program's tests on today's schema, which a rollback leaves it with (FROM=COMMIT)
	@deploy/setup/setup.sh test
	@$(rust) deploy/test/previous.sh $(addprefix --from ,$(FROM))
