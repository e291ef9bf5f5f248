# make city   the main job on the reference city: check, configs, tables, pictures and the proof of isolation under build/
# make test   everything that guards the code; what it needs is set up first
# make help   the other targets

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
unexport PYTHONDONTWRITEBYTECODE

PACKAGES := topology templates tasks isolation_checks lab services
CATALOG := topology/locale/zh/LC_MESSAGES/govnet
CLICK := tasks/locale/zh/LC_MESSAGES/click
VENV := .venv
RUN := $(VENV)/bin/python -m
GOVNET := $(VENV)/bin/govnet
UV_VERSION := 0.13.9

# nft and vtysh live where an ordinary user's PATH may not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

# The first Python that is new enough; asked for when it is needed, because setup may just have installed it.
PYTHON = $(shell for python in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

# A virtual environment does not survive a move of its folder; pyvenv.cfg tells where it was made.
ifneq ($(shell sed -n 's/^command = //p' $(VENV)/pyvenv.cfg 2>/dev/null | grep -vF ' $(CURDIR)/$(VENV)'),)
$(info The folder was moved: $(VENV) is made anew)
$(shell rm -rf $(VENV))
endif

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------------------- the main job

CITY := inventory/guiyang
AS_OF := 2026-12-01
OUT := build/$(notdir $(CITY))
CITY_GOVNET := $(GOVNET) --city $(CITY) --as-of $(AS_OF)
TABLES := $(OUT)/tables

# People of either language get their own tables and picture; what the commands say follows LANG.
.PHONY: city
city: setup-city $(VENV)/.installed ## the reference city: check, configs, tables, pictures, proof (another one: CITY=FOLDER)
	$(CITY_GOVNET) check
	$(CITY_GOVNET) render --stand-in --out $(OUT)
	@mkdir -p $(TABLES)
	$(CITY_GOVNET) --lang zh show all --xlsx $(TABLES)/all.zh.xlsx
	$(CITY_GOVNET) --lang en show all --xlsx $(TABLES)/all.en.xlsx
	$(CITY_GOVNET) --lang zh show circuits --csv >$(TABLES)/circuits.csv
	$(CITY_GOVNET) --lang zh show addresses --csv >$(TABLES)/addresses.csv
	$(CITY_GOVNET) show all --json >$(TABLES)/all.json
	$(CITY_GOVNET) --lang zh diagram --out $(OUT)/diagram.zh.html
	$(CITY_GOVNET) --lang en diagram --out $(OUT)/diagram.en.html
	$(CITY_GOVNET) prove --configs $(OUT)/configs --failures 1 $(foreach kind,html json xml sarif md,--report $(OUT)/proof.$(kind))
	@echo "$$$(if $(filter zh%,$(firstword $(LC_ALL) $(LC_MESSAGES) $(LANG))),DONE_ZH,DONE_EN)"

define DONE_EN

Everything is in $(OUT)/:
  configs/      one file or folder a device: what an engineer pastes into an empty one
  stand-in/     every device that routes or filters as FRR and nftables, for a lab or for Linux routers
  diagram.*     diagram.zh.html, diagram.en.html: the city, its counties and townships; open in a browser
  proof.*       proof.html: every rule of isolation with its verdict, in both languages, to print and keep; json, xml, sarif, md for programs
  tables/       all.zh.xlsx, all.en.xlsx: one sheet a listing; circuits.csv, addresses.csv; all.json for scripts

Next:
  . $(VENV)/bin/activate
  export GOVNET_CITY=$(CITY)
  govnet show sites                           see what there is; govnet --help lists the rest
  govnet render --diff HEAD                   after an edit below $(CITY)/: which devices change, and how
  govnet why --out $(OUT) DEVICE:LINE   why a line of configs/ is there, such as gy-o-core1:120
README.md goes through all of it.
endef

define DONE_ZH

全部结果在 $(OUT)/ 下：
  configs/      每台设备一个文件或一个目录，可直接贴入空设备
  stand-in/     凡做路由或过滤的设备，另有 FRR 和 nftables 版本，用于实验室或 Linux 路由器
  diagram.*     diagram.zh.html、diagram.en.html：全市、各区县、各乡镇的网络图，用浏览器打开
  proof.*       proof.html：每条隔离规则的结论，中英文，可打印存档；json、xml、sarif、md 供程序使用
  tables/       all.zh.xlsx、all.en.xlsx：每张表一个工作表；circuits.csv、addresses.csv；all.json 供程序使用

接下来：
  . $(VENV)/bin/activate
  export GOVNET_CITY=$(CITY)
  govnet show sites                           看看有什么；govnet --help 列出其余命令
  govnet render --diff HEAD                   改了 $(CITY)/ 下的文件以后：哪些设备会变，怎么变
  govnet why --out $(OUT) 设备:行号      configs/ 中某一行为什么在那里，例如 gy-o-core1:120
README.zh.md 逐一演示。
endef
export DONE_EN DONE_ZH

# ---------------------------------------------------------------------------------------------------------- the guards

.PHONY: test
test: setup ## set up, then lint, types, translations and tests
	@$(MAKE) lint typecheck i18n-check pytest

.PHONY: lint
lint: $(VENV)/.installed-dev ## ruff and the direction of imports
	$(RUN) ruff check --quiet .
	$(RUN) ruff format --check --quiet .
	$(VENV)/bin/lint-imports --no-logo

.PHONY: typecheck
typecheck: $(VENV)/.installed-dev ## mypy --strict
	$(RUN) mypy

.PHONY: pytest
pytest: $(VENV)/.installed-dev
	$(RUN) pytest -n auto --dist loadgroup

.PHONY: bench
bench: $(VENV)/.installed-dev ## the benchmarks of tests/bench
	$(RUN) pytest tests/bench -p no:xdist -o python_files='bench_*.py' -o python_functions='bench_*' --benchmark-only

# ---------------------------------------------------------------------------------------------------------- translations

PYBABEL := $(RUN) babel.messages.frontend --quiet
# The same options in both targets, else the check would see differences that nobody made.
EXTRACT := extract -k T --no-default-keywords --no-location --sort-output -w 140 -o build/govnet.pot $(PACKAGES)
UPDATE := update -D govnet -l zh -i build/govnet.pot -d topology/locale --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 140

.PHONY: i18n
i18n: $(VENV)/.installed-dev ## collect what is to be translated, bring the catalogue up to date, compile
	@mkdir -p build
	@$(PYBABEL) $(EXTRACT)
	@$(PYBABEL) $(UPDATE)
	@$(RUN) babel.messages.frontend compile -D govnet -l zh -d topology/locale --statistics
	@$(PYBABEL) compile -l zh -i $(CLICK).po -o $(CLICK).mo

.PHONY: i18n-check
i18n-check: $(VENV)/.installed-dev ## nothing untranslated, nothing uncollected, nothing uncompiled
	@mkdir -p build
	@echo "Checking the catalogue $(CATALOG).po"
	@$(PYBABEL) $(EXTRACT)
	@$(PYBABEL) $(UPDATE) --check 2>&1 | tail -n 1 || { echo "Messages came or went: run  make i18n  and translate what is new"; exit 1; }
	@$(RUN) babel.messages.frontend compile -i $(CATALOG).po -o build/govnet.mo -l zh --statistics >build/i18n.log 2>&1
	@grep -q '(100%) translated' build/i18n.log || { cat build/i18n.log; echo "Fill in every empty msgstr, then run  make i18n"; exit 1; }
	@$(PYBABEL) compile -l zh -i $(CLICK).po -o build/click.mo
	@{ cmp build/govnet.mo $(CATALOG).mo && cmp build/click.mo $(CLICK).mo; } || { echo "A compiled catalogue is old: run  make i18n"; exit 1; }

# ---------------------------------------------------------------------------------------------------------- Python packages

PIP := $(RUN) pip --quiet --disable-pip-version-check

.PHONY: venv
venv: $(VENV)/.installed-dev ## the virtual environment, with the tools of development

# $(call install,LOCK,STAMPS): everything by hash from the lock, then this folder itself; a broken or missing environment is made anew.
define install
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || { \
		test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found."; exit 1; }; \
		echo "Making $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing $(1) into $(VENV)"
	@$(PIP) install --require-hashes -r $(1)
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $(2)
endef

$(VENV)/.installed: requirements.lock pyproject.toml
	$(call install,requirements.lock,$(VENV)/.installed)

# The development lock holds the other one, version for version (tests/test_repository.py).
$(VENV)/.installed-dev: requirements-dev.lock requirements.lock pyproject.toml
	$(call install,requirements-dev.lock,$(VENV)/.installed $(VENV)/.installed-dev)

LOCK := build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock'

.PHONY: lock
lock: build/uv/bin/uv ## resolve pyproject.toml anew into the two lock files (LOCK_FLAGS=--upgrade for newer indirect packages)
	$(LOCK) $(LOCK_FLAGS) --group build pyproject.toml -o requirements.lock
	$(LOCK) $(LOCK_FLAGS) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

build/uv/bin/uv:
	@$(PYTHON) -m venv build/uv
	@build/uv/bin/python -m pip --quiet --disable-pip-version-check install uv==$(UV_VERSION)

# ---------------------------------------------------------------------------------------------------------- system packages

CITY_PACKAGES := python3-venv graphviz
TEST_PACKAGES := iproute2 frr nftables chromium chromium-driver fonts-noto-cjk

.PHONY: setup-city
setup-city: ## the system packages that `make city` needs
	@bash -c "$$SETUP" setup must '$(PYTHON)' $(CITY_PACKAGES)

.PHONY: setup
setup: setup-city ## those that the tests need as well
	@bash -c "$$SETUP" setup $(if $(CI),must,should) '$(PYTHON)' $(TEST_PACKAGES)

# Arguments: must|should, a Python or nothing, Debian packages. A tool counts as present wherever it came from. With apt the missing ones are
# installed; what is missing then is an error (must) or said (should: the tests that need it are skipped by name).
define SETUP
set -euo pipefail
need=$$1 python=$${2:-python3}; shift 2

have() {
    case $$1 in
        python3-venv) $$python -c 'import ensurepip, venv' ;;
        graphviz) command -v dot ;;
        iproute2) command -v ip ;;
        frr) command -v vtysh ;;
        nftables) command -v nft ;;
        chromium) command -v chromium || command -v google-chrome ;;
        chromium-driver) command -v chromedriver ;;
        fonts-noto-cjk) fc-list :lang=zh family | grep . ;;
        *) dpkg-query -W -f '$${db:Status-Status}' "$$1" | grep -x installed ;;
    esac
} >/dev/null 2>&1

