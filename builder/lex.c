/*
 * lex.c - preprocessed C or C++ text as tokens.
 *
 * Called by:  unit.c and what edits its text.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "lex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "image.h"

#define TEXT_MAX (1u << 30)

/* Where the cutting is. */
struct lexer {
	struct text *text;
	size_t at;
	uint32_t line;
	uint32_t file;
	bool failed;
};

static bool is_word_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static bool is_word(char c)
{
	return is_word_start(c) || isdigit((unsigned char)c);
}

static uint32_t file_index(struct lexer *l, const char *name, size_t length)
{
	struct text *t = l->text;
	char **grown;

	for (size_t i = t->files; i-- > 0;)
		if (strlen(t->file[i]) == length &&
		    memcmp(t->file[i], name, length) == 0)
			return (uint32_t)i;
	grown = build_grow(t->file, t->files, sizeof(*grown));
	if (!grown) {
		l->failed = true;
		return 0;
	}
	t->file = grown;
	grown[t->files] = strndup(name, length);
	l->failed |= !grown[t->files];
	return (uint32_t)t->files++;
}

/* Those that are about what the compiler says, not what it makes. */
static bool is_idle_pragma(const char *p, size_t length)
{
	static const char *const idle[] = {
		"GCC diagnostic", "GCC system_header", "GCC poison", "GCC warning",
		"GCC error", "GCC dependency", "clang diagnostic",
		"clang system_header", "clang assume_nonnull", "once", "message",
		"region", "endregion", "mark", "push_macro", "pop_macro", NULL};

	for (size_t i = 0; idle[i]; i++) {
		size_t n = strlen(idle[i]);

		if (length >= n && memcmp(p, idle[i], n) == 0 &&
		    (length == n || !is_word(p[n])))
			return true;
	}
	return false;
}

/* The text from `p` to `end`, if it is a pragma. */
static void lex_pragma(struct lexer *l, const char *p, const char *end)
{
	struct text *t = l->text;
	const char *what = p + strlen("pragma");
	struct pragma *grown;

	if (strncmp(p, "pragma", 6) != 0 || is_word(*what))
		return;
	while (what < end && isspace((unsigned char)*what))
		what++;
	while (end > what && isspace((unsigned char)end[-1]))
		end--;
	if (is_idle_pragma(what, (size_t)(end - what)))
		return;
	grown = build_grow(t->pragma, t->pragmas, sizeof(*grown));
	if (!grown) {
		l->failed = true;
		return;
	}
	t->pragma = grown;
	grown[t->pragmas++] = (struct pragma){
		(uint32_t)(p - t->bytes), (uint32_t)(end - p), (uint32_t)t->tokens};
}

/* A directive, up to its end: a line marker says where the next line is. */
static void lex_directive(struct lexer *l)
{
	const char *p = l->text->bytes + l->at + 1, *quote;
	size_t length = strcspn(l->text->bytes + l->at, "\n");
	const char *end = l->text->bytes + l->at + length;

	l->at += length;
	p += strspn(p, " \t");
	lex_pragma(l, p, end);
	if (strncmp(p, "line", 4) == 0)
		p += 4 + strspn(p + 4, " \t");
	if (!isdigit((unsigned char)*p))
		return;
	/* The newline that follows counts. */
	l->line = (uint32_t)strtoul(p, NULL, 10) - 1;
	quote = memchr(p, '"', (size_t)(end - p));
	if (quote) {
		const char *close = quote + 1;

		while (close < end && *close != '"')
			close += *close == '\\' && close + 1 < end ? 2 : 1;
		l->file = file_index(l, quote + 1, (size_t)(close - quote - 1));
	}
}

/* Length of a literal that starts with a quote at p. */
static size_t literal_length(const char *p)
{
	const char *q = p + 1;

	while (*q && *q != *p && *q != '\n')
		q += *q == '\\' && q[1] ? 2 : 1;
	return (size_t)(q - p) + (*q == *p);
}

/* R"mark( ... )mark" */
static size_t raw_length(const char *p)
{
	size_t mark = strcspn(p + 1, "(");
	const char *q = p + 1 + mark;

	while (*q && (q = strchr(q, ')')) != NULL) {
		if (strncmp(q + 1, p + 1, mark) == 0 && q[1 + mark] == '"')
			return (size_t)(q - p) + mark + 2;
		q++;
	}
	return strlen(p);
}

