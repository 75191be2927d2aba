#define VERSION 1
#ifdef __clang__
#define ATTR __attribute__((noinline, optnone))
#else
#define ATTR __attribute__((noipa))
#endif
#include "functions.h"
