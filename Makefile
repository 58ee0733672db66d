# Building, running and testing nginx-crm on Debian 12.
#
#   make            the module, build/ngx_http_crm_module.so
#   make run        Redis, nginx and a demo tenant, in the background
#   make stop       ends what `make run' started
#   make test       everything that is tested
#   make test-asan  the same with the module under AddressSanitizer and UBSan
#   make test-crash 200 faults under load, and what they leave behind
#   make fuzz-short every fuzz target for 30 seconds
#   make test-palloc, test-valgrind, test-clang
#                   other ways to build and to watch it
#   make soak       memory over many requests
#   make bench      the speed, as ratios to limits and to peers (bench-routes),
#                   and of single parts (bench-parts)
#
# Variables of `make run': PORT, DATA_DIR, WORKERS, ACCESS_LOG; of
# `make test-crash': CRASH_ROUNDS, of 15 faults each; of `make fuzz-short':
# FUZZ_SECONDS, for each target.

PORT       ?= 8080
DATA_DIR   ?= ./var
WORKERS    ?= auto
ACCESS_LOG ?= on
BUILD      ?= build

CRASH_ROUNDS ?= 14
FUZZ_SECONDS ?= 30
SOAK         ?= 200000

# TESTS: files for test-palloc, test-valgrind, test-clang.  Under Valgrind all
# but those that judge how long something takes.
VALGRIND_TESTS := $(filter-out $(addprefix t/,00-build.t 01-layers.t \
                      02-quickstart.t concurrency.t faults.t hostile.t \
                      http2.t http2_frames.t jobs.t mail_threads.t), \
                      $(wildcard t/*.t))

# nginx, which Debian shows to root only
export PATH := $(PATH):/usr/sbin:/sbin

MODULE := ngx_http_crm_module.so

# not in the unit tests: what needs nginx or hiredis
UNIT_SRCS  := $(wildcard src/base/*.c src/domain/*.c src/mail/*.c \
                  src/store/crm_resp.c)
UNIT_OBJS  := $(patsubst %.c,$(BUILD)/unit/%.o,$(UNIT_SRCS))
UNIT_TESTS := $(patsubst lua-free-tests/%.c,$(BUILD)/unit/%, \
                  $(wildcard lua-free-tests/test_*.c))

# without a fuzzer they replay what is kept; with one: make fuzz-short
FUZZ_DIR   := lua-free-tests/fuzz
FUZZ_TESTS := $(patsubst $(FUZZ_DIR)/%.c,$(BUILD)/unit/%, \
                  $(wildcard $(FUZZ_DIR)/fuzz_*.c))
FUZZERS    := $(patsubst $(FUZZ_DIR)/%.c,$(BUILD)/fuzz/%, \
                  $(wildcard $(FUZZ_DIR)/fuzz_*.c))
FUZZ_SRCS  := $(UNIT_SRCS) src/http/crm_params.c
FUZZ_OBJS  := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(FUZZ_SRCS))

UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror \
               -Wpointer-arith -fno-omit-frame-pointer \
               -fsanitize=address,undefined -fno-sanitize-recover=undefined \
               -Isrc/base -Isrc/domain -Isrc/store -Isrc/mail \
               $(shell pkg-config --cflags gmime-3.0 libxml-2.0 \
                       2> /dev/null)
# clang counts NULL + 0, the end of an empty string, as an overflow
FUZZ_CFLAGS  = $(UNIT_CFLAGS) -fsanitize=fuzzer -fno-sanitize=pointer-overflow
UNIT_LIBS   := -lcmocka -ljansson -lpcre2-8 -licui18n -licuuc -lsodium -lical \
               -lm -lgmime-3.0 -lgobject-2.0 -lglib-2.0 -lxml2

.PHONY: all module asan run stop test test-asan test-crash \
        unit fuzz-short bench bench-routes bench-parts soak test-palloc \
        test-valgrind test-clang clean

all: module

module:
	@CC="$(CC)" conf/dev/build.sh "$(BUILD)"

asan:
	@CC="$(CC)" conf/dev/build.sh "$(BUILD)/asan" sanitize

run:
	@PORT="$(PORT)" DATA_DIR="$(DATA_DIR)" WORKERS="$(WORKERS)" \
	    ACCESS_LOG="$(ACCESS_LOG)" BUILD="$(BUILD)" conf/quickstart/run.sh

stop:
	@DATA_DIR="$(DATA_DIR)" conf/quickstart/stop.sh

test: module unit
	@CRM_UNIT_COUNTS="$(BUILD)/unit/counts" \
	    CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/run.pl

test-asan: asan unit
	@CRM_SANITIZE=1 CRM_UNIT_COUNTS="$(BUILD)/unit/counts" \
	    CRM_MODULE="$(abspath $(BUILD))/asan/$(MODULE)" t/run.pl

test-crash: module
	@CRM_CRASH_ROUNDS="$(CRASH_ROUNDS)" \
	    CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/run.pl t/crash/*.t

# BENCH="--growth 1000,100000,1000000 --tenants 10000" takes some minutes more
bench: bench-routes bench-parts

bench-routes: module
	@mkdir -p "$(DATA_DIR)"
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" CRM_BUILD="$(abspath $(BUILD))" \
	    t/bench/run.pl --json "$(abspath $(DATA_DIR))/bench.json" $(BENCH)

# SOAK=5000000 for the long one
soak: module
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/soak.pl --requests $(SOAK)

# nginx's pools as single blocks of memory, so that what overflows is seen
test-palloc: asan
	@conf/dev/nginx-palloc.sh "$(BUILD)/palloc"
	@PATH="$(abspath $(BUILD))/palloc:$$PATH" CRM_SANITIZE=1 \
	    CRM_MODULE="$(abspath $(BUILD))/asan/$(MODULE)" t/run.pl $(TESTS)

test-valgrind: module
	@CRM_VALGRIND=1 CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" \
	    t/run.pl $(if $(TESTS),$(TESTS),$(VALGRIND_TESTS))

# no warning from the other compiler, and the same behaviour
test-clang:
	@CC=clang conf/dev/build.sh "$(BUILD)/clang"
	@CC=clang CRM_MODULE="$(abspath $(BUILD))/clang/$(MODULE)" \
	    t/run.pl $(if $(TESTS),$(TESTS),t/00-build.t t/leads.t t/http2.t)

bench-parts: module
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/activities.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/reports.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/mail.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/duplicates.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/teams.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/merge.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/bulk.pl

unit: $(UNIT_TESTS) $(FUZZ_TESTS)
	@t/unit.sh "$(BUILD)/unit/counts" $(UNIT_TESTS) $(FUZZ_TESTS)

# an archive, so that a program takes only what it tests
$(BUILD)/unit/libcrm.a: $(UNIT_OBJS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/unit/%: lua-free-tests/%.c $(BUILD)/unit/libcrm.a
	@echo "CC $<"
	@$(CC) $(UNIT_CFLAGS) -MMD -MP $(CPPFLAGS) -o $@ $< \
	    $(BUILD)/unit/libcrm.a $(UNIT_LIBS)

$(BUILD)/unit/fuzz_%: $(FUZZ_DIR)/fuzz_%.c $(FUZZ_DIR)/replay.c \
                      $(BUILD)/unit/libcrm.a $(BUILD)/unit/src/http/crm_params.o
	@echo "CC $<"
	@$(CC) $(UNIT_CFLAGS) -MMD -MP $(CPPFLAGS) -Isrc/http -o $@ \
	    $< $(FUZZ_DIR)/replay.c $(BUILD)/unit/src/http/crm_params.o \
	    $(BUILD)/unit/libcrm.a $(UNIT_LIBS)

$(BUILD)/unit/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(UNIT_CFLAGS) -MMD -MP $(CPPFLAGS) -c -o $@ $<

fuzz-short: $(FUZZERS)
	@$(FUZZ_DIR)/run.sh $(FUZZ_SECONDS) "$(BUILD)/fuzz/corpus" $(FUZZERS)

$(BUILD)/fuzz/fuzz_%: $(FUZZ_DIR)/fuzz_%.c $(BUILD)/fuzz/libcrm.a
	@echo "CLANG $<"
	@clang $(FUZZ_CFLAGS) -MMD -MP -Isrc/http -o $@ $< \
	    $(BUILD)/fuzz/libcrm.a $(filter-out -lcmocka,$(UNIT_LIBS))

$(BUILD)/fuzz/libcrm.a: $(FUZZ_OBJS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo "CLANG $<"
	@clang $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

.SECONDARY: $(UNIT_OBJS) $(FUZZ_OBJS) $(BUILD)/unit/src/http/crm_params.o

-include $(wildcard $(BUILD)/unit/*.d $(BUILD)/unit/src/*/*.d \
                    $(BUILD)/fuzz/*.d $(BUILD)/fuzz/src/*/*.d)

clean:
	rm -rf "$(BUILD)"
