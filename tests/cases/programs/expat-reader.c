/*
 * expat-reader.c - read an XML document a line, and say what came of it.
 *
 * Called by:  tests/cases/programs/expat.py.
 * Runs on:    command; a single thread.
 * Locks:      takes none.
 * Signal:     not for handlers.
 *
 * The line "negative" is the attack: a length below zero (CVE-2024-45490).
 */
#include <expat.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char line[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		XML_Parser parser = XML_ParserCreate(NULL);
		enum XML_Status status;

		if (!strcmp(line, "negative\n")) {
			XML_GetBuffer(parser, 64);
			status = XML_ParseBuffer(parser, -1, 0);
		} else {
			status = XML_Parse(parser, line, (int)strlen(line), 1);
		}
		if (status == XML_STATUS_OK)
			puts("parsed");
		else
			printf("refused: %s\n",
			       XML_ErrorString(XML_GetErrorCode(parser)));
		XML_ParserFree(parser);
	}
	return 0;
}
