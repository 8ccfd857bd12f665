# People and CI call the same targets. Everything lives in .venv; nothing global is touched.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test setup clean notebooks bench screenshots

demo: $(STAMP)  ## build the default model from corpora/, tag a sample, show the result
	$(BIN)/wuwei demo

test: $(STAMP)  ## lint, types and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

setup: $(STAMP)  ## make .venv with everything in it

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "需要 Python 3.11：请安装，或 make PYTHON=python3 …  (Python 3.11 is needed)"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $(STAMP)

# On this machine alone; it asks nobody for news, updates or extensions.
LAB := --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=$(CURDIR)/notebooks \
	--LabApp.news_url=None --LabApp.extension_manager=readonly \
	--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate \
	$(if $(filter 0,$(shell id -u)),--allow-root)

notebooks: $(BIN)/jupyter-lab  ## JupyterLab with the analyst's notebooks and a model to work with
	$(BIN)/wuwei demo
	$(BIN)/jupyter lab $(LAB) $(LAB_FLAGS)

$(BIN)/jupyter-lab: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[notebooks]"
	touch $@

bench: $(STAMP)  ## measure ours beside what people build first; figures as Markdown
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python -m benchmarks.fast_path

screenshots: $(STAMP)  ## take the README's pictures of the pages again (needs Debian's chromium)
	$(BIN)/python -m docs.screenshots

clean:  ## remove what can be made again
	rm -rf $(VENV) models/default .pytest_cache .mypy_cache .ruff_cache
