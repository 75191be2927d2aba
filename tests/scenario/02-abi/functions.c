#define VERSION 1
#define ATTR __attribute__((noipa))
#include "functions.h"
