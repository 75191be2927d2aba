/*
 * functions.h - F(x) for as many numbers x as COUNT says: 1, 10, 100, 1000
 * or 10000.
 *
 * Included by: target.c, patch.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: macros.
 */
#define TEN(x)                                                                 \
	F(x##0) F(x##1) F(x##2) F(x##3) F(x##4)                                \
	F(x##5) F(x##6) F(x##7) F(x##8) F(x##9)
#define HUNDRED(x)                                                             \
	TEN(x##0) TEN(x##1) TEN(x##2) TEN(x##3) TEN(x##4)                      \
	TEN(x##5) TEN(x##6) TEN(x##7) TEN(x##8) TEN(x##9)
#define THOUSAND(x)                                                            \
	HUNDRED(x##0) HUNDRED(x##1) HUNDRED(x##2) HUNDRED(x##3) HUNDRED(x##4)  \
	HUNDRED(x##5) HUNDRED(x##6) HUNDRED(x##7) HUNDRED(x##8) HUNDRED(x##9)

#define TEN_THOUSAND(x)                                                        \
	THOUSAND(x##0) THOUSAND(x##1) THOUSAND(x##2) THOUSAND(x##3)            \
	THOUSAND(x##4) THOUSAND(x##5) THOUSAND(x##6) THOUSAND(x##7)            \
	THOUSAND(x##8) THOUSAND(x##9)

#if COUNT == 1
#define FUNCTIONS F(1000)
#elif COUNT == 10
#define FUNCTIONS TEN(100)
#elif COUNT == 100
#define FUNCTIONS HUNDRED(10)
#elif COUNT == 1000
#define FUNCTIONS THOUSAND(1)
#else
#define FUNCTIONS TEN_THOUSAND(1)
#endif
