# examples.mk - the example programs; included by the Makefile.

E := $(B)/examples
# As a distribution builds a service: optimized, with DWARF beside it.
EXAMPLE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -MMD -MP

$(E)/notes-server: examples/notes-server/notes.c
$(E)/load: examples/demo/load.c
$(E)/notes-server $(E)/load:
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(EXAMPLE_CFLAGS) -MF $@.d $< -o $@ -pthread

CHUNKED := examples/chunked/server.c examples/chunked/chunk.c
$(E)/chunked-server: $(CHUNKED) examples/chunked/chunk.h
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(EXAMPLE_CFLAGS)) $(CHUNKED) -o $@ -pthread

$(E)/fix-range.opus: examples/notes-server/fix-range.c \
		examples/notes-server/notes.h $(E)/notes-server $(B)/opus-build
	$(call say,PATCH,$@)
	$(Q)$(B)/opus-build compile $< --target $(E)/notes-server \
		--cflags "-O2 -Iexamples/notes-server" -o $@

.PHONY: examples
examples: $(E)/notes-server $(E)/chunked-server $(E)/load $(E)/fix-range.opus

## demo: patch a small server under load (10 seconds)
demo:
	$(Q)tests/lib/deps.sh $(BUILD_PACKAGES) $(DEMO_PACKAGES)
	$(Q)$(remake) all examples
	$(Q)B=$(B) examples/demo/run

## demo-apache: the same with Apache httpd and a famous hole (minutes, once)
demo-apache:
	$(Q)tests/lib/deps.sh $(BUILD_PACKAGES) $(DEMO_PACKAGES) $(APACHE_PACKAGES)
	$(Q)$(remake) all
	$(Q)B=$(B) examples/demo-apache/run
