/*
 * output_plan.c - a whole plan, as text.
 *
 * Called by:  output.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Nothing here knows the fields of a plan: they come from the lists of plan.h,
 * so a new field is shown as soon as it exists.
 */
#include <inttypes.h>
#include <string.h>

#include "output.h"

static uint64_t field_value(const struct plan_field *f, const uint8_t *record)
{
	uint64_t value = 0;

	memcpy(&value, record + f->offset, f->size);
	return value;
}

static void print_bytes(const uint8_t *bytes, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("%s", size ? "" : "-");
}

static void print_string(const char *text)
{
	/* Longer than output_clean() takes, perhaps. */
	printf("%s", *text ? "" : "-");
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' ? '?' : *text);
}

static void print_field(const struct plan *p, const struct plan_field *f,
			const uint8_t *record)
{
	uint64_t value = field_value(f, record);

	switch (f->kind) {
	case PLAN_STRING:
		print_string(plan_string(p, (uint32_t)value));
		break;
	case PLAN_BYTES_AT: /* its length is the next field, see plan.h */
		print_bytes(plan_bytes(p, (uint32_t)value),
			    field_value(f + 1, record));
		break;
	case PLAN_ENUM_REF:
		printf("%s", plan_ref_name((uint32_t)value));
		break;
	case PLAN_ENUM_HOOK:
		printf("%s", plan_hook_name((uint32_t)value));
		break;
	case PLAN_ENUM_WHERE:
		printf("%s", plan_where_name((uint32_t)value));
		break;
	case PLAN_ENUM_TYPE:
		printf("%s", plan_type_name((uint32_t)value));
		break;
	case PLAN_INDEX_TARGET:
		printf("%" PRIu64 " (", value);
		print_string(plan_string(p, p->target_records[value].name));
		printf(")");
		break;
	default:
		printf(f->size == 8 ? "0x%" PRIx64 : "%" PRIu64, value);
	}
}

/* A record of many fields takes a line for each, one of few a single line. */
static void print_record(const struct output *out, const struct plan *p,
			 const struct plan_table_info *info, uint32_t number,
			 const uint8_t *record)
{
	bool wide = info->field_count > 3;

	printf("  %u%s", number, wide ? "\n" : " ");
	for (uint32_t k = 0; k < info->field_count; k++) {
		const struct plan_field *f = &info->fields[k];

		printf(wide ? "    %-14s " : " %s ", f->name);
		print_field(p, f, record);
		if (wide)
			printf("  %s%s%s\n", output_dim(out->colour), f->text,
			       output_plain(out->colour));
	}
	if (!wide)
		printf("\n");
}

void output_plan_text(const struct output *out, const struct patch_file *f)
{
	const struct plan *p = &f->plan;

	printf("%s: %zu bytes, plan version %u\ndigest ", output_clean(f->path),
	       f->size, p->header->version);
	print_bytes(p->header->digest, DIGEST_SIZE);
	printf("\n");
	for (int id = 0; id < PLAN_TABLE_STRINGS; id++) {
		const struct plan_table_info *info = plan_table_describe(id);
		const struct plan_table *t = &p->header->table[id];
		const uint8_t *record = (const uint8_t *)p->header + t->offset;

		printf("\n%s%s%s (%u): %s\n", output_bold(out->colour),
		       info->name, output_plain(out->colour), t->count,
		       info->text);
		for (uint32_t i = 0; i < t->count; i++, record += t->size)
			print_record(out, p, info, i, record);
	}
}
