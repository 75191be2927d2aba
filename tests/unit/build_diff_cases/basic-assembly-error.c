/*
 * The diff changes nothing but assembly outside of functions, of which no patch
 * can be made.
 *
 * exit: 1
 * says: a.c:3: warning: a.c: has other assembly outside of its functions: this part of the fix is not in the patch
 * says: changes nothing but assembly
 */
//@ a.c
#include "tests/unit/build_apply.h"
int three(void);
asm(".globl three\nthree: mov $3, %eax\nret"); //-
asm(".globl three\nthree: mov $4, %eax\nret"); //+
__attribute__((noipa)) int get(int c) { return c + three(); }
int main(int argc, char **argv) { return get(argc) + !argv; }
