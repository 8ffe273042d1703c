# The few commands of a day's work. `make ci` is what continuous integration runs.

.PHONY: build test race lint bench ci

build: ## the program, as bin/callfn, with the program of its workers in it
	go generate ./internal/workerbin
	go build -tags embedworker -o bin/callfn ./cmd/callfn

test: ## everything, some six minutes; PKG=./callflow RUN=Executor for a part
	go test $(or $(PKG),./...) $(if $(RUN),-run '$(RUN)')

race: ## a package under the race detector: make race PKG=./callflow
	go test -race -gcflags=modernc.org/libquickjs=-race=false -short $(or $(PKG),./callflow ./internal/fair) $(if $(RUN),-run '$(RUN)')

lint: ## format, vet, staticcheck
	@unformatted=$$(go run mvdan.cc/gofumpt@v0.12.0 -l $$(git ls-files '*.go')); \
	[ -z "$$unformatted" ] || { echo "not gofumpt'd: $$unformatted"; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

bench: ## ratios between our benchmarks and our peers', held against a baseline
	.ci/bench

ci: ## all of it, under 15 minutes
	.ci/run