static size_t number_length(const char *p)
{
	size_t n = 1;

	while (is_word(p[n]) || p[n] == '.' ||
	       (p[n] == '\'' && is_word(p[n + 1])) ||
	       ((p[n] == '+' || p[n] == '-') && strchr("eEpP", p[n - 1])))
		n++;
	return n;
}

static void token_add(struct lexer *l, enum token_kind kind, size_t length)
{
	struct text *t = l->text;
	struct token *grown = build_grow(t->token, t->tokens, sizeof(*grown));

	if (!grown) {
		l->failed = true;
		return;
	}
	t->token = grown;
	grown[t->tokens++] = (struct token){
		.at = (uint32_t)l->at,
		.length = (uint32_t)length,
		.line = l->line,
		.file = l->file,
		.kind = kind,
	};
	for (size_t i = 0; i < length; i++)
		l->line += t->bytes[l->at + i] == '\n';
	l->at += length;
}

static void lex_token(struct lexer *l)
{
	const char *p = l->text->bytes + l->at;
	size_t n = 0;

	if (isdigit((unsigned char)*p) ||
	    (*p == '.' && isdigit((unsigned char)p[1]))) {
		token_add(l, TOKEN_NUMBER, number_length(p));
		return;
	}
	while (is_word(p[n]))
		n++;
	/* u8R"..." and the like are one token with what follows. */
	if ((p[n] == '"' || (p[n] == '\'' && n > 0)) && n <= 3 &&
	    strspn(p, "uULR8") == n) {
		bool raw = n > 0 && p[n - 1] == 'R' && p[n] == '"';

		token_add(l, TOKEN_LITERAL,
			  n + (raw ? raw_length(p + n) : literal_length(p + n)));
	} else if (n > 0) {
		token_add(l, TOKEN_WORD, n);
	} else if (*p == '\'') {
		token_add(l, TOKEN_LITERAL, literal_length(p));
	} else {
		token_add(l, TOKEN_MARK, 1);
	}
}

enum opus_code text_cut(struct text *t, struct opus_error *err)
{
	struct lexer l = {.text = t, .line = 1};
	bool line_start = true;

	if (!text_is_there(t) || t->files)
		return OPUS_OK;
	if (!t->bytes)
		t->bytes = shelved_bytes(&t->kept);
	l.failed = !t->bytes;
	file_index(&l, "", 0);
	while (l.at < t->size && !l.failed) {
		char c = t->bytes[l.at];

		if (c == '\n') {
			l.line++;
			l.at++;
			line_start = true;
		} else if (isspace((unsigned char)c) || c == 0) {
			l.at++;
		} else if (c == '#' && line_start) {
			lex_directive(&l);
		} else {
			line_start = false;
			lex_token(&l);
		}
	}
	return l.failed ? error_set(err, OPUS_RESOURCE, "out of memory") : OPUS_OK;
}

enum opus_code text_init(struct text *t, char *bytes, size_t size,
			 struct opus_error *err)
{
	*t = (struct text){.bytes = bytes, .size = size};
	return text_cut(t, err);
}

static enum opus_code bytes_read(const char *path, char **ret, size_t *size,
				 struct opus_error *err)
{
	uint8_t *data = NULL;
	enum opus_code code = image_read(path, &data, size, err);

	*ret = NULL;
	if (code != OPUS_OK)
		return code;
	if (*size > TEXT_MAX) {
		free(data);
		return error_set(err, OPUS_INVALID, "%s: too large", path);
	}
	*ret = realloc(data, *size + 1);
	if (!*ret) {
		free(data);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	(*ret)[*size] = 0;
	return OPUS_OK;
}

enum opus_code text_read(const char *path, struct text *ret, struct opus_error *err)
{
	char *bytes;
	size_t size;
	enum opus_code code = bytes_read(path, &bytes, &size, err);

	memset(ret, 0, sizeof(*ret));
	return code == OPUS_OK ? text_init(ret, bytes, size, err) : code;
}

enum opus_code text_load(const char *path, struct shelf *shelf, struct text *ret,
			 struct opus_error *err)
{
	CLEANUP(cleanup_free) char *bytes = NULL;
	size_t size;
	enum opus_code code = bytes_read(path, &bytes, &size, err);

