# Everything starts here. Each target installs what it needs and can be run again.
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
# Whom `make audit` asks: osv, pypi, or the address of a mirror.
SERVICE ?= osv
# Prefect reports nothing to anyone, in any target.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Some images set it: then each of some hundred commands that the tests start would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo up test nightly lint format schemas samples bench chaos-stations province-day bench-backfill bench-lookups bench-linkage bench-sealing bench-batch chaos-backfill audit lock clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

demo: .make/run ## Install everything and run the main job on the bundled scans
	$(BIN)/sohoa demo

up: .make/run ## Run everything on this machine: lookup API, Prefect server, worker
	$(BIN)/sohoa up

test: .make/dev lint ## Install everything, check the code and run all tests
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

nightly: .make/dev ## Long proofs that `make test` leaves out
	$(BIN)/python -m pytest -n 2 -m nightly

lint: .make/dev ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .make/dev ## Put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: .make/dev ## Write the JSON Schemas anew
	$(BIN)/python -m schemas.export

samples: .make/dev ## Make the bundled sample scans anew (same seed, same pixels)
	$(BIN)/python -m samples.bundled

bench: .make/dev ## Measure speed and memory side by side with bare Tesseract and OCRmyPDF, then accuracy
	deploy/install-packages deploy/packages-bench.txt
	$(BIN)/python -m benchmarks.run
	$(BIN)/sohoa bench accuracy --plots benchmarks/results

chaos-stations: .make/dev ## Fifty stations on bad lines, killed all the time: is anything lost? At most ten minutes
	$(BIN)/python -m benchmarks.chaos_stations

province-day: .make/dev ## The busiest hour of a province's stations against one server: cost, and who waits. Six minutes
	$(BIN)/python -m benchmarks.province_day

bench-lookups: .make/dev ## What a lookup and a copy cost beside a bare route and a bare S3 server
	$(BIN)/python -m benchmarks.lookups

bench-linkage: .make/dev ## Whether papers without an identifier find their owners among a million people. Four minutes
	$(BIN)/python -m benchmarks.linkage

bench-backfill: .make/dev ## What the orchestration of a backfill costs beside the reading, with real servers
	$(BIN)/python -m benchmarks.backfill

bench-sealing: .make/dev ## What signatures, time-stamps and evidence cost beside bare pyHanko, with keys in files and in a token
	$(BIN)/python -m benchmarks.sealing

bench-batch: .make/dev ## Ten thousand copies sealed under one time-stamp, beside bare pyHanko. Half an hour
	$(BIN)/python -m benchmarks.sealed_batch

chaos-backfill: .make/dev ## Two thousand old papers over two workers, everything killed, cut off, full or late: is anything lost?
	$(BIN)/python -m benchmarks.chaos_backfill

audit: .make/dev .make/audit ## Ask an advisory service about every package that is installed, and list their licences
	$(BIN)/python deploy/audit.py .make/audit/bin/pip-audit --service $(SERVICE)

lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra server --extra traces --extra tables --group build --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet -o deploy/server.lock
	uv pip compile pyproject.toml --extra station --group build --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet -o deploy/station.lock
	uv pip compile pyproject.toml --extra server --extra traces --extra tables --extra station --group build --group dev --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet -o deploy/dev.lock
	uv pip compile --group pyproject.toml:audit --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet -o deploy/audit.lock

clean: ## Remove what was installed and made here; keeps sohoa-home
	rm -rf .venv .make .mypy_cache .ruff_cache .pytest_cache .hypothesis

.make/run: deploy/packages.txt deploy/server.lock pyproject.toml
	@echo "== Installing what Sohoa needs (system packages, then a virtual environment in .venv)"
	deploy/install-packages deploy/packages.txt
	@$(MAKE) --no-print-directory .make/venv
	@echo "== Installing Python packages, each checked against its hash in deploy/server.lock"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r deploy/server.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.make/dev: deploy/packages-test.txt deploy/dev.lock .make/run
	@echo "== Installing what the tests need"
	deploy/install-packages deploy/packages.txt deploy/packages-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r deploy/dev.lock
	@touch $@

.make/audit: deploy/audit.lock
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r deploy/audit.lock
	@touch $@

.make/venv:
	@mkdir -p .make
	$(PYTHON) -m venv .venv
	@touch $@
