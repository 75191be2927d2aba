/*
 * build_include_line_test.c - which lines of a source include another file.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "builder/include_line.h"

/* All of them in one string: <name>, "name", ? where a macro says it, ! behind
 * #include_next. */
static const char *lines_of(const char *text)
{
	static char all[256];
	struct include_line line;
	size_t at = 0, n = 0;

	*all = 0;
	while (include_line_next(text, strlen(text), &at, &line)) {
		const char *quotes = line.quoted ? "\"\"" : "<>";

		if (line.name)
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%c%.*s%c", quotes[0],
					      (int)line.length, line.name, quotes[1]);
		else
			n += (size_t)snprintf(all + n, sizeof(all) - n, "?");
		if (line.next)
			n += (size_t)snprintf(all + n, sizeof(all) - n, "!");
	}
	return all;
}

Test(include_line, spellings)
{
	static const struct { const char *text, *lines; } cases[] = {
		{"", ""},
		{"#include <a.h>", "<a.h>"},
		{"#include \"a/b.h\"\n#include<c.h>", "\"a/b.h\"<c.h>"},
		{"  #\tinclude\t\"a.h\" // why", "\"a.h\""},
		{"/* x */ # /* y\n */ include /**/ \\\n \\\r\n <a.h>\n", "<a.h>"},
		{"#include_next <a.h>\n#import \"b.h\"\n#embed <c>", "<a.h>!\"b.h\"<c>"},
		{"#if 0\n#include \"a.h\"\n#endif\n", "\"a.h\""},
		{"#include MACRO\n#  include A(b) /* c */\n#include B // d\n#include C", "????"},
		{"*/ #include MACRO\n", "?"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_str_eq(lines_of(cases[i].text), cases[i].lines, "%zu: %s", i,
				 lines_of(cases[i].text));
}

Test(include_line, others)
{
	static const char *const cases[] = {
		"#", "# ", "#include", "#include ", "#include \"", "#include \"a.h\n", "#include <>",
		"#include <a.h\n>", "#define include \"a.h\"", "#includes <a.h>", "#pragma once",
		/* Comments that talk of it. */
		"/*\n * the #include ORDER\n #include lines come first */\n", "x #include MACRO\n",
		"#include 7\n", "#include \\", "#/*", "# \\\r",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_str_empty(lines_of(cases[i]), "%zu: %s", i, lines_of(cases[i]));
}