	memset(ret, 0, sizeof(*ret));
	if (code == OPUS_OK)
		code = shelf_put(shelf, bytes, size, &ret->kept, err);
	ret->size = ret->kept.size;
	return code;
}

bool text_is_there(const struct text *t)
{
	return t->bytes || t->kept.piece;
}

bool text_same(const struct text *a, const struct text *b)
{
	return shelved_same(&a->kept, &b->kept);
}

void text_uncut(struct text *t)
{
	for (size_t i = 0; i < t->files; i++)
		free(t->file[i]);
	free(t->file);
	free(t->token);
	free(t->pragma);
	if (t->kept.piece)
		free(t->bytes);
	*t = (struct text){.bytes = t->kept.piece ? NULL : t->bytes,
			   .size = t->size,
			   .kept = t->kept};
}

void text_deinit(struct text *t)
{
	text_uncut(t);
	free(t->bytes);
	shelved_deinit(&t->kept);
	memset(t, 0, sizeof(*t));
}

bool text_has_word(const struct text *t, const char *word, uint32_t start, uint32_t end)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < t->tokens; i++) {
		const struct token *k = &t->token[i];

		if (k->at >= start && k->at < end)
			continue;
		if (k->kind == TOKEN_WORD ? token_is(t, i, word)
					  : k->kind == TOKEN_LITERAL &&
						    memmem(t->bytes + k->at, k->length, word, n))
			return true;
	}
	return false;
}

size_t text_token_at(const struct text *t, size_t offset)
{
	size_t low = 0, high = t->tokens;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->token[mid].at < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool token_is(const struct text *t, size_t i, const char *spelling)
{
	size_t n = strlen(spelling);

	return i < t->tokens && t->token[i].length == n &&
	       memcmp(t->bytes + t->token[i].at, spelling, n) == 0;
}

bool token_is_attribute(const struct text *t, size_t i)
{
	return token_is(t, i, "__attribute__") || token_is(t, i, "__attribute");
}

bool token_touches(const struct text *t, size_t i)
{
	return i > 0 && t->token[i - 1].at + t->token[i - 1].length == t->token[i].at;
}

bool token_same(const struct text *a, size_t i, const struct text *b, size_t k)
{
	const struct token *x = &a->token[i], *y = &b->token[k];

	return x->length == y->length &&
	       memcmp(a->bytes + x->at, b->bytes + y->at, x->length) == 0;
}

bool tokens_same(const struct text *a, size_t i, size_t i_end, const struct text *b,
		 size_t k, size_t k_end)
{
	if (i_end - i != k_end - k)
		return false;
	for (; i < i_end; i++, k++)
		if (!token_same(a, i, b, k))
			return false;
	return true;
}

size_t token_closing(const struct text *t, size_t i)
{
	size_t depth = 0;

	for (; i < t->tokens; i++) {
		char c = t->bytes[t->token[i].at];

		if (t->token[i].kind != TOKEN_MARK)
			continue;
		if (strchr("([{", c))
			depth++;
		else if (strchr(")]}", c) && --depth == 0)
			return i;
	}
	return t->tokens;
}

size_t token_opening(const struct text *t, size_t i)
{
	size_t depth = 0;

	for (;; i--) {
		char c = t->bytes[t->token[i].at];

		if (t->token[i].kind == TOKEN_MARK) {
			if (strchr(")]}", c))
				depth++;
			else if (strchr("([{", c) && --depth == 0)
				return i;
		}
		if (i == 0)
			return 0;
	}
}

/* Does the "{" belong to the declaration around it: an initialiser, or the
 * body of a type? */
static bool is_inner_brace(const struct text *t, size_t open)
{
	static const char *const types[] = {"struct", "union", "enum", "class"};

	if (open == 0 || token_is(t, open - 1, "="))
		return true;
	/* struct tag {, struct __attribute__((packed)) { */
	for (size_t i = open; i > 0 && open - i < 16;) {
		i--;
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			if (token_is(t, i, types[k]))
				return true;
		if (token_is(t, i, ")"))
			i = token_opening(t, i);
		else if (t->token[i].kind != TOKEN_WORD && !token_is(t, i, ":"))
			return false;
	}
	return false;
}

size_t declaration_start(const struct text *t, size_t i)
{
	while (i > 0) {
		size_t before = i - 1;

		if (token_is(t, before, ";") || token_is(t, before, "{"))
			break;
		if (token_is(t, before, "}")) {
			size_t open = token_opening(t, before);

			if (!is_inner_brace(t, open))
				break;
			i = open;
		} else if (token_is(t, before, ")") || token_is(t, before, "]")) {
			i = token_opening(t, before);
		} else {
			i = before;
		}
	}
	return i;
}
