# opus-livepatch: one Makefile for all parts. `make help` lists the targets.

VERSION  := 0.1.0
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),,$(PREFIX))/etc
ARCH     := x86_64
comma    := ,
B        := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

# Debian packages that are needed, for what: the only list of them.
BUILD_PACKAGES := gcc g++ libc6-dev libelf-dev libdw-dev libunwind-dev \
	libffi-dev libcriterion-dev libzydis-dev libjson-c-dev libclang-14-dev \
	binutils patch
DEMO_PACKAGES   := curl util-linux
APACHE_PACKAGES := wrk python3 dpkg-dev patch libapr1-dev libaprutil1-dev \
	libpcre2-dev
TEST_PACKAGES   := python3 clang-14 libunwind-14 cmake meson ccache wrk curl gdb strace valgrind libc6-dbg mandoc dwz \
	nginx redis-server musl-tools gcc-multilib libc6-amd64-cross gnuplot-nox \
	apparmor
SERVICE_PACKAGES := apache2 bind9 dovecot-core mariadb-server memcached postgresql \
	openssh-server squid default-jdk-headless
DAEMON_PACKAGES := bind9 chrony coturn cups-daemon dnsmasq-base dovecot-imapd \
	erlang-base exim4-daemon-light gunicorn haproxy kamailio knot lighttpd mosquitto \
	ngircd nodejs nsd php8.2-fpm proftpd-core qemu-system-x86 rsyslog ruby samba \
	slapd snmpd stunnel4 tor transmission-daemon unbound varnish
EVALUATION_PACKAGES := sysbench libmemcached-tools
FUZZ_PACKAGES   := clang-14 libclang-rt-14-dev
DEB_PACKAGES    := debhelper dpkg-dev lintian
DEB_TEST_PACKAGES := mmdebstrap

WARN   := -Wall -Wextra -Wformat=2 -Wmissing-format-attribute \
	-Wmissing-prototypes -Wstrict-prototypes -Wshadow $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
BASE   := -std=gnu11 -D_GNU_SOURCE -DOPUS_RELEASE='"$(VERSION)"' -I. $(WARN) \
	-fvisibility=hidden -MMD -MP
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)

# The agent lives in somebody else's process: libc alone, no sanitizer, and
# thread-local data in the static block so that no access ever allocates.
AGENT_CFLAGS := $(BASE) $(CFLAGS) -fPIC -ftls-model=initial-exec \
	-fasynchronous-unwind-tables -fno-plt
# Code that runs at a gate or in a handler must not touch vector registers:
# they may hold arguments or results of the function that was entered or left;
# nor use much of a stack that may be an alternate one of the least size.
AGENT_SIG_CFLAGS := $(AGENT_CFLAGS) -mgeneral-regs-only -fno-stack-protector \
	-fno-builtin -fno-tree-loop-distribute-patterns -Wframe-larger-than=256
TOOL_CFLAGS := $(BASE) $(CFLAGS) $(SANFLAGS) -Ibuilder/include

