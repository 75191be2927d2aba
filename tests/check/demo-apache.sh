#!/usr/bin/env bash
# limit: 900
# demo-apache.sh - the demonstration with Apache httpd holds. The limit allows
# for the first build of httpd; later runs find it in the cache.
"$OPUS_TOP/examples/demo-apache/build.sh" || {
	echo "Apache httpd cannot be built here: see the lines above"
	exit 77
}
exec "$OPUS_TOP/examples/demo-apache/run"
