/*
 * libxml2-reader.c - compile an XML schema a line, and say what came of it.
 *
 * Called by:  tests/cases/programs/libxml2.py.
 * Runs on:    command; a single thread.
 * Locks:      takes none.
 * Signal:     not for handlers.
 */
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <string.h>

static void be_quiet(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

int main(void)
{
	char line[8192];

	setvbuf(stdout, NULL, _IOLBF, 0);
	xmlSetGenericErrorFunc(NULL, be_quiet);
	while (fgets(line, sizeof(line), stdin)) {
		xmlSchemaParserCtxtPtr parser =
			xmlSchemaNewMemParserCtxt(line, (int)strlen(line));
		xmlSchemaPtr schema = xmlSchemaParse(parser);

		puts(schema ? "compiled" : "refused");
		xmlSchemaFree(schema);
		xmlSchemaFreeParserCtxt(parser);
	}
	return 0;
}
