/*
 * error.c - texts and exit statuses, made from the list in codes.h.
 *
 * Called by:  every part of the project.
 * Runs on:    any thread, but not a signal handler (vsnprintf).
 * Locks:      none.
 * Signal:     unsafe: formats; the tables alone are safe.
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Texts and not pointers: those would have to be relocated at each start. */
struct code_row {
	char name[24];
	int status;
	char json[24];
	char text[64];
};

static const struct code_row code_rows[] = {
#define X(name, status, json, text) {#name, status, json, text},
	OPUS_CODES(X)
#undef X
};

struct reason_row {
	char json[24];
	char text[64];
};

static const struct reason_row reason_rows[] = {
#define X(name, json, text) {json, text},
	OPUS_REASONS(X)
#undef X
};

static const struct code_row *code_find(uint32_t code)
{
	return code < OPUS_CODE_COUNT ? &code_rows[code] : NULL;
}

const char *code_name(uint32_t code)
{
	const struct code_row *row = code_find(code);

	return row ? row->name : "unknown";
}

const char *code_text(uint32_t code)
{
	const struct code_row *row = code_find(code);

	return row ? row->text : "unknown";
}

const char *code_json(uint32_t code)
{
	const struct code_row *row = code_find(code);

	return row ? row->json : "unknown";
}

int code_status(uint32_t code)
{
	const struct code_row *row = code_find(code);

	return row ? row->status : 1;
}

const char *reason_text(uint32_t reason)
{
	return reason < OPUS_REASON_COUNT ? reason_rows[reason].text : "unknown";
}

const char *reason_json(uint32_t reason)
{
	return reason < OPUS_REASON_COUNT ? reason_rows[reason].json : "unknown";
}

void error_clear(struct opus_error *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}

__attribute__((format(printf, 3, 0))) static void
error_format(struct opus_error *err, enum opus_code code, const char *format,
	     va_list args)
{
	error_clear(err);
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), format, args);
}

enum opus_code error_set(struct opus_error *err, enum opus_code code,
			 const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (err) {
		va_start(args, format);
		error_format(err, code, format, args);
		va_end(args);
	}
	errno = saved;
	return code;
}

enum opus_code error_set_errno(struct opus_error *err, enum opus_code code,
			       const char *format, ...)
{
	int saved = errno;
	va_list args;
	size_t len;

	if (err) {
		va_start(args, format);
		error_format(err, code, format, args);
		va_end(args);
		err->sys = saved;
		len = strlen(err->text);
		/* strerrordesc_np: strerror() without its lock and locale. */
		snprintf(err->text + len, sizeof(err->text) - len, ": %s",
			 strerrordesc_np(saved) ? strerrordesc_np(saved)
						: "unknown error");
	}
	errno = saved;
	return code;
}
