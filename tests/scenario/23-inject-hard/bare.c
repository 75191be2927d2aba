/* Needs nothing: built statically, for 32 bits, and with musl. */
#include <unistd.h>

int main(void)
{
	char c;

	while (read(0, &c, 1) == 1)
		if (c == '\n' && write(1, "1\n", 2) != 2)
			return 1;
	return 0;
}
