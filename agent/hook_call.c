/*
 * hook_call.c - build a call from its description, with libffi.
 *
 * Called by:  update.c, pending.c, control.c.
 * Runs on:    agent thread.
 * Locks:      none; libffi's call interface allocates nothing.
 * Signal:     unsafe: the hook is foreign code.
 */
#include "hook_call.h"

#include <errno.h>
#include <ffi.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"

#define ARGS_MAX 16

union hook_value {
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	double number;
	const char *string;
	void *address;
};

static ffi_type *hook_type(uint32_t type)
{
	switch (type) {
	case PLAN_TYPE_INT32: return &ffi_type_sint32;
	case PLAN_TYPE_UINT32: return &ffi_type_uint32;
	case PLAN_TYPE_INT64: return &ffi_type_sint64;
	case PLAN_TYPE_UINT64: return &ffi_type_uint64;
	case PLAN_TYPE_DOUBLE: return &ffi_type_double;
	default: return &ffi_type_pointer;
	}
}

/* VALUE of "NAME=VALUE" for this name, or NULL. */
static const char *arg_find(const char *args, uint32_t size, const char *name)
{
	size_t length = strlen(name);

	for (uint32_t at = 0; at < size; at += (uint32_t)strlen(args + at) + 1)
		if (strncmp(args + at, name, length) == 0 &&
		    args[at + length] == '=')
			return args + at + length + 1;
	return NULL;
}

static bool value_parse(uint32_t type, const char *text, union hook_value *ret)
{
	char *end = NULL;

	errno = 0;
	switch (type) {
	case PLAN_TYPE_INT32:
		ret->i64 = strtoll(text, &end, 0);
		if (ret->i64 < INT32_MIN || ret->i64 > INT32_MAX)
			return false;
		ret->i32 = (int32_t)ret->i64;
		break;
	case PLAN_TYPE_UINT32:
		ret->u64 = strtoull(text, &end, 0);
		if (ret->u64 > UINT32_MAX)
			return false;
		ret->u32 = (uint32_t)ret->u64;
		break;
	case PLAN_TYPE_INT64:
		ret->i64 = strtoll(text, &end, 0);
		break;
	case PLAN_TYPE_UINT64:
		ret->u64 = strtoull(text, &end, 0);
		break;
	case PLAN_TYPE_DOUBLE:
		ret->number = strtod(text, &end);
		break;
	case PLAN_TYPE_STRING:
		ret->string = text;
		return true;
	default:
		return false; /* an address is not the caller's to choose */
	}
	return errno == 0 && end != text && *end == '\0';
}

static void value_default(const struct patch *p, const struct plan_arg *a,
			  union hook_value *ret)
{
	ret->u64 = a->value;
	if (a->type == PLAN_TYPE_STRING)
		ret->string = plan_string(&p->plan, a->text);
	else if (a->type == PLAN_TYPE_ADDRESS)
		ret->address = (void *)(p->targets[a->target] + a->value);
}

static enum opus_code hook_call(const struct patch *p, const struct plan_hook *h,
				const char *args, uint32_t size,
				struct opus_error *err)
{
	union hook_value values[ARGS_MAX];
	ffi_type *types[ARGS_MAX];
	void *places[ARGS_MAX];
	const char *name = plan_string(&p->plan, h->symbol);
	ffi_arg result = 0;
	ffi_cif cif;

	if (h->args > ARGS_MAX)
		return error_set(err, OPUS_INVALID,
				 "hook %s has more than %d arguments", name, ARGS_MAX);
	for (uint32_t i = 0; i < h->args; i++) {
		const struct plan_arg *a = &p->plan.arg_records[h->arg + i];
		const char *arg = plan_string(&p->plan, a->name);
		const char *given = arg_find(args, size, arg);

		value_default(p, a, &values[i]);
		if (given && !value_parse(a->type, given, &values[i]))
			return error_set(err, OPUS_USAGE,
				"argument %s of hook %s: '%s' is not of type %s",
				arg, name, given, plan_type_name(a->type));
		types[i] = hook_type(a->type);
		places[i] = &values[i];
	}
	if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, h->args, &ffi_type_sint32,
			 types) != FFI_OK)
		return error_set(err, OPUS_INTERNAL, "libffi refuses hook %s", name);
	ffi_call(&cif, FFI_FN((void *)(p->base + h->offset)), &result, places);
	if ((int32_t)result != 0)
		return error_set(err, OPUS_VETO, "%s hook %s of %s says no (%d)",
				 plan_hook_name(h->kind), name, p->name,
				 (int32_t)result);
	return OPUS_OK;
}

enum opus_code hook_call_all(const struct patch *p, enum plan_hook_kind kind,
			     enum plan_where where, const char *args,
			     uint32_t args_size, struct opus_error *err)
{
	for (uint32_t i = 0; i < p->plan.hook_count; i++) {
		const struct plan_hook *h = &p->plan.hook_records[i];
		enum opus_code code;

		if (h->kind != kind || h->where != where)
			continue;
		code = hook_call(p, h, args, args_size, err);
		if (code != OPUS_OK)
			return code;
	}
	return OPUS_OK;
}

enum opus_code hook_check_args(const struct patch *p, const char *args,
			       uint32_t args_size, struct opus_error *err)
{
	for (uint32_t at = 0; at < args_size; at += (uint32_t)strlen(args + at) + 1) {
		const char *sign = strchr(args + at, '=');
		bool known = false;

		for (uint32_t i = 0; sign && i < p->plan.arg_count; i++) {
			const struct plan_arg *a = &p->plan.arg_records[i];
			const char *name = plan_string(&p->plan, a->name);
			union hook_value value;

			if (strlen(name) != (size_t)(sign - (args + at)) ||
			    memcmp(name, args + at, strlen(name)) != 0)
				continue;
			known = true;
			/* Now: after the commit nothing is refused any more. */
			if (!value_parse(a->type, sign + 1, &value))
				return error_set(err, OPUS_USAGE,
					"hook argument '%s' is not of type %s",
					args + at, plan_type_name(a->type));
		}
		if (!known)
			return error_set(err, OPUS_USAGE,
				"the patch has no hook argument '%s'", args + at);
	}
	return OPUS_OK;
}
