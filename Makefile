# Everything from a machine with python3 (3.11 or later) and make; the environment lies in .venv.
PYTHON ?= python3
BIN := .venv/bin
# One test process per core, so that none needs more than one thread.
TEST_PROCESSES ?= 2

.PHONY: demo test lint clean

demo: .venv/installed
	$(BIN)/python examples/demo.py --output demo.png

test: .venv/installed
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

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache demo.png
	find . -name __pycache__ -prune -exec rm -rf {} +
