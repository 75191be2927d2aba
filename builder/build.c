/*
 * build.c - opus-build as a list of passes.
 *
 * Called by:  main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     build_interrupted is set by a handler; the rest is unsafe: heap.
 */
#include "build.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "diff.h"
#include "facts.h"
#include "proc.h"

volatile sig_atomic_t build_interrupted;

static build_pass *const passes[] = {
	pass_target,  /* open the targets */
	pass_source,  /* what was given on the command line, or: */
	pass_tree,    /* a private view of the tree */
	pass_unit,    /* build it, apply the diff, preprocess */
	pass_locate,  /* which units are in which target */
	pass_compare, /* the functions that changed */
	pass_relink,  /* and those that link-time optimisation makes otherwise now */
	pass_closure, /* and those that hold their code */
	pass_bring,   /* what those call and the target has no longer */
	pass_emit,    /* as sources in the language of patch.h */
	/* from here on there are sources, whoever wrote them */
	pass_compile, /* sources to objects */
	pass_note,    /* read what the author wrote with patch.h */
	pass_name,    /* the author's names to symbols of the objects */
	pass_resolve, /* find the functions to replace */
	/* from here on each replace has target, address and size */
	pass_range,  /* all of their code, .cold parts included */
	pass_signature, /* same parameters and result as before? */
	pass_inline, /* copies of them elsewhere */
	pass_entry,  /* can a jump be written there? */
	pass_keep,   /* callers that know which registers it leaves alone */
	pass_rename, /* statics of C++ functions as the target names them */
	pass_link,   /* objects to shared object */
	/* from here on the patch is an image in memory */
	pass_function, /* where the new functions are in it */
	pass_hook,     /* hooks, and the defaults of their arguments */
	pass_clone,    /* clones count as old code */
	pass_ref,      /* its references into the targets */
	pass_plan,     /* write the plan into the image */
	pass_output,   /* check it, write it to its place */
};

static int file_remove(const char *path, const struct stat *st, int type,
		       struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	remove(path);
	return 0;
}

static bool pass_is_diff(build_pass *pass)
{
	return pass == pass_tree || pass == pass_unit || pass == pass_locate ||
	       pass == pass_compare || pass == pass_relink || pass == pass_closure ||
	       pass == pass_bring || pass == pass_emit || pass == pass_clone;
}

static bool build_stops(const struct build *b)
{
	return b->reports.refused || (b->reports.warned && b->options->strict);
}

/* A compiler that was told to end as well may still be writing, or removing what it
 * wrote: a folder that is not empty stays. */
static void folder_remove(const char *folder)
{
	for (int i = 0; i < 40; i++) {
		nftw(folder, file_remove, 8, FTW_DEPTH | FTW_PHYS);
		if (access(folder, F_OK) != 0)
			return;
		usleep(50 * 1000);
	}
}

static void build_deinit(struct build *b)
{
	if (b->folder[0])
		folder_remove(b->folder);
	for (size_t i = 0; i < b->targets; i++) {
		facts_destroy(b->facts[i]);
		free(b->edges[i].edge);
		object_close(b->target[i]);
	}
	for (size_t i = 0; i < b->replaces; i++)
		free(b->replace[i].range);
	for (size_t i = 0; i < b->hooks; i++)
		free(b->hook[i].arg);
	for (size_t i = 0; i < b->texts; i++)
		free(b->text[i]);
	free(b->facts);
	free(b->edges);
	free(b->target);
	free(b->replace);
	free(b->ref_note);
	free(b->hook);
	free(b->label);
	free(b->undefined);
	free(b->must);
	if (b->output_folder > 0)
		close(b->output_folder);
	if (b->emit_folder > 0)
		close(b->emit_folder);
	diff_destroy(b->diff, b->targets);
	free(b->source);
	free(b->objects);
	free(b->image);
	free(b->ref);
	free(b->reports.report);
	free(b->text);
}

enum build_status build_run(const struct build_options *options)
{
	struct build b = {.options = options};
	struct build_options own;
	struct opus_error err = {0};
	enum opus_code code = OPUS_OK;
	enum build_status status = BUILD_DONE;

	commands_adopt();
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
		/* Refusals are collected as long as nothing is written. */
		if ((passes[i] == pass_link || passes[i] == pass_emit ||
		     passes[i] == pass_output) &&
		    build_stops(&b))
			break;
		if (!options->diff && pass_is_diff(passes[i]))
			continue;
		if (passes[i] == pass_emit && build_split(&b, &own, &status)) {
			build_deinit(&b);
			return status;
		}
		code = passes[i](&b, &err);
		if (code != OPUS_OK || build_interrupted)
			break;
	}
	if (build_interrupted) {
		commands_end();
		fprintf(stderr, "opus-build: interrupted\n");
		status = BUILD_ERROR;
	} else if (build_stops(&b)) {
		status = BUILD_REFUSED;
	} else if (code == OPUS_ALREADY) {
		fprintf(stderr, "opus-build: %s\n", err.text);
		status = BUILD_NOTHING;
	} else if (code != OPUS_OK) {
		fprintf(stderr, "opus-build: error: %s\n", err.text);
		status = BUILD_ERROR;
	}
	report_print(&b, status, status == BUILD_ERROR || status == BUILD_NOTHING
					 ? err.text
					 : "");
	build_deinit(&b);
	return status;
}

void *build_grow(void *array, size_t count, size_t size)
{
	if (count == 0 || (count & (count - 1)) == 0)
		return realloc(array, (count ? 2 * count : 1) * size);
	return array;
}

const char *build_vtext(struct build *b, const char *format, va_list args)
{
	char **table = build_grow(b->text, b->texts, sizeof(*table));
	char *text = NULL;

	if (!table)
		return "";
	b->text = table;
	if (vasprintf(&text, format, args) < 0)
		return "";
	b->text[b->texts++] = text;
	return text;
}

const char *build_text(struct build *b, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = build_vtext(b, format, args);
	va_end(args);
	return text;
}

void build_progress(struct build *b, const char *what, size_t done, size_t all)
{
	if (b->options->verbose || !isatty(STDERR_FILENO))
		return;
	if (!what)
		fprintf(stderr, "\r\033[K");
	else if (all)
		fprintf(stderr, "\r\033[K%s, %zu of %zu", what, done, all);
	else
		fprintf(stderr, "\r\033[K%s", what);
}

bool build_replaces(const struct build *b, size_t target, uint64_t address)
{
	for (size_t i = 0; i < b->replaces; i++)
		if (b->replace[i].resolved && b->replace[i].target == target &&
		    b->replace[i].address == address)
			return true;
	return false;
}
