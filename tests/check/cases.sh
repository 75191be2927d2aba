#!/usr/bin/env bash
# limit: 1200
# cases.sh - the three of `make cases` that are built fastest. The limit allows
# for the first build on a busy machine; later runs find it in the cache.
exec "$OPUS_TOP/tests/cases/run" dnsmasq memcached mosquitto
