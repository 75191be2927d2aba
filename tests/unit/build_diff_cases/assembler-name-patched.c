/*
 * A function that the source names for the assembler, as glibc does for calls from
 * inside; outside it has its own name, others one with a version.
 *
 * target: libc2.so
 * replaces: log_it
 * output: 3 9 9 240
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libc2.so
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
libc2.so: log.o use.o
	$(CC) -shared -Wl,--version-script=map -o $@ $^
%.o: %.c names.h
	$(CC) $(CFLAGS) -fPIC -include names.h -c -o $@ $<
main.o: main.c
	$(CC) $(CFLAGS) -c -o $@ $<
clean:
	rm -f *.o prog *.so
//@ map
V1 { global: log_it; use_it; log_new; };
V2 { global: log_new; local: *; } V1;
//@ names.h
#define hidden_proto(name) extern __typeof(name) name __asm__("__GI_" #name) __attribute__((visibility("hidden")));
#define hidden_def(name) extern __typeof(name) __EI_##name __asm__(#name); extern __typeof(name) __EI_##name __attribute__((alias("__GI_" #name)));
#define strong_alias(name, other) extern __typeof(name) other __attribute__((alias(#name)));
#define weak_alias(name, other) extern __typeof(name) other __attribute__((weak, alias(#name)));
//@ log.h
int log_it(int v);
hidden_proto(log_it)
int __real_log(int kind, int v) __attribute__((visibility("hidden")));
//@ log.c
#include "log.h"
int __real_log(int kind, int v)
{

	return v < 0 ? kind : v * 3;
}
int log_it(int v)
{
	return __real_log(1, v > 50 ? 3 : v); //+
	return __real_log(1, v); //-
}
hidden_def(log_it)
int __log_old(int v) { return __real_log(2, v); }
int __log_new(int v) { return __real_log(3, v); }
__asm__(".symver __log_old, log_new@V1");
__asm__(".symver __log_new, log_new@@V2");
//@ use.c
#include "log.h"
int use_it(int v) { return log_it(v); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int log_it(int), use_it(int), log_new(int);
int main(int argc, char **argv)
{
	int old = log_it(argc / argc);
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", old, log_it(80), use_it(80), log_new(80));
	return 0;
}
