/*
 * lex.h - preprocessed C or C++ text as tokens.
 *
 * Included by: builder/, tests/unit/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * Only as much lexing as comparing and editing need: words, numbers, literals,
 * and every other character by itself. Line markers give each token its place
 * in the source, other directives are passed over.
 */
#ifndef OPUS_LEX_H
#define OPUS_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "shelf.h"

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_LITERAL, TOKEN_MARK };

struct token {
	uint32_t at; /* offset in the text */
	uint32_t length;
	uint32_t line; /* in the source */
	uint32_t file; /* index in text.file */
	uint8_t kind;  /* enum token_kind */
};

/* A directive to the compiler that has to do with code or layout. */
struct pragma {
	uint32_t at, length; /* "pragma ...", without the # */
	uint32_t token;	     /* the index of the one that follows */
};

struct text {
	char *bytes; /* ends in NUL; NULL: there is none, or it is on a shelf */
	size_t size;
	struct shelved kept;
	struct token *token;
	size_t tokens;
	struct pragma *pragma;
	size_t pragmas;
	char **file;
	size_t files;
};

/* Read and cut up a file. The caller gives *ret back with text_deinit().
 * Errors: OPUS_UNREADABLE, OPUS_RESOURCE, OPUS_INVALID (over 1 GiB). */
enum opus_code text_read(const char *path, struct text *ret,
			 struct opus_error *err) MUST_CHECK;

/* Cut up `bytes`, which the text then owns. Errors: OPUS_RESOURCE. */
enum opus_code text_init(struct text *t, char *bytes, size_t size,
			 struct opus_error *err) MUST_CHECK;
void text_deinit(struct text *t);

/* The same in steps, for the tokens are many times larger than the text, which is a
 * hundred times larger than what it has for itself: read a file onto a shelf; cut it
 * up, unless it is; go back to what text_load() left. Errors: as above. */
enum opus_code text_load(const char *path, struct shelf *shelf, struct text *ret,
			 struct opus_error *err) MUST_CHECK;
enum opus_code text_cut(struct text *t, struct opus_error *err) MUST_CHECK;
void text_uncut(struct text *t);

/* Of texts that text_load() has read: is there one; are there two, and the same ones? */
bool text_is_there(const struct text *t);
bool text_same(const struct text *a, const struct text *b);

/* Does the word stand anywhere but in [start, end), perhaps in a literal (assembly,
 * the name of an alias)? */
bool text_has_word(const struct text *t, const char *word, uint32_t start, uint32_t end);

/* Index of the first token at or behind an offset; text.tokens if none. */
size_t text_token_at(const struct text *t, size_t offset);

/* Is token `i` spelled like this? False behind the last token. */
bool token_is(const struct text *t, size_t i, const char *spelling);
/* Does it begin attributes, as GCC writes them? */
bool token_is_attribute(const struct text *t, size_t i);
/* Does token `i` stand right behind the one before it? */
bool token_touches(const struct text *t, size_t i);
/* Are the two spelled alike? */
bool token_same(const struct text *a, size_t i, const struct text *b, size_t k);

/* The same of the tokens [i, i_end) of one text and [k, k_end) of another, as many. */
bool tokens_same(const struct text *a, size_t i, size_t i_end, const struct text *b,
		 size_t k, size_t k_end);

/* Token `i` opens a bracket: the index of the token that closes it, or
 * text.tokens if none does. */
size_t token_closing(const struct text *t, size_t i);

/* The same backwards: token `i` closes a bracket. 0 if none opens it. */
size_t token_opening(const struct text *t, size_t i);

/* The first token of the declaration whose declarator holds token `i`; in
 * "static struct { int a; } x, y = { 1 }, z;" `static` for each of them. */
size_t declaration_start(const struct text *t, size_t i);

#endif
