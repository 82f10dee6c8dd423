# Every target makes the virtual environment it needs. `make help` lists them.
VENV = $(or $(CI_VENV),.venv)
KILLS = 100
ARGS =
BIN = $(VENV)/bin
# A machine that forbids Python to keep compiled code makes each test process compile the whole house again.
export PYTHONDONTWRITEBYTECODE =
CHECKED = bot commands storage tests scripts

.PHONY: setup help play test lint format test-postgres test-browser test-long crash fuzz bench screenshots migrate
.PHONY: revision generate pin clean

setup: $(VENV)/.runtime ## make the virtual environment with .venv/bin/gantry (the default)

$(VENV)/.runtime: pyproject.toml constraints.txt
	@scripts/venv $(VENV) runtime

$(VENV)/.dev: pyproject.toml constraints.txt
	@scripts/venv $(VENV) dev

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

play: $(VENV)/.runtime ## play the whole story in the browser, without any account (ARGS="--port 4242")
	@exec $(BIN)/gantry play $(ARGS)

test: $(VENV)/.dev ## run the tests: SQLite, no server, no browser, no account
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff check --quiet $(CHECKED)
	@$(BIN)/ruff format --quiet --check $(CHECKED)
	@$(BIN)/mypy --no-error-summary

format: $(VENV)/.dev ## write the code in the house style
	@$(BIN)/ruff check --quiet --fix $(CHECKED)
	@$(BIN)/ruff format --quiet $(CHECKED)

test-postgres: $(VENV)/.dev ## run the storage tests on PostgreSQL (DATABASE_URL, or a server in a temporary folder)
	@$(BIN)/pytest -m "postgres and not crash" $(ARGS)

test-browser: $(VENV)/.dev ## play the story in headless Chromium
	@$(BIN)/pytest -m browser -n 3 --dist loadfile --no-loadscope-reorder tests/browser $(ARGS)

test-long: $(VENV)/.dev ## run the orders of Stripe events that the usual tests leave out
	@$(BIN)/pytest -m long -n auto tests/stripe $(ARGS)

crash: $(VENV)/.dev ## kill the process at random moments, and at each call to Stripe; count what was lost or doubled (KILLS=100, ARGS="--parts --postgres --socket")
	@$(BIN)/python tests/crash.py --kills $(KILLS) $(ARGS)
	@$(BIN)/python tests/crash_stripe.py --kills $(KILLS)
	@KILLS=$(KILLS) $(BIN)/pytest -m crash -s tests/authorization/test_kill.py

fuzz: $(VENV)/.dev ## look longer for input that breaks a rule, with new random seeds
	@$(BIN)/pytest -m fuzz --hypothesis-profile=fuzz $(ARGS)

bench: $(VENV)/.dev ## measure the acknowledgement of clicks
	@$(BIN)/gantry bench slack $(ARGS)

screenshots: $(VENV)/.dev ## take the pictures of the README again, in docs/pictures
	@PICTURES=docs/pictures $(BIN)/pytest -m browser tests/browser/test_pictures.py $(ARGS)

migrate: $(VENV)/.runtime ## bring the database of the settings to the current tables
	@$(BIN)/gantry migrate

revision: $(VENV)/.dev ## write a migration from the tables (MESSAGE="add notes")
	@$(BIN)/python -m storage.revise "$(MESSAGE)"
	@$(BIN)/ruff format --quiet storage/migrations

generate: $(VENV)/.dev ## write the generated files again: .env.example, the manifest, the reference of settings
	@$(BIN)/gantry env-example > .env.example
	@$(BIN)/gantry manifest > manifest.json
	@$(BIN)/python -m bot.cli.reference > docs/reference/settings.md
	@for page in rights audit manifest policy; do $(BIN)/python -m bot.cli.pages $$page > docs/reference/$$page.md; done

pin: $(VENV)/.dev ## write constraints.txt from what is installed and tested
	@scripts/pin $(BIN) > constraints.new && mv constraints.new constraints.txt

clean: ## remove the virtual environment and what tools left behind (never a database)
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find bot commands storage tests -name __pycache__ -type d -prune -exec rm -rf {} +
