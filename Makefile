# Everything from a machine with python3 (3.11 or later) and make; the environment lies in .venv.
PYTHON ?= python3
BIN := .venv/bin
# One test process per core, so that none needs more than one thread.
TEST_PROCESSES ?= 2

.PHONY: demo test lint clean

demo: .venv/installed
	$(BIN)/python examples/demo.py --output demo.png

test: .venv/installed .venv/browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(TEST_PROCESSES) -m "not slow and not gpu"

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# torch and torchvision come from one index, resolved together: a torchvision beside a torch of another build does not
# import.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

# What looks at the pages in tests: Playwright with Debian's Chromium, where root may install that, or its own. Where neither
# can be had, those tests are skipped.
.venv/browser: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[browser]" || echo "there is no Playwright"
	command -v chromium || command -v chromium-browser || command -v google-chrome \
		|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qq --no-install-recommends chromium fonts-noto-cjk; } \
		|| $(BIN)/playwright install chromium || echo "there is no Chromium: the tests that need one are skipped"
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache demo.png
	find . -name __pycache__ -prune -exec rm -rf {} +
