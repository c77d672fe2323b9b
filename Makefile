# `make` alone lists what can be done.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help up down dev test check check-image check-manifests check-hosts check-cluster format docs bench sanitize release clean

# The standard library goes into the binary: a release needs no Swift where it runs.
RELEASE := swift build -c release --static-swift-stdlib

help: ## list the targets
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

up: ## set this machine up, build the release, roll it out on 127.0.0.1:8080
	scripts/setup build
	$(RELEASE) --product app
	$(RELEASE) --product ops
	.build/release/ops rollout --env local

down: ## stop what `make up` started
	.build/release/ops rollout --env local --stop

dev: ## serve a debug build on 127.0.0.1:8080, built and started again on every change
	scripts/setup build
	scripts/dev

test: ## set this machine up for tests and run all of them
	scripts/setup test
	scripts/test

check: ## lint, formatting, what delivers, and the repository's own laws, in a minute
	scripts/setup check
	scripts/lint
	scripts/check-delivery
	swift test --filter '^TidyTests\.'

check-image: ## compile in the Dockerfile's own stages, run the images as they are meant to be run
	scripts/setup test
	Tests/container/image.sh --whole

check-manifests: ## prove the chart and the kustomize form, in some five minutes
	scripts/setup test
	$(RELEASE) --product ops
	scripts/check-manifests

check-hosts: ## boot two machines and do to them what ansible/ does, in half an hour or more, as root
	scripts/setup test
	Tests/ansible/roles.sh
	$(RELEASE) --product app
	$(RELEASE) --product ops
	Tests/ansible/hosts.sh

check-cluster: ## prove objects and rollouts on the cluster of KUBECONFIG, with the image IMAGE
	scripts/setup test
	$(RELEASE) --product ops
	Tests/e2e/objects.sh
	Tests/e2e/cluster.sh

format: ## format every Swift file in place
	swift format format --in-place --recursive --parallel Package.swift Sources Tests

docs: ## write the references in docs anew from the programs
	swift build --product app
	swift build --product ops
	scripts/docs

bench: ## measure side by side with peers and print the tables
	scripts/setup bench
	$(RELEASE) --product app
	$(RELEASE) --product ops
	Benchmarks/run

sanitize: ## unit tests under the thread and the address sanitizer
	scripts/setup test
	scripts/sanitize

release: ## commit and tag VERSION, here; pushing the tag publishes it
	scripts/setup check
	scripts/release '$(VERSION)'

clean: ## remove all that builds and tests have made
	swift package clean
	rm -rf .build-thread .build-address
