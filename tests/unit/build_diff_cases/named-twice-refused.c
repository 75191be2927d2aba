/*
 * A type with two names is told of once.
 *
 * exit: 2
 * says: pair_s: had 8 bytes
 * silent: pair_t
 */
//@ a.c
#include <stdio.h>
typedef struct pair_s {
	long a; //+
	int b, c;
} pair_t;
int sum(pair_t *p);
__attribute__((noipa)) int sum(pair_t *p) { return p->b + p->c; }
int main(void)
{
	pair_t p = {.b = 1, .c = 2};

	return sum(&p);
}
