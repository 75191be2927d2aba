#define VERSION 1
#include "functions.h"
