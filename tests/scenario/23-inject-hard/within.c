/* A library that a program lives in: run() comes back to it. */
#include "attr.h"

static volatile int depth;

ATTR void run(void (*back)(void))
{
	depth++;
	back();
	depth--;
}
