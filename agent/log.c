/*
 * log.c - the last lines of what the agent did, in memory.
 *
 * Called by:  agent thread's files; `opus-send log` reads it.
 * Runs on:    agent thread.
 * Locks:      none: one thread.
 * Signal:     unsafe: formats.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent.h"
#include "arch/x86_64/futex.h"

static struct {
	uint64_t at_ns;
	char text[256];
} lines[LOG_LINES];
static uint32_t written;

void log_line(const char *format, ...)
{
	uint32_t i = written++ % LOG_LINES;
	va_list args;

	lines[i].at_ns = raw_clock(CLOCK_REALTIME);
	va_start(args, format);
	vsnprintf(lines[i].text, sizeof(lines[i].text), format, args);
	va_end(args);
}

bool log_read(uint32_t n, uint64_t *at_ns, char text[256])
{
	uint32_t kept = written < LOG_LINES ? written : LOG_LINES, i;

	if (n >= kept)
		return false;
	i = (written - kept + n) % LOG_LINES;
	*at_ns = lines[i].at_ns;
	memcpy(text, lines[i].text, 256);
	return true;
}
