/*
 * ATTR: a function that the compiler treats as if it were in another unit.
 * Callers of a function that clang optimises know what it returns.
 */
#ifndef ATTR_H
#define ATTR_H

#ifdef __clang__
#define ATTR __attribute__((noinline, optnone))
#else
#define ATTR __attribute__((noipa))
#endif

#endif
