# podometer: make help lists the targets.

GO      ?= go
BIN     := bin/podometer
VERSION := $(shell cat VERSION)
PKG     := github.com/prometheus/common/version
LDFLAGS := -s -w -X $(PKG).Version=$(VERSION) -X $(PKG).Revision=$(shell git rev-parse --short HEAD 2>/dev/null || echo unknown) \
           -X $(PKG).Branch=$(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown) -X $(PKG).BuildDate=$(shell date -u +%Y-%m-%dT%H:%M:%SZ)
LINT    := $(GO) tool -modfile=$(CURDIR)/tools/go.mod golangci-lint run

.DEFAULT_GOAL := help
.PHONY: help build run test verify generate lint bench fuzz vm clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the static binary bin/podometer
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN) .

run: build ## measure this machine and serve it on http://localhost:9762 (flags: make run ARGS="--help")
	@sh scripts/run.sh $(BIN) $(ARGS)

test: ## every test that needs no root, no cluster and no packages, with a real Prometheus (root tests more: cgroups of its own)
	$(GO) vet ./...
	$(GO) test -race -shuffle=on -timeout 10m ./...
	cd test && CGO_ENABLED=0 $(GO) build -buildvcs=false -tags remove_all_sd -o /dev/null \
	  github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
	cd test && $(GO) vet ./... && $(GO) test -shuffle=on -timeout 30m ./...

verify: ## fail when generated files, formatting or module files are not what the code says
	@$(GO) run ./internal/gen -check
	@unformatted=$$(gofmt -l cluster collectors exporter internal local test *.go); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	@$(GO) mod tidy -diff
	@cd test && $(GO) mod tidy -diff
	@echo verified

generate: ## write docs/metrics.md, docs/flags.md and the goldens of the collectors
	@$(GO) run ./internal/gen
	@UPDATE_GOLDENS=1 $(GO) test ./collectors >/dev/null

lint: ## golangci-lint, pinned in tools/go.mod
	$(LINT) ./...
	cd test && $(LINT) --config ../.golangci.yml ./...

bench: ## Go benchmarks: one refresh and one scrape of 500 containers
	$(GO) test -run '^$$' -bench . -benchmem ./...

fuzz: ## every fuzz target for FUZZTIME (10s)
	@sh scripts/fuzz.sh $(or $(FUZZTIME),10s)

vm: ## the truth about cgroup v2 and PSI: boots a Debian kernel in QEMU (as root installs what it needs)
	sh test/vm/install.sh
	cd test && PODOMETER_VM=1 $(GO) test -count=1 -timeout 15m -v ./vm

clean: ## remove what was built
	@rm -rf bin
