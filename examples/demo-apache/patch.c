/*
 * patch.c - closes CVE-2021-41773 in a running Apache httpd 2.4.68.
 *
 * Called by:  opus-build compile, from examples/demo-apache/run.
 * Runs on:    any thread of httpd.
 * Locks:      takes none, as the functions that it replaces.
 * Signal:     not for handlers.
 *
 * Two exported functions of two files change together. Their text is not
 * repeated here: cut-functions.sh takes it from httpd's own source after the
 * hole was closed there, so what follows is what the vendor would ship. What
 * a patch author writes by hand is the rest of this file.
 *
 * No switch-over can be seen in between: the request that runs through an old
 * function at that moment ends in it, and no thread ever meets a new
 * ap_normalize_path() below an old ap_process_request_internal().
 */
#include <opus-livepatch/patch.h>

#include "apr.h"
#include "apr_lib.h"
#include "apr_strings.h"
#define APR_WANT_STRFUNC
#include "apr_want.h"

#define CORE_PRIVATE
#include "ap_config.h"
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "mod_core.h"
#include "test_char.h"

#undef APLOG_MODULE_INDEX
#define APLOG_MODULE_INDEX AP_CORE_MODULE_INDEX

#define TEST_CHAR(c, f)    (test_char_table[(unsigned char)(c)] & (f))
#define IS_SLASH_OR_NUL(s) (s == '\0' || AP_IS_SLASH(s))

OPUS_PATCH("httpd-traversal", "decode .%2e before ../ is taken out of a path");
OPUS_LABEL("CVE-2021-41773");

/* Static functions of server/request.c that stay as they are. */
extern int decl_die(int status, const char *phase, request_rec *r)
	OPUS_REF(decl_die);
extern int walk_location_and_if(request_rec *r) OPUS_REF(walk_location_and_if);

#include "x2c.inc" /* static; httpd holds no copy of it that can be called */
#include "ap_normalize_path.inc"
OPUS_REPLACE(ap_normalize_path);
#include "ap_process_request_internal.inc"
OPUS_REPLACE(ap_process_request_internal);
