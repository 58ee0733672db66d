# Building, running and testing nginx-crm on Debian 12.
#
#   make            the module, build/ngx_http_crm_module.so
#   make run        Redis, nginx and a demo tenant, in the background
#   make stop       ends what `make run' started
#   make test       everything that is tested
#   make test-asan  the same with the module under AddressSanitizer and UBSan
#   make bench      the speed, as ratios
#
# Variables of `make run': PORT, DATA_DIR, WORKERS, ACCESS_LOG.

PORT       ?= 8080
DATA_DIR   ?= ./var
WORKERS    ?= auto
ACCESS_LOG ?= on
BUILD      ?= build

MODULE := ngx_http_crm_module.so

# not in the unit tests: what needs nginx or hiredis
UNIT_SRCS  := $(wildcard src/base/*.c src/domain/*.c src/store/crm_resp.c)
UNIT_OBJS  := $(patsubst %.c,$(BUILD)/unit/%.o,$(UNIT_SRCS))
UNIT_TESTS := $(patsubst lua-free-tests/%.c,$(BUILD)/unit/%, \
                  $(wildcard lua-free-tests/test_*.c))

UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror \
               -Wpointer-arith -fno-omit-frame-pointer \
               -fsanitize=address,undefined -fno-sanitize-recover=undefined \
               -Isrc/base -Isrc/domain -Isrc/store
UNIT_LIBS   := -lcmocka -ljansson -lpcre2-8 -licui18n -licuuc -lsodium -lical \
               -lm

.PHONY: all module asan run stop test test-asan unit bench clean

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

bench: module
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/run.pl
	@CRM_MODULE="$(abspath $(BUILD))/$(MODULE)" t/bench/activities.pl

unit: $(UNIT_TESTS)
	@t/unit.sh "$(BUILD)/unit/counts" $(UNIT_TESTS)

# an archive, so that a program takes only what it tests
$(BUILD)/unit/libcrm.a: $(UNIT_OBJS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/unit/%: lua-free-tests/%.c $(BUILD)/unit/libcrm.a
	@echo "CC $<"
	@$(CC) $(UNIT_CFLAGS) -MMD -MP $(CPPFLAGS) -o $@ $< \
	    $(BUILD)/unit/libcrm.a $(UNIT_LIBS)

$(BUILD)/unit/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(UNIT_CFLAGS) -MMD -MP $(CPPFLAGS) -c -o $@ $<

.SECONDARY: $(UNIT_OBJS)

-include $(wildcard $(BUILD)/unit/*.d $(BUILD)/unit/src/*/*.d)

clean:
	rm -rf "$(BUILD)"
