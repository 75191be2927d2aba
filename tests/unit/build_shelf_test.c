/*
 * build_shelf_test.c - texts come off a shelf as they were put there.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "builder/shelf.h"

static const char header[] = "# 1 \"stdio.h\" 1\nint puts(const char *);\n";

static struct shelved put(struct shelf *s, const char *bytes, size_t size)
{
	struct shelved t;
	struct opus_error err;

	cr_assert_eq(shelf_put(s, bytes, size, &t, &err), OPUS_OK);
	return t;
}

Test(shelf, whole_again)
{
	static const struct { const char *bytes; size_t size; } texts[] = {
		{"", 0},
		{"#", 1},
		{"\n", 1},
		{"\n#", 2},
		{"#\n#\n\n#", 6},
		{"int a;\n# 1 \"x.h\" 1\nint b;\n# 2 \"x.c\" 2\nint c;", 46},
		{"char a[] = R\"(\n# no marker\n)\";\n", 31},
		{"a\0b\n#c\0d", 8},
	};
	struct shelf s = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct shelved t = put(&s, texts[i].bytes, texts[i].size);
		char *bytes = shelved_bytes(&t);

		cr_expect_eq(t.size, texts[i].size, "text %zu", i);
		cr_expect_eq(memcmp(bytes, texts[i].bytes, t.size), 0, "text %zu", i);
		cr_expect_eq(bytes[t.size], 0, "text %zu", i);
		free(bytes);
		shelved_deinit(&t);
	}
	shelf_deinit(&s);
}

Test(shelf, pieces_lie_there_once)
{
	struct shelf s = {0};
	char one[200], other[200];
	struct shelved a, b;

	strcat(strcpy(one, "int a;\n"), header);
	strcat(strcpy(other, "int b;\n"), header);
	a = put(&s, one, strlen(one));
	b = put(&s, other, strlen(other));
	cr_assert_eq(a.pieces, 2);
	cr_assert_eq(b.pieces, 2);
	cr_expect_neq(a.piece[0], b.piece[0]);
	cr_expect_eq(a.piece[1], b.piece[1]);
	shelved_deinit(&a);
	shelved_deinit(&b);
	shelf_deinit(&s);
}

Test(shelf, same)
{
	struct shelf s = {0};
	struct shelved none = {0}, empty = put(&s, "", 0), empty_too = put(&s, "", 0);
	struct shelved a = put(&s, header, strlen(header));
	struct shelved b = put(&s, header, strlen(header));
	struct shelved c = put(&s, header, strlen(header) - 1);

	cr_expect(shelved_same(&a, &b));
	cr_expect_not(shelved_same(&a, &c));
	cr_expect(shelved_same(&empty, &empty_too));
	cr_expect_not(shelved_same(&a, &empty));
	cr_expect_not(shelved_same(&none, &none));
	shelved_deinit(&empty);
	shelved_deinit(&empty_too);
	shelved_deinit(&a);
	shelved_deinit(&b);
	shelved_deinit(&c);
	shelf_deinit(&s);
}
