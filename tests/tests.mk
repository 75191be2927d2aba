# tests.mk - test programs and what runs them; included by the Makefile.

T := $(B)/tests
UNIT     := $(patsubst tests/unit/%.c,$(T)/%,$(wildcard tests/unit/*_test.c))
BENCH_BIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
EVALUATION_BIN := $(patsubst tests/evaluation/%.c,$(B)/evaluation/%,$(wildcard tests/evaluation/*.c))
UNIT_LIBS := -lcriterion -ldw -lelf -ljson-c -lZydis -lffi -lpthread -ldl

# Archives, so that a test takes only the objects that it uses. What has a
# main(), and what acts on the process as soon as it is loaded, stays out.
UNIT_LEAVE_OUT := agent/agent.c agent/preload.c agent/follow.c agent/start.c \
	agent/guard.c agent/library.c agent/got.c agent/filter.c injector/send_main.c \
	injector/inject_main.c builder/build_main.c builder/main.c injector/main.c
$(T)/common.a: $(call objects,tool,$(COMMON_SRC))
$(T)/agent.a: $(call objects,agent,$(filter-out $(UNIT_LEAVE_OUT),$(AGENT_SRC)))
$(T)/send.a: $(INJECTOR_OBJ)
$(T)/build.a: $(call objects,tool,$(filter-out $(UNIT_LEAVE_OUT),$(wildcard builder/*.[cS])))
# What tests share: files of tests/unit that are no tests themselves.
$(T)/unit.a: $(call objects,tool,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
$(T)/%.a:
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcs $@ $^

# The first word of a test's name says whose code it tests.
unit_archive = $(T)/$(or $(filter agent send build,$(firstword $(subst _, ,$(1)))),common).a
.SECONDEXPANSION:
$(UNIT): $(T)/%: tests/unit/%.c $(T)/unit.a $$(call unit_archive,$$*) $(T)/common.a
	$(call say,TEST,$@)
	$(Q)$(CC) $(TOOL_CFLAGS) -MF $@.d $< -o $@ $(filter %.a,$^) $(UNIT_LIBS)

$(T)/guard: tests/lib/guard.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(CFLAGS) -MF $@.d $< -o $@

$(B)/bench/%: tests/bench/%.c tests/bench/lib/bench.c tests/bench/lib/bench.h
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(filter-out -M%,$(BASE)) $(CFLAGS) $(filter %.c,$^) -o $@

$(B)/evaluation/%: tests/evaluation/%.c tests/bench/lib/bench.c tests/bench/lib/bench.h
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(filter-out -M%,$(BASE)) $(CFLAGS) $(filter %.c,$^) -o $@

.PHONY: tests services check-man evaluation
## tests: build the test programs
tests: all examples $(UNIT) $(T)/guard $(B)/bench/call $(EVALUATION_BIN)

## test: build all and run all tests
test: deps
	$(Q)$(remake) tests
	$(Q)B=$(B) tests/run $(TESTS)

## services: of the tests, those with whole services of Debian under load
services: deps
	$(Q)$(remake) tests
	$(Q)B=$(B) tests/run service

## cases-legacy: join services of Debian that were started without the agent
cases-legacy: deps
	$(Q)$(remake) tests
	$(Q)B=$(B) OPUS_TEST_MODE=inject tests/run service

.PHONY: daemons
## daemons: patch and revert thirty more daemons of Debian, preloaded and joined
daemons: deps
	$(Q)tests/lib/deps.sh $(DAEMON_PACKAGES)
	$(Q)$(remake) all
	$(Q)B=$(B) tests/daemons/run --table docs/daemons.csv $(NAME)

## test-inject: all scenarios with an agent that comes late; 500 busy processes
test-inject: deps
	$(Q)$(remake) tests
	$(Q)B=$(B) OPUS_TEST_MODE=inject tests/run scenario
	$(Q)B=$(B) OPUS_TEST_REPEAT=25 tests/run scenario/24-inject-busy
	$(Q)B=$(B) OPUS_TEST_REPEAT=5 tests/run scenario/22-inject-kill

LIBC ?= trixie
.PHONY: test-libc
## test-libc: all scenarios with the libc and libunwind of Debian 13, or LIBC=sid
test-libc: deps
	$(Q)$(remake) tests
	$(Q)B=$(B) tests/lib/with-libc.sh $(LIBC) tests/run scenario

## audit: check what signal handlers call and what the agent exports
audit: all
	$(Q)OPUS_BUILD=$(B) tests/check/audit.sh

## check-include: check that no include crosses a folder
check-include:
	$(Q)tests/check/include.sh

## check-man: check the manual pages
check-man:
	$(Q)tests/check/man.sh

## lint: cppcheck, clang-tidy, shellcheck and mandoc, those that are there
lint:
	$(Q)tests/lib/lint.sh

.PHONY: test-deb
## test-deb: use the Debian packages in a fresh Debian (2 minutes of a processor; root)
test-deb: deb
	$(Q)tests/lib/deps.sh $(DEB_TEST_PACKAGES)
	$(Q)B=$(B) tests/deb/run

.PHONY: cases
## cases: close real holes of real programs live; all of them, or CASE=05
cases: deps
	$(Q)$(remake) all $(T)/guard
	$(Q)B=$(B) $(T)/guard 36000 tests/cases/run --table docs/cases.csv \
		$(CASE)

$(T)/survey-hold.so: tests/survey/hold.c
	$(Q)mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -M%,$(BASE)) $(CFLAGS) -fPIC -shared -o $@ $<

.PHONY: survey
## survey: what opus-build says of 609 patches of Debian (PACKAGE=expat: a part)
survey: deps
	$(Q)$(remake) all $(T)/guard $(T)/survey-hold.so
	$(Q)B=$(B) $(T)/guard 172800 tests/survey/run --table docs/survey.csv \
		$(PACKAGE)

## bench: measure; a table with the aims, and a CSV file (BENCH=call: a part)
bench: deps
	$(Q)$(remake) all examples $(BENCH_BIN) $(T)/guard
	$(Q)B=$(B) tests/bench/run $(BENCH)

## evaluation: measure all and write docs/evaluation.md; PART=raw, MODE=quick|full
evaluation: deps
	$(Q)tests/lib/deps.sh $(EVALUATION_PACKAGES)
	$(Q)$(remake) all examples $(B)/bench/call $(EVALUATION_BIN) $(T)/guard
	$(Q)B=$(B) tests/evaluation/run --mode $(or $(MODE),default) \
		$(if $(FRESH),--fresh) $(PART)

# Objects for libFuzzer, of everything but main().
FUZZ_CC    := clang-14
FUZZ_FLAGS := -std=gnu11 -D_GNU_SOURCE -DOPUS_RELEASE='"$(VERSION)"' -I. \
	-I/usr/lib/llvm-14/include -g -O1 -w -fsanitize=fuzzer-no-link,address
FUZZ_OBJ   := $(patsubst %,$(B)/fuzz/%.o,$(COMMON_SRC) \
	$(filter-out builder/main.c,$(wildcard builder/*.c)))
FUZZ_BIN   := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
$(B)/fuzz/%.c.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -MMD -MP -c $< -o $@
$(FUZZ_BIN): $(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.c.o $(FUZZ_OBJ) $(B)/tool/builder/blob.S.o
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address -o $@ $^ -ldw -lelf -lZydis -ljson-c

.PHONY: fuzz
FUZZ_SECONDS ?= 60
## fuzz: the readers of plans, diffs and sources, FUZZ_SECONDS=60 each (FUZZ=plan: one)
fuzz: deps
	$(Q)tests/lib/deps.sh $(FUZZ_PACKAGES)
	$(Q)$(remake) examples $(FUZZ_BIN)
	$(Q)B=$(B) tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)
