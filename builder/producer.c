/*
 * producer.c - was the target made by the compiler that makes the patch?
 *
 * Called by:  pass_signature.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * DW_AT_producer is "GNU C17 12.2.0 -mtune=generic -O2 -fwrapv ..." of GCC,
 * "Debian clang version 14.0.6" of clang, without flags, and "GNU AS 2.40" of the
 * assembler.
 */
#include "producer.h"

#include <ctype.h>
#include <string.h>

#include "facts.h"

/* Flags by which old and new code may differ about data, calls or what the
 * processor can do. What speed alone depends on is left out. */
static const char *const matter[] = {
	"-m32", "-mx32", "-march=", "-mavx", "-msse", "-mno-sse", "-mabi=",
	"-mlong-double", "-m80387", "-mno-80387", "-mpreferred-stack-boundary=",
	"-mincoming-stack-boundary=", "-mregparm=", "-mms-bitfields",
	"-malign-", "-fpack-struct", "-fshort-enums", "-fshort-wchar",
	"-fsigned-char", "-funsigned-char", "-fsigned-bitfields",
	"-funsigned-bitfields", "-fstrict-aliasing", "-fno-strict-aliasing",
	"-fwrapv", "-ftrapv", "-fno-delete-null-pointer-checks",
	"-fno-strict-overflow", "-fexceptions", "-fno-exceptions",
	"-fnon-call-exceptions", "-fno-rtti", "-fabi-version=", "-fsanitize=",
	"-finstrument-functions", "-fstack-protector", "-fno-stack-protector",
	"-fsplit-stack", "-ffast-math", "-fno-math-errno", "-frounding-math",
	"-fzero-call-used-regs=", "-ffixed-", "-fcall-used-", "-fcall-saved-"};

static bool is_word(const char *at, size_t n, const char *word)
{
	size_t m = strlen(word);

	return n >= m && strncmp(at, word, m) == 0 &&
	       (n == m || strchr("=-", word[m - 1]) || strchr("=-.0123456789", at[m]));
}

static bool is_in(const char *words, const char *at, size_t n)
{
	for (const char *p = words; (p = strstr(p, "-")) != NULL; p++)
		if ((p == words || p[-1] == ' ') && strncmp(p, at, n) == 0 &&
		    (p[n] == 0 || p[n] == ' '))
			return true;
	return false;
}

/* The flags that matter of `a` and are not in `b`. */
static const char *flags_missing(struct build *b, const char *a, const char *other)
{
	const char *text = "";

	for (const char *p = strstr(a, " -"); p; p = strstr(p + 1, " -")) {
		size_t n = strcspn(p + 1, " ");

		for (size_t i = 0; i < sizeof(matter) / sizeof(matter[0]); i++)
			if (is_word(p + 1, n, matter[i]) && !is_in(other, p + 1, n) &&
			    !is_in(text, p + 1, n)) {
				text = build_text(b, "%s%s%.*s", text, *text ? " " : "",
						  (int)n, p + 1);
				break;
			}
	}
	return text;
}

/* "GNU 12.2.0": who, and the first word that begins with a digit. */
static const char *compiler_of(struct build *b, const char *producer)
{
	const char *who = strstr(producer, "clang") ? "clang" : "GNU";
	const char *p = producer;

	while (*p && !(isdigit((unsigned char)*p) && p > producer && p[-1] == ' '))
		p++;
	return build_text(b, "%s %.*s", who, (int)strcspn(p, " -+~("), p);
}

static bool is_told(const struct build *b, const char *text)
{
	for (size_t i = 0; i < b->reports.count; i++)
		if (b->reports.report[i].topic == TOPIC_COMPILER &&
		    strcmp(b->reports.report[i].text, text) == 0)
			return true;
	return false;
}

static void tell(struct build *b, const struct replace *r, const char *todo,
		 const char *text)
{
	if (!is_told(b, text))
		build_tell(b, TOPIC_COMPILER, &r->place, r->name, todo, "%s", text);
}

void producer_check(struct build *b, const struct replace *r)
{
	const char *old = facts_producer(b->facts[r->target], r->address);
	const char *name = b->target[r->target]->name, *ours, *theirs;
	const char *todo = b->diff
		? "give the build command, with all of its variables, that the target was made with"
		: "give the flags that the target was made with, by --cflags";

	/* Of what was written in assembly the assembler tells its own version. */
	if (!old || !r->producer || strncmp(old, "GNU AS", 6) == 0)
		return;
	theirs = compiler_of(b, old);
	ours = compiler_of(b, r->producer);
	if (strcmp(theirs, ours) != 0)
		tell(b, r, "make the patch with the compiler that made the target",
		     build_text(b, "%s was made by %s, the patch is by %s: they may lay out data, and count on registers, in other ways",
				name, theirs, ours));
	/* Only GCC says its flags, and not those of link-time optimisation. */
	if (strncmp(old, "GNU C", 5) != 0 || strncmp(r->producer, "GNU C", 5) != 0)
		return;
	theirs = flags_missing(b, old, r->producer);
	ours = flags_missing(b, r->producer, old);
	if (*theirs)
		tell(b, r, todo, build_text(b, "%s was compiled with %s%s%s, the patch was not: old and new code may not agree about data and calls",
					    name, theirs, *ours ? " and without " : "", ours));
	else if (*ours)
		tell(b, r, todo, build_text(b, "the patch was compiled with %s, %s was not: old and new code may not agree about data and calls",
					    ours, name));
}
