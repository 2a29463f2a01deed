# `make profile` and `make test` do all set-up that they need; called again they start in seconds.
VENV ?= .venv
MODEL ?= bert-base
OUT ?= out
MAX_TIME ?= 100

.PHONY: profile test lint native python docs wheel-test setup clean

profile: setup
	@mkdir -p $(OUT)
	@# 1 is: done, but a status is not ok; the table says which
	$(VENV)/bin/clear-native profile $(MODEL) --max-time $(MAX_TIME) --out $(OUT)/$(MODEL).json || [ $$? -eq 1 ]

setup:
	@VENV=$(VENV) scripts/setup.sh

# The package is built with warnings as errors, since no other build has all of it.
test: export CLEAR_WERROR = ON
test: lint native python docs wheel-test

lint: setup
	@VENV=$(VENV) EXTRAS=dev scripts/setup.sh
	VENV=$(VENV) scripts/lint.sh

native: setup
	@VENV=$(VENV) EXTRAS=test scripts/setup.sh
	VENV=$(VENV) scripts/test_native.sh

python: setup
	@VENV=$(VENV) EXTRAS=test scripts/setup.sh
	@VENV=$(VENV) EXTRAS=docs scripts/setup.sh  # some tests build pages in which something is broken
	@scripts/browser.sh
	@# What measures times by the clock has the machine for itself.
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -m "not gpu and not alone" -n auto --dist worksteal
	$(VENV)/bin/python -m pytest -m "alone and not gpu"

docs: setup
	@VENV=$(VENV) EXTRAS=docs scripts/setup.sh
	@# Never --quiet, which hides warnings before --strict counts them. The variable silences an advertisement of the
	@# theme for its successor.
	NO_MKDOCS_2_WARNING=1 PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/mkdocs build --strict

wheel-test: setup  # reuses what the editable install compiled
	VENV=$(VENV) BUILD=build/python scripts/wheel_test.sh

clean:
	rm -rf build dist $(VENV) $(OUT)
