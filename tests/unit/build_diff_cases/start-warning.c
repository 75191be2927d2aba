/*
 * What the entry of an object, or a constructor of it, alone reaches has run when a
 * patch comes; not so what keeps an address on the way, or is called elsewhere.
 *
 * says: warning: first: only what runs when prog is loaded calls it
 * says: warning: second: only what runs when prog is loaded calls it
 * silent: warning: shared
 * silent: warning: stored
 * silent: warning: passed
 */
//@ a.c
#include <stdio.h>
#define OWN __attribute__((noipa)) static
int sum;
OWN void second(int v) { sum += v * 3; } //-
OWN void second(int v) { sum += v * 4; } //+
OWN void first(int v)
{
	second(v);
	sum += v * 3; //-
	sum += v * 4; //+
}
OWN void shared(int v) { sum += v * 3; } //-
OWN void shared(int v) { sum += v * 4; } //+
OWN void stored(int v) { sum += v * 3; } //-
OWN void stored(int v) { sum += v * 4; } //+
void (*volatile kept)(int) = stored;
OWN void passed(int v) { sum += v * 3; } //-
OWN void passed(int v) { sum += v * 4; } //+
OWN void use(void (*how)(int)) { kept = how; }
__attribute__((constructor)) static void load(void)
{
	first(1);
	shared(1);
	stored(1);
	passed(1);
	use(passed);
}
int main(int argc, char **argv)
{
	shared(argc);
	return !argv[0] || sum == 0;
}
