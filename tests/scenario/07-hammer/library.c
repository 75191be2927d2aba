/* A library for dlopen and dlclose, with its constructor and destructor. */
#include <stdlib.h>

int library_value = 3;
static void *held;

__attribute__((constructor)) static void begin(void) { held = malloc(100); }
__attribute__((destructor)) static void end(void) { free(held); }
