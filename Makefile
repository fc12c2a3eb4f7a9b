# Every target is one line: the work is done by a script of the same name, which you can read, run and change on its own.
.DEFAULT_GOAL := help
.PHONY: help demo quick test format bench soak mutants fuzz docs

help: ## Show this list
	@echo "Holdfast keeps a fleet of long-lived WebSocket sessions alive. Start with: make demo"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Arguments go through ARGS, for instance: make demo ARGS='--accounts 50', make test ARGS='--filter HoldfastCoreTests'"

demo: ## Build, then watch twenty accounts survive a misbehaving gateway (no configuration needed)
	@scripts/demo $(ARGS)

quick: ## The check between two edits: layout, house rules, build, the tests that need no network (2 minutes at most, warm)
	@scripts/quick $(ARGS)

test: ## Everything that must be green before a change lands, from a clean clone too; what CI runs
	@scripts/test $(ARGS)

format: ## Lay out all Swift files the way the check wants them
	@scripts/format

bench: ## Measure speed and memory
	@scripts/bench $(ARGS)

soak: ## Measure what must be seen: detection, waves, isolation, leaks, quiet, cost, real servers and networks (over an hour; ARGS=wave for one)
	@scripts/soak $(ARGS)

mutants: ## Put deliberate faults into the rules, and see that a test notices each (ARGS="3 17" for some)
	@scripts/mutants $(ARGS)

fuzz: ## Feed the decoders rubbish, ten million inputs each (ARGS="RUNS TARGET" for less or more)
	@scripts/fuzz $(ARGS)

docs: ## Build the reference of the library targets into .build-docs/
	@scripts/docs $(ARGS)
