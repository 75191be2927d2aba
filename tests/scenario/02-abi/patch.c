#include <opus-livepatch/patch.h>

OPUS_PATCH("abi", "the same functions, version 2");

#define VERSION 2
#include "functions.h"

OPUS_REPLACE(no_args);
OPUS_REPLACE(by_pointer);
OPUS_REPLACE(six);
OPUS_REPLACE(many);
OPUS_REPLACE(doubles);
OPUS_REPLACE(floats);
OPUS_REPLACE(long_double);
OPUS_REPLACE(complex_double);
OPUS_REPLACE(complex_float);
OPUS_REPLACE(complex_long);
OPUS_REPLACE(int128);
OPUS_REPLACE(two_longs);
OPUS_REPLACE(two_doubles);
OPUS_REPLACE(mixed);
OPUS_REPLACE(mixed_back);
OPUS_REPLACE(three);
OPUS_REPLACE(large);
OPUS_REPLACE(small);
OPUS_REPLACE(one);
OPUS_REPLACE(boolean);
OPUS_REPLACE(byte);
OPUS_REPLACE(variadic);
OPUS_REPLACE(variadic_int);
OPUS_REPLACE(sse);
OPUS_REPLACE(sse_int);
OPUS_REPLACE(avx);
OPUS_REPLACE(avx512);
OPUS_REPLACE(recursive);
OPUS_REPLACE(fib);
OPUS_REPLACE(even);
OPUS_REPLACE(odd);
OPUS_REPLACE(tail_a);
OPUS_REPLACE(tail_b);
OPUS_REPLACE(chain_call);
OPUS_REPLACE(chain);
OPUS_REPLACE(aligned);
OPUS_REPLACE(x87);
