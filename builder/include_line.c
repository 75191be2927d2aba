/*
 * include_line.c - find the lines of a source that include another file.
 *
 * Called by:  includes.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe: no locks, no heap.
 *
 * A "#" with one of four words and a name behind it counts wherever it stands: to
 * tell which of them the compiler reads takes its macros. Where a macro has the name,
 * "#include ORDER", the line has to look like one, for comments talk like that.
 */
#include "include_line.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Length of the line's end that a backslash hides there, or 0. */
static size_t splice_length(const char *bytes, size_t size, size_t at)
{
	if (at + 1 < size && bytes[at] == '\\' && bytes[at + 1] == '\n')
		return 2;
	return at + 2 < size && bytes[at] == '\\' && bytes[at + 1] == '\r' &&
			       bytes[at + 2] == '\n'
		       ? 3
		       : 0;
}

static size_t comment_skip(const char *bytes, size_t size, size_t at)
{
	for (at += 2; at + 1 < size; at++)
		if (bytes[at] == '*' && bytes[at + 1] == '/')
			return at + 2;
	return size;
}

/* Behind blanks, comments and the ends of lines that go on. */
static size_t blanks_skip(const char *bytes, size_t size, size_t at)
{
	while (at < size) {
		size_t splice = splice_length(bytes, size, at);

		if (splice)
			at += splice;
		else if (strchr(" \t\v\f", bytes[at]) && bytes[at])
			at++;
		else if (at + 1 < size && bytes[at] == '/' && bytes[at + 1] == '*')
			at = comment_skip(bytes, size, at);
		else
			break;
	}
	return at;
}

static size_t word_skip(const char *bytes, size_t size, size_t at)
{
	while (at < size && is_word(bytes[at]))
		at++;
	return at;
}

static bool word_is(const char *bytes, size_t start, size_t end, const char *word)
{
	return end - start == strlen(word) && memcmp(bytes + start, word, end - start) == 0;
}

/* Is there nothing before it in its line, but perhaps the end of a comment? */
static bool starts_line(const char *bytes, size_t at)
{
	while (at > 0 && (bytes[at - 1] == ' ' || bytes[at - 1] == '\t'))
		at--;
	return at == 0 || bytes[at - 1] == '\n' ||
	       (at > 1 && bytes[at - 1] == '/' && bytes[at - 2] == '*');
}

/* Is there one word, and nothing behind it that a line could not go on with? */
static bool is_macro(const char *bytes, size_t size, size_t at)
{
	size_t end = word_skip(bytes, size, at);

	if (end == at || isdigit((unsigned char)bytes[at]))
		return false;
	end = blanks_skip(bytes, size, end);
	return end >= size || strchr("\r\n(/", bytes[end]) != NULL;
}

/* Up to the quote that ends the name; false: there is none in this line. */
static bool name_read(const char *bytes, size_t size, size_t at, struct include_line *ret)
{
	char last = bytes[at] == '<' ? '>' : '"';
	size_t end = at + 1;

	while (end < size && bytes[end] != last && bytes[end] != '\n')
		end++;
	ret->quoted = last == '"';
	ret->name = bytes + at + 1;
	ret->length = end - at - 1;
	return end < size && bytes[end] == last && ret->length > 0;
}

bool include_line_next(const char *bytes, size_t size, size_t *at, struct include_line *ret)
{
	const char *hash;

	while (*at < size && (hash = memchr(bytes + *at, '#', size - *at)) != NULL) {
		size_t start = blanks_skip(bytes, size, (size_t)(hash - bytes) + 1);
		size_t end = word_skip(bytes, size, start), name;

		*at = (size_t)(hash - bytes) + 1;
		memset(ret, 0, sizeof(*ret));
		ret->next = word_is(bytes, start, end, "include_next");
		if (!ret->next && !word_is(bytes, start, end, "include") &&
		    !word_is(bytes, start, end, "import") && !word_is(bytes, start, end, "embed"))
			continue;
		name = blanks_skip(bytes, size, end);
		if (name >= size)
			continue;
		if (bytes[name] == '"' || bytes[name] == '<') {
			if (name_read(bytes, size, name, ret))
				return true;
		} else if (starts_line(bytes, (size_t)(hash - bytes)) &&
			   is_macro(bytes, size, name)) {
			return true;
		}
	}
	return false;
}