# For targets that build after the packages are there; on all cores.
remake = $(MAKE) --no-print-directory \
	$(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

objects = $(patsubst %,$(B)/$(1)/%.o,$(2))

AGENT_SRC  := $(wildcard agent/*.c) $(wildcard agent/arch/$(ARCH)/*.[cS])
AGENT_COMMON := common/error.c common/plan.c common/digest.c common/store.c \
	common/audit.c common/bpf.c common/waits.c
# What the program itself calls comes first, and so lies in the few pages of a start:
# around each that is touched the kernel maps sixteen.
AGENT_CALLED := $(addprefix agent/,$(addsuffix .c,preload filter_sig wait_transfer \
	guard fork vfork follow library signal_sig coroutine tls_sig))
AGENT_OBJ  := $(call objects,agent,$(AGENT_CALLED) \
	$(filter-out $(AGENT_CALLED),$(AGENT_SRC)) $(AGENT_COMMON))
COMMON_SRC := $(wildcard common/*.c)
# Both programs of injector/ are made of all its files, but for each other's
# main().
INJECTOR_OBJ := $(call objects,tool,$(filter-out injector/%_main.c,$(wildcard injector/*.c)) \
	$(wildcard injector/arch/$(ARCH)/*.S) $(COMMON_SRC))
RUN_OBJ    := $(call objects,tool,$(wildcard launcher/*.c) common/error.c common/standard.c common/store.c)
BUILD_OBJ  := $(call objects,tool,$(wildcard builder/*.[cS]) $(COMMON_SRC))

PRODUCTS := $(if $(AGENT_SRC),$(B)/libopus-agent.so) \
	$(if $(wildcard injector/*.c),$(B)/opus-send $(B)/opus-inject) \
	$(if $(wildcard builder/*.c),$(B)/opus-build) \
	$(if $(wildcard launcher/*.c),$(B)/opus-run)

.PHONY: all help deps test bench demo demo-apache lint audit check-include \
	install deb clean format
.DEFAULT_GOAL := all

## all: build everything
all: $(PRODUCTS)

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | sort | \
		sed 's/^\([^:]*\): \(.*\)/\1\t\2/' | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'

## deps: install the Debian packages that are missing
deps:
	$(Q)tests/lib/deps.sh $(BUILD_PACKAGES) $(TEST_PACKAGES) \
		$(DEMO_PACKAGES) $(APACHE_PACKAGES) $(SERVICE_PACKAGES)

# The agent defines functions of libc, which the headers must not define, too.
$(B)/agent/%.o: AGENT_CFLAGS += -U_FORTIFY_SOURCE
$(B)/agent/%.o: AGENT_SIG_CFLAGS += -U_FORTIFY_SOURCE
$(B)/agent/%_sig.c.o: %_sig.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(AGENT_SIG_CFLAGS) -c $< -o $@
$(B)/agent/%.c.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(AGENT_CFLAGS) -c $< -o $@
$(B)/agent/%.S.o: %.S
	$(Q)mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(AGENT_CFLAGS) -c $< -o $@
$(B)/tool/%.c.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(TOOL_CFLAGS) -c $< -o $@

$(addprefix $(B)/tool/builder/,$(addsuffix .c.o,parse parse_call abi clang)): TOOL_CFLAGS += -I/usr/lib/llvm-14/include
# What opus-build preloads into the builds that it watches is carried inside it, as
# is patch.h.
$(B)/tool/builder/blob.S.o: builder/blob.S $(B)/capture.so builder/include/opus-livepatch/patch.h
	$(call say,AS,$<)
	$(Q)$(CC) -c -Wa,-I,$(B),-I,. $< -o $@
$(B)/capture.so: builder/preload/capture.c
	$(Q)mkdir -p $(B)/tool/builder
	$(call say,LD,$@)
	$(Q)$(CC) $(BASE) $(CFLAGS) -fPIC -shared -MF $(B)/tool/capture.d -o $@ $<

# -nostartfiles: what gcc links in for C++ would touch four more pages at each
# start and end.
# Written aside: who starts just then would come up without the agent.
# -Bsymbolic-functions: what the agent calls of what it defines is its own, also
# where it came late and stands behind libc.
FFI_PIC := $(shell $(CC) -print-file-name=libffi_pic.a)
$(B)/libopus-agent.so: $(AGENT_OBJ) agent/export.map agent/layout.ld
	$(call say,LD,$@)
	$(Q)$(CC) -shared -nostartfiles -o $@.new $(AGENT_OBJ) $(FFI_PIC) -Wl,--exclude-libs,ALL \
		-Wl,--version-script=agent/export.map -Wl,-soname,libopus-agent.so \
		-Wl,-z,now -Wl,-z,relro -Wl,--no-undefined -Wl,--build-id \
		-Wl,-z,nodelete -Wl,-Bsymbolic-functions -Wl,-T,agent/layout.ld
	$(Q)mv $@.new $@
$(B)/tool/%.S.o: %.S
	$(Q)mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(TOOL_CFLAGS) -c $< -o $@
# -l:libjson-c.a: to find and map a library takes 65 us of each start.
$(B)/opus-send $(B)/opus-inject: $(B)/opus-%: $(B)/tool/injector/%_main.c.o $(INJECTOR_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANFLAGS) -o $@ $^ -l:libjson-c.a
$(B)/opus-build: $(BUILD_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANFLAGS) -o $@ $^ -ldw -lelf -lZydis -ljson-c
$(B)/opus-run: $(RUN_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANFLAGS) -o $@ $^

AGENT_DIR := $(LIBDIR)/opus-livepatch
MAN_PAGES := $(wildcard docs/man/*.[1-8])
## install: install below $(DESTDIR)$(PREFIX), /usr/local unless told
install: all
	install -D -m 755 -t $(DESTDIR)$(AGENT_DIR) $(B)/libopus-agent.so
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin \
		$(filter-out %.so,$(PRODUCTS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/opus-livepatch \
		builder/include/opus-livepatch/patch.h \
		agent/include/opus-livepatch/safe.h
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	printf '%s\n' 'prefix=$(PREFIX)' 'agent=$(AGENT_DIR)/libopus-agent.so' \
		'' 'Name: opus-livepatch' 'Version: $(VERSION)' \
		'Description: live patches for running programs' \
		'Cflags: -I$${prefix}/include' \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/opus-livepatch.pc
	install -D -m 644 -t $(DESTDIR)$(SYSCONFDIR)/apparmor.d/abstractions \
		packaging/apparmor/opus-livepatch
	install -D -m 644 packaging/completion/opus-send \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/opus-send
	for tool in run build inject; do ln -sf opus-send \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/opus-$$tool; done
	for page in $(MAN_PAGES); do install -D -m 644 -t \
		$(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $$page; done

## deb: build Debian packages into build/deb, and let lintian look at them
deb:
	$(Q)tests/lib/deps.sh $(BUILD_PACKAGES) $(DEB_PACKAGES)
	rm -rf $(B)/deb
	mkdir -p $(B)/deb/opus-livepatch
	tar -c --exclude=./build --exclude='./build-*' --exclude=./.git \
		--exclude=__pycache__ . | tar -x -C $(B)/deb/opus-livepatch
	cp -r packaging/debian $(B)/deb/opus-livepatch
	cd $(B)/deb/opus-livepatch && dpkg-buildpackage -b -us -uc
	lintian --fail-on error,warning $(B)/deb/*.changes

## clean: remove what was built
clean:
	rm -rf build build-*

## format: lay out the code with clang-format
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
-include tests/tests.mk examples/examples.mk
