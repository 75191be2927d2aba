/*
 * shapes.h - the functions whose calls are timed, as OPUS had them.
 *
 * Included by: call.c, call_library.c, call_patch.c in this folder.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe.
 *
 * Altekar et al. 2005, section 5: no arguments and no work, a loop, and 1 to 8
 * arguments; and floating ones, and a structure by value. SHAPES(prefix) defines
 * PREFIX_none and so on, and PREFIX_waits, which is left when a byte comes.
 */
#include <unistd.h>

struct shape_three {
	long a, b, c;
};

#define SHAPE_ATTRIBUTES __attribute__((noinline, noclone, aligned(64)))

#define SHAPE(name, parameters, work)                                          \
	void name parameters;                                                  \
	SHAPE_ATTRIBUTES void name parameters { work }

#define USE(x) __asm__ volatile("" : : "g"(x));
#define USE_F(x) __asm__ volatile("" : : "x"(x));
#define TURNS for (int i = 0; i < 100; i++) __asm__ volatile("");

/* One more level, so that a macro as `prefix` is replaced. */
#define SHAPES(prefix) SHAPES_(prefix)
#define SHAPES_(p)                                                             \
	SHAPE(p##none, (void), USE(0))                                         \
	SHAPE(p##loop, (void), TURNS)                                          \
	SHAPE(p##1, (long a), USE(a))                                          \
	SHAPE(p##2, (long a, long b), USE(a) USE(b))                           \
	SHAPE(p##4, (long a, long b, long c, long d), USE(a) USE(b) USE(c) USE(d)) \
	SHAPE(p##6, (long a, long b, long c, long d, long e, long f),          \
	      USE(a) USE(b) USE(c) USE(d) USE(e) USE(f))                       \
	SHAPE(p##8, (long a, long b, long c, long d, long e, long f, long g, long h), \
	      USE(a) USE(b) USE(c) USE(d) USE(e) USE(f) USE(g) USE(h))         \
	SHAPE(p##float1, (double a), USE_F(a))                                 \
	SHAPE(p##float8, (double a, double b, double c, double d, double e,    \
			  double f, double g, double h),                       \
	      USE_F(a) USE_F(b) USE_F(c) USE_F(d) USE_F(e) USE_F(f) USE_F(g)   \
	      USE_F(h))                                                        \
	SHAPE(p##struct, (struct shape_three s), USE(s.a) USE(s.b) USE(s.c))   \
	SHAPE(p##waits, (int fd), char c; while (read(fd, &c, 1) < 0);)
