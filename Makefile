# Serinus. `make demo` runs the main job with all its set-up; `make test` passes all tests.
SHELL := /bin/bash
CACHE := $(or $(SERINUS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/serinus)
PYTHON := .venv/bin/python
MODEL := $(CACHE)/models/moonshine-tiny-en

.PHONY: help setup serve cluster images demo bench evidence test test-strategies test-faults check cluster-delete
.DEFAULT_GOAL := help

help: ## say what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## make .venv from the lock
	@scripts/setup

serve: setup ## the predictor alone, on http://127.0.0.1:8080, without a cluster
	$(PYTHON) -m model_server.artefact fetch moonshine-tiny-en --out $(MODEL)
	$(PYTHON) -m model_server --model $(MODEL) --port 8080

cluster: setup ## Docker, tools, images, a kind cluster and its platform
	python3 -m cluster up

images: cluster ## build our own images and load them into the cluster
	scripts/images

demo: images ## ship three releases under load: two are taken back, one goes out
	$(PYTHON) -m demo

bench: setup ## the predictor beside its peers, about 35 minutes on a quiet machine; OPTIONS=--quick to try it
	scripts/bench $(OPTIONS)

evidence: setup ## the judge beside Kayenta's and fixed thresholds on recorded errors and times, about 10 minutes; OPTIONS='--repetitions 100' to try it
	$(PYTHON) -m rollout_policies evidence --errors tests/data/rollout_policies/word_errors.tsv --times tests/data/rollout_policies/inference_times.tsv --clips 500 $(OPTIONS)

test: check images ## every test, the end-to-end ones on the cluster included
	@scripts/browser
	@# Apart: Triton's gRPC client and KServe's SDK cannot be imported by one process.
	$(PYTHON) -m pytest tests/charts
	$(PYTHON) -m pytest tests/engines tests/integration tests/e2e
	scripts/test-torch

test-strategies: images ## every ending of every strategy on the cluster, about an hour
	$(PYTHON) -m pytest tests/strategies

test-faults: images ## what becomes of a release when the platform or the candidate fails, on the cluster, about an hour
	$(PYTHON) -m pytest tests/faults

check: setup ## lint, types, layers, unit and contract tests: no cluster, about a minute
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m pytest tests/unit tests/contracts

cluster-delete: setup ## remove the kind cluster; images and caches stay
	python3 -m cluster down
