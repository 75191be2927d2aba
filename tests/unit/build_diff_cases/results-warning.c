/*
 * What a function may return now, and could before, though spelled in another way:
 * as one of two, in brackets, in a variable.
 *
 * says: warning: fifth: may now return -7, which it did not before
 * says: warning: sixth: may now return -8, which it did not before
 * silent: warning: first
 * silent: warning: second
 * silent: warning: third
 * silent: warning: fourth
 */
//@ a.c
#include "tests/unit/build_apply.h"
enum { OK, LESS = 5, MORE };
__attribute__((noipa)) int first(int v)
{
	return v > 3 ? OK : (LESS); //-
	if (v <= 3) //+
		return LESS; //+
	return OK; //+
}
__attribute__((noipa)) int second(int v)
{
	int code = -3, other = v;

	if (v > other)
		return -3; //+
	code = v ? v : -4;
	if (v == 8) //+
		return (-4); //+
	return code;
}
__attribute__((noipa)) int third(int v)
{
	if (v > 5)
		return (-6);
	return v == 2 ? -6 : 7; //-
	if (v == 2) //+
		return -6; //+
	return 7; //+
}
__attribute__((noipa)) int fourth(int v)
{
	int code;

	if ((code = MORE) && v > 7)
		return MORE; //+
	return (code);
}
__attribute__((noipa)) int fifth(int v)
{
	int code = 2, other = -7;

	if (v == -7 || v > other)
		code = 4;
	if (v == 3) //+
		return -7; //+
	return code;
}
__attribute__((noipa)) int sixth(int v)
{
	if (v == 9) //+
		return -8; //+
	return v ? v - 8 : v * -8;
}
int main(int argc, char **argv)
{
	return first(argc) + second(argc) + third(argc) + fourth(argc) + fifth(argc) +
	       sixth(argc) + !argv;
}
