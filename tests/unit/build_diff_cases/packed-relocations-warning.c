/*
 * The linker packs the relocations of pointers in data (.relr.dyn): a constructor
 * and what it alone calls are known by them, and a function whose address is kept.
 *
 * make: LDFLAGS=-Wl,-z,pack-relative-relocs
 * says: warning: first: only what runs when prog is loaded calls it
 * silent: warning: stored
 */
//@ a.c
#define OWN __attribute__((noipa)) static
int sum;
OWN void first(int v) { sum += v * 3; } //-
OWN void first(int v) { sum += v * 4; } //+
OWN void stored(int v) { sum += v * 3; } //-
OWN void stored(int v) { sum += v * 4; } //+
OWN void other(int v) { sum -= v; }
/* More than 63 words apart, and neighbours. */
void (*volatile kept[80])(int) = {other, other, [78] = other, stored};
__attribute__((constructor)) static void load(void)
{
	first(1);
	stored(1);
}
int main(int argc, char **argv)
{
	kept[argc](argc);
	return !argv[0] || sum == 0;
}