missing() {
    for package; do have "$$package" || printf '%s ' "$$package"; done
}

with_apt() {
    local root=
    test "$$(id -u)" = 0 || root=sudo
    test -z "$$root" || command -v sudo >/dev/null || { echo "Neither root nor sudo: cannot install."; return; }
    echo "Installing with apt: $$*"
    # Only the tools are wanted: no routing daemon is to start now (policy-rc.d) or at the next boot.
    local policy=/usr/sbin/policy-rc.d
    test -e $$policy || {
        printf '#!/bin/sh\nexit 101\n' | $$root tee $$policy >/dev/null
        $$root chmod 755 $$policy
        trap "$$root rm -f $$policy" EXIT
    }
    local apt="$$root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"
    $$apt update || echo "apt-get update failed: trying with the lists at hand."
    $$apt install -y --no-install-recommends "$$@" >/dev/null ||
        for package; do $$apt install -y --no-install-recommends "$$package" >/dev/null || true; done
    case " $$* " in *" frr "*) $$root systemctl disable --quiet frr 2>/dev/null || true ;; esac
}

left=$$(missing "$$@")
test -n "$$left" || exit 0
if command -v apt-get >/dev/null; then with_apt $$left; left=$$(missing "$$@"); fi
test -n "$$left" || exit 0
echo "Missing on this system, by their Debian names: $$left"
test $$need = should || { echo "Install them with this system's own package manager, then run make again."; exit 1; }
echo "Going on without them: the tests that need them are skipped and say so."
endef
export SETUP

.PHONY: clean
clean: ## remove what was built; the virtual environment stays
	rm -rf build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
