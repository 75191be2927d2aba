/*
 * A variable that exists gets another first value.
 *
 * exit: 2
 * says: refused: timeout: gets another first value, but it exists already
 * says: post_apply hook (OPUS_HOOK) in a source of its own, given with --hook
 */
//@ a.c
#include "tests/unit/build_apply.h"
static int timeout = 30; //-
static int timeout = 10; //+
__attribute__((noipa)) int get(void) { return timeout++; }
int main(int argc, char **argv) { return get() + argc + !argv; }
