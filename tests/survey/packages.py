"""packages.py - how the packages of the survey are built, and what is patched.

Each as its own developers would build it, without documents and tests; the
objects that the package installs are the targets.
"""
J = 'make -j"$(nproc)"'
AUTO = "autoconf automake libtool pkg-config gettext autopoint"
RECONF = "autoreconf -fi && "


def recipe(targets, needs="", configure=":", make=J, options=""):
    """`targets`: paths or glob patterns of what is patched."""
    if options:
        configure += " " + options
    return {"targets": targets.split(), "needs": needs,
            "configure": configure, "make": make}


PACKAGES = {
    "expat": recipe(
        "expat/lib/.libs/libexpat.so expat/xmlwf/.libs/xmlwf", AUTO,
        "cd expat && ./buildconf.sh && ./configure --without-docbook "
        "--without-tests --without-examples --disable-static", J + " -C expat"),
    "libevent": recipe(
        ".libs/libevent_core.so .libs/libevent_extra.so",
        AUTO, RECONF + "./configure --disable-openssl "
        "--disable-libevent-regress --disable-samples --disable-static"),
    "memcached": recipe("memcached", "libevent-dev libsasl2-dev",
                        "./configure --enable-proxy --enable-sasl "
                        "--enable-sasl-pwdb --disable-docs"),
    "dnsmasq": recipe("src/dnsmasq", "nettle-dev libdbus-1-dev libidn2-dev "
                      "pkg-config", make=J + ' CFLAGS="$CFLAGS" '
                      'LDFLAGS="$LDFLAGS" COPTS="-DHAVE_DNSSEC -DHAVE_DBUS '
                      '-DHAVE_LIBIDN2"'),
    "less": recipe("less", "libncurses-dev", "./configure"),
    "wget": recipe("src/wget", "libgnutls28-dev libidn2-dev libpcre2-dev "
                   "libpsl-dev uuid-dev zlib1g-dev pkg-config",
                   "./configure", J + " -C lib && " + J + " -C src"),
    "sudo": recipe("src/sudo plugins/sudoers/.libs/sudoers.so "
                   "plugins/sudoers/.libs/visudo lib/util/.libs/libsudo_util.so",
                   "libpam0g-dev zlib1g-dev", "./configure --with-pam "
                   "--disable-static-sudoers"),
    "rsync": recipe("rsync", "libacl1-dev libattr1-dev libpopt-dev libzstd-dev "
                    "liblz4-dev libxxhash-dev libssl-dev zlib1g-dev python3",
                    "./configure --disable-md2man"),
    "libpng1.6": recipe(".libs/libpng16.so", "zlib1g-dev " + AUTO,
                        RECONF + "./configure --disable-static",
                        J + " libpng16.la"),
    "tiff": recipe("libtiff/.libs/libtiff.so tools/.libs/*",
                   "zlib1g-dev libjpeg-dev liblzma-dev libzstd-dev "
                   "libwebp-dev libdeflate-dev " + AUTO,
                   RECONF + "./configure --disable-static --disable-cxx",
                   J + " -C port && " + J + " -C libtiff && "
                   + J + " -C tools"),
    "libarchive": recipe(".libs/libarchive.so bsdtar bsdcpio bsdcat",
                         "zlib1g-dev libbz2-dev liblzma-dev libxml2-dev "
                         "libacl1-dev liblz4-dev libzstd-dev nettle-dev "
                         + AUTO, "./build/autogen.sh && ./configure "
                         "--disable-static --enable-bsdtar=shared "
                         "--enable-bsdcpio=shared --enable-bsdcat=shared",
                         J + " libarchive.la bsdtar bsdcpio bsdcat"),
    "xz-utils": recipe("src/liblzma/.libs/liblzma.so src/xz/.libs/xz "
                       "src/xzdec/xzdec", AUTO,
                       "./autogen.sh --no-po4a; ./configure --disable-static "
                       "--disable-doc", J + " -C src"),
    "inetutils": recipe("ftpd/ftpd telnetd/telnetd telnet/telnet src/rcp "
                        "src/rlogin src/rsh src/rshd src/uucpd src/inetd "
                        "ftp/ftp", AUTO + " bison texinfo help2man libpam0g-dev "
                        "libncurses-dev", "touch .prev-version; " + RECONF +
                        "./configure", "for d in lib libinetutils libls "
                        "libtelnet libicmp ftpd telnetd telnet src ftp; do "
                        'if [ -d $d ]; then make -j"$(nproc)" -C $d; fi; done'),
    "nghttp2": recipe("lib/.libs/libnghttp2.so", AUTO,
                      RECONF + "./configure --enable-lib-only "
                      "--disable-static", J + " -C lib"),
    "curl": recipe("lib/.libs/libcurl*.so src/.libs/curl",
                   "libssl-dev libnghttp2-dev libssh2-1-dev libidn2-dev "
                   "libpsl-dev librtmp-dev libldap-dev libbrotli-dev "
                   "libkrb5-dev zlib1g-dev " + AUTO,
                   RECONF + "./configure --with-openssl --with-gssapi "
                   "--disable-static --disable-manual --with-libssh2 "
                   "--disable-symbol-hiding", J + " -C lib && " + J +
                   " -C src"),
    "nginx": recipe("objs/nginx", "libpcre2-dev zlib1g-dev libssl-dev "
                    "libxslt1-dev", "./configure --with-http_dav_module "
                    "--with-threads --with-http_ssl_module "
                    "--with-http_v2_module --with-mail --with-mail_ssl_module "
                    "--with-http_mp4_module --with-stream "
                    "--with-stream_ssl_module --with-http_realip_module "
                    '--with-cc-opt="$CFLAGS" --with-ld-opt="$LDFLAGS"'),
    "haproxy": recipe("haproxy", "libssl-dev libpcre2-dev liblua5.3-dev "
                      "zlib1g-dev", make=J + ' TARGET=linux-glibc USE_OPENSSL=1 '
                      'USE_PCRE2=1 CPU_CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" '
                      'haproxy'),
    "mosquitto": recipe("src/mosquitto lib/libmosquitto.so.1 "
                        "client/mosquitto_pub client/mosquitto_sub",
                        "libssl-dev libcjson-dev uuid-dev xsltproc",
                        make=J + " WITH_DOCS=no WITH_STATIC_LIBRARIES=no "
                        'CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" '
                        "-C lib && " + J + " WITH_DOCS=no "
                        'CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" -C src && ' + J +
                        ' WITH_DOCS=no CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" '
                        "-C client"),
    "avahi": recipe("avahi-core/.libs/libavahi-core.so "
                    "avahi-common/.libs/libavahi-common.so "
                    "avahi-daemon/.libs/avahi-daemon "
                    "avahi-client/.libs/libavahi-client.so", AUTO +
                    " libdaemon-dev libexpat1-dev libdbus-1-dev",
                    RECONF + "./configure --with-xml=expat "
                    "--with-distro=debian --disable-static " + " ".join(
                        "--disable-" + name for name in
                        ("glib gobject qt3 qt4 qt5 gtk gtk3 gdbm mono monodoc "
                         "python python-dbus pygobject doxygen-doc manpages "
                         "xmltoman tests autoipd libevent").split()),
                    " && ".join(J + " -C avahi-" + d for d in
                                "common core client daemon".split())),
    "proftpd-dfsg": recipe("proftpd", "libssl-dev openssl libpam0g-dev",
                           "./configure --with-modules=mod_sftp:mod_tls "
                           "--enable-openssl --enable-ctrls --enable-ipv6",
                           "(cd contrib/mod_sftp && ./config.status "
                           "mod_sftp.h) && " + J + " proftpd"),
    # The program's own makefile looks at its libraries only once.
    "redis": recipe("src/redis-server src/redis-cli", "", make="make -C deps "
                    "hiredis linenoise lua hdr_histogram && " + J +
                    " -C src MALLOC=libc USE_SYSTEMD=no "
                    'REDIS_CFLAGS="$CFLAGS" REDIS_LDFLAGS="$LDFLAGS" '
                    "redis-server redis-cli"),
    "unbound": recipe("unbound .libs/libunbound.so",
                      "libssl-dev libexpat1-dev libevent-dev flex bison "
                      "libnghttp2-dev libhiredis-dev", "./configure "
                      "--with-libevent --disable-rpath --enable-subnet "
                      "--enable-cachedb --with-libhiredis --with-libnghttp2 "
                      "--enable-tfo-client --disable-static"),
    "libssh": recipe("build/lib/libssh.so", "cmake libssl-dev zlib1g-dev",
                     "cmake -S . -B build -DCMAKE_BUILD_TYPE=None "
                     "-DWITH_EXAMPLES=OFF", J + " -C build"),
    "freetype": recipe("objs/.libs/libfreetype.so", "zlib1g-dev libpng-dev "
                       "libbrotli-dev libbz2-dev", "./configure "
                       "--disable-static"),
    "minidlna": recipe("minidlnad", AUTO + " libavformat-dev libavutil-dev "
                       "libexif-dev libflac-dev libid3tag0-dev libjpeg-dev "
                       "libsqlite3-dev libvorbis-dev",
                       RECONF + "./configure", J + " minidlnad"),
    "openssl": recipe("libcrypto.so libssl.so apps/openssl", "perl",
                      './Configure linux-x86_64 shared no-tests '
                      'no-static-engine "$CFLAGS"', J + " build_libs && " + J +
                      " apps/openssl"),
    "gnutls28": recipe("lib/.libs/libgnutls.so src/.libs/certtool "
                       "libdane/.libs/libgnutls-dane.so",
                       "nettle-dev libgmp-dev libtasn1-6-dev libp11-kit-dev "
                       "libidn2-dev libunistring-dev zlib1g-dev libbrotli-dev "
                       "libzstd-dev libunbound-dev bison gperf autogen gtk-doc-tools "
                       + AUTO, RECONF + "./configure --disable-doc --disable-tests "
                       "--disable-static --disable-guile --disable-cxx "
                       "--disable-maintainer-mode --disable-gcc-warnings "
                       "--with-default-trust-store-file="
                       "/etc/ssl/certs/ca-certificates.crt",
                       J + " -C gl && " + J + " -C lib && " + J +
                       " -C libdane && " + J + " -C src/gl && " + J +
                       " -C src"),
    "libxml2": recipe(".libs/libxml2.so .libs/xmllint", "zlib1g-dev "
                      "liblzma-dev libicu-dev " + AUTO, RECONF +
                      "./configure --without-python --disable-static "
                      "--with-icu", J + " libxml2.la xmllint"),
    "openssh": recipe("sshd ssh ssh-agent ssh-add ssh-keygen scp sftp "
                      "sftp-server ssh-pkcs11-helper", "autoconf automake "
                      "libssl-dev zlib1g-dev libpam0g-dev libselinux1-dev "
                      "libedit-dev libkrb5-dev libfido2-dev", RECONF +
                      'mkdir -p -m 755 "$WORK/empty" && ./configure '
                      '--with-privsep-path="$WORK/empty" '
                      "--with-privsep-user=nobody --with-pam "
                      "--with-libedit --with-kerberos5 --with-selinux "
                      "--with-security-key-builtin"),
    "dovecot": recipe("src/lib-dovecot/.libs/libdovecot.so "
                      "src/lib-storage/.libs/libdovecot-storage.so "
                      "src/lib-dovecot/.libs/libdovecot-login.so "
                      "src/login-common/.libs/libdovecot-login.so "
                      "src/auth/auth src/imap/imap src/imap-login/imap-login "
                      "src/pop3/pop3 src/lmtp/lmtp src/lda/dovecot-lda "
                      "src/submission/submission src/doveadm/doveadm "
                      "src/doveadm/doveadm-server src/*-login/*-login "
                      "src/lib-dcrypt/.libs/libdcrypt_openssl.so "
                      "src/auth/.libs/*.so src/plugins/*/.libs/*.so "
                      "pigeonhole/src/lib-sieve/.libs/libdovecot-sieve.so "
                      "pigeonhole/src/managesieve/managesieve",
                      "libssl-dev libpam0g-dev libsqlite3-dev libldap-dev "
                      "zlib1g-dev libbz2-dev liblz4-dev libzstd-dev "
                      "libexpat1-dev libicu-dev bison flex " + AUTO,
                      "autoreconf -fi && ./configure --with-ldap=plugin "
                      "--with-sql=plugin --with-sqlite --disable-static"),
    "exim4": recipe("build-*/exim", "libpcre2-dev libdb-dev libgnutls28-dev "
                    "libident-dev libidn2-dev libidn-dev libldap-dev "
                    "libpam0g-dev libsasl2-dev libsqlite3-dev libspf2-dev "
                    "libxt-dev", "mkdir -p Local && patch -o Local/Makefile "
                    "src/EDITME debian/EDITME.exim4-light.diff && printf '%s\\n' "
                    '"CFLAGS=$CFLAGS -fvisibility=hidden" "LFLAGS=$LDFLAGS" '
                    "AUTH_SPA=yes AUTH_CRAM_MD5=yes AUTH_PLAINTEXT=yes "
                    "LOOKUP_DSEARCH=yes LOOKUP_DNSDB=yes WITH_CONTENT_SCAN=yes "
                    "SUPPORT_PROXY=yes EXIM_MONITOR= >>Local/Makefile",
                    J + " FULLECHO=''"),
    "busybox": recipe("busybox_unstripped", "libcrypt-dev",
                      "make defconfig", J + ' CONFIG_EXTRA_CFLAGS="$CFLAGS"'),
    "ntpsec": recipe("build/main/ntpd/ntpd", "python3-dev bison libcap-dev "
                     "libssl-dev pps-tools", "./waf configure "
                     "--disable-doc --enable-debug-gdb --refclock=all "
                     "--nopyo --nopyc",
                     "./waf build --disable-doc"),
    "krb5": recipe("src/lib/krb5/libkrb5.so src/lib/gssapi/libgssapi_krb5.so "
                   "src/kdc/krb5kdc src/kadmin/server/kadmind "
                   "src/lib/kadm5/srv/libkadm5srv_mit.so "
                   "src/lib/rpc/libgssrpc.so src/lib/crypto/libk5crypto.so "
                   "src/lib/kdb/libkdb5.so", "bison libssl-dev libkeyutils-dev "
                   "libverto-dev comerr-dev ss-dev libldap-dev " + AUTO,
                   "cd src && autoreconf -fi && ./configure "
                   "--with-system-et --with-system-ss --with-ldap "
                   "--with-crypto-impl=openssl --disable-rpath",
                   J + " -C src"),
    "vim": recipe("src/vim", "libncurses-dev libacl1-dev libselinux1-dev",
                  "./configure --with-features=huge --enable-gui=no "
                  "--without-x --disable-gpm --enable-acl --enable-selinux "
                  "--disable-canberra --disable-libsodium", J + " -C src vim"),
    "cups": recipe("cups/libcups.so.2 scheduler/cupsd cups/libcupsimage.so.2 "
                   "backend/ipp backend/dnssd cgi-bin/*.cgi filter/rastertopwg "
                   "filter/rastertoepson systemv/lpadmin", "libgnutls28-dev "
                   "libavahi-client-dev libdbus-1-dev libpam0g-dev "
                   "libpaper-dev libsystemd-dev libusb-1.0-0-dev libkrb5-dev "
                   "zlib1g-dev " + AUTO, "autoconf -f && ./configure "
                   "--with-tls=gnutls --enable-dbus", J + " libs && " + J +
                   " -C ppdc libcupsppdc.a && " + J + " -C scheduler && " +
                   J + " -C backend && " + J + " -C cgi-bin && " + J +
                   " -C filter && " + J + " -C systemv"),
    # Patches change its Makefile.am: it has to make its makefiles again. They
    # change headers of all units, too: ccache knows the state with all patches.
    "squid": recipe("src/squid", "autoconf automake libtool libtool-bin "
                    "libltdl-dev pkg-config g++ gawk ed ccache",
                    "autoreconf -fi && CC='ccache gcc' CXX='ccache g++' "
                    "./configure --disable-shared --enable-maintainer-mode "
                    "--enable-auth-digest=file --enable-storeio=ufs "
                    "--with-default-user=nobody --with-swapdir=/nonexistent "
                    + " ".join("--without-" + name for name in (
                        "gnutls openssl systemd xml2 expat mit-krb5 "
                        "ldap").split()) + " " + " ".join(
                            "--disable-" + name for name in (
                                "arch-native esi ecap snmp htcp wccp wccpv2 "
                                "icap-client translation auto-locale "
                                "strict-error-checking external-acl-helpers "
                                "url-rewrite-helpers storeid-rewrite-helpers "
                                "eui security-cert-validators "
                                "security-cert-generators auth-basic auth-ntlm "
                                "auth-negotiate").split()),
                    "for d in compat lib libltdl src; do [ ! -d $d ] || "
                    + J + " -C $d; done"),
    # As in Debian, what python3.11-minimal has is part of the interpreter.
    # Not the modules of its tests, which Debian puts aside.
    "python3.11": recipe("python build/lib.*/[!_]*.so build/lib.*/_[!t]*.so",
                         "libssl-dev zlib1g-dev "
                         "libbz2-dev liblzma-dev libffi-dev libexpat1-dev",
                         "sed -n \"s/^#\\($(awk -v ORS='\\\\|' "
                         "'$2 == \"extension\" {print $1}' "
                         "debian/PVER-minimal.README.Debian.in)XX\\) /"
                         "\\1 /p\" Modules/Setup >Modules/Setup.local && "
                         "./configure --without-ensurepip --with-system-expat "
                         "--with-dbmliborder=", J + " python && make sharedmods"),
    # As in Debian, /usr/bin/perl has all in it, and libperl is for others.
    "perl": recipe("build-static/perl build-shared/libperl.so.5.36.0",
                   "libdb-dev libgdbm-dev libgdbm-compat-dev libbz2-dev "
                   "zlib1g-dev",
                   "bash debian/gen-patchlevel -p DEBPKG: -v 5.36 "
                   "debian/patches/series >patchlevel-debian.h && "
                   "bash debian/config.debian --static && "
                   "bash debian/config.debian --shared && "
                   "ln -s libperl.so.5.36.0 build-shared/libperl.so.5.36 && "
                   "ln -s libperl.so.5.36 build-shared/libperl.so && "
                   "for d in static shared; do "
                   "ln -s ../patchlevel-debian.h build-$d; done",
                   J + " -C build-static perl && " +
                   J + " -C build-shared SHRPLDFLAGS='$(LDDLFLAGS) "
                   "-Wl,-soname,libperl.so.5.36' perl"),
    "glibc": recipe("build/libc.so build/elf/ld.so build/nscd/nscd "
                    "build/iconvdata/*.so", "gettext bison gawk python3 "
                    "linux-libc-dev libselinux1-dev libaudit-dev libcap-dev",
                    # What Debian hands over by a file, so do we: configure
                    # wants no fortified string functions in its own tests.
                    "mkdir build && cd build && printf '%s\\n' "
                    "'CFLAGS = -pipe -O2 -g' 'ASFLAGS = -pipe -O2 -g' "
                    "'LDFLAGS =' 'rtlddir = /lib64' "
                    "'slibdir = /lib/x86_64-linux-gnu' "
                    "'libdir = /usr/lib/x86_64-linux-gnu' >configparms && "
                    "env -u CFLAGS -u CXXFLAGS -u LDFLAGS "
                    "CC='gcc -Wl,--hash-style=both' CXX=: AUTOCONF=false "
                    "MAKEINFO=: ../configure --prefix=/usr --without-selinux "
                    "--disable-crypt --enable-stackguard-randomization "
                    "--enable-stack-protector=strong --enable-multi-arch",
                    "unset CFLAGS CXXFLAGS LDFLAGS; " + " && ".join(
                        J + " -C build " + part for part in
                        "lib iconvdata/others nscd/others".split())),
    # The part of it that the patches are about, without what needs more.
    "systemd": recipe("build/systemd build/systemd-machined build/udevadm "
                      "build/systemd-nspawn build/src/udev/*_id "
                      "build/src/core/libsystemd-core-252.so "
                      "build/src/shared/libsystemd-shared-252.so",
                      "meson ninja-build gperf python3-jinja2 libcap-dev "
                      "libcrypt-dev libpam0g-dev libselinux1-dev libacl1-dev "
                      "libaudit-dev libapparmor-dev liblzma-dev liblz4-dev "
                      "libzstd-dev libkmod-dev libblkid-dev libmount-dev "
                      "libseccomp-dev libssl-dev libidn2-dev libpcre2-dev",
                      "meson setup build "
                      "--prefix=/usr --buildtype=plain -Dmode=release "
                      "-Drootlibdir=/usr/lib/x86_64-linux-gnu "
                      "-Dsplit-usr=true -Dlink-udev-shared=false "
                      "-Dcryptolib=openssl -Dgnutls=false " + " ".join(
                          f"-D{name}=false" for name in
                          ("man tests translations efi glib elfutils p11kit"
                           ).split()),
                      'ninja -j"$(nproc)" -C build systemd systemd-machined '
                      "udevadm systemd-nspawn " + " ".join(
                          "src/udev/" + name for name in
                          ("scsi_id v4l_id dmi_memory_id".split()))),
    # Modules, and what they and the daemons share; without what needs more.
    # The system's python, whose headers and modules it builds with.
    "samba": recipe("bin/smbd bin/nmbd bin/rpcd_lsad bin/testparm "
                    "bin/modules/*/*.so bin/shared/*.so.* "
                    "bin/shared/private/*.so*", "bison flex "
                    "libparse-yapp-perl libjson-perl libtalloc-dev "
                    "python3-talloc-dev libtevent-dev libtdb-dev python3-tdb "
                    "libacl1-dev libgnutls28-dev libjansson-dev libldap2-dev "
                    "liblmdb-dev libpam0g-dev libpopt-dev libtasn1-6-dev "
                    "libtasn1-bin python3-dev libcap-dev libdbus-1-dev "
                    "libkeyutils-dev libreadline-dev libbsd-dev "
                    "python3-dnspython python3-markdown",
                    "export PATH=/usr/bin:$PATH PYTHONHASHSEED=1; ./configure "
                    "--prefix=/usr --enable-fhs --sysconfdir=/etc "
                    "--localstatedir=/var --disable-rpath "
                    "--disable-rpath-install "
                    "--bundled-libraries=NONE,pytevent,ldb "
                    "--with-shared-modules=vfs_dfs_samba4 " + " ".join(
                        "--without-" + name for name in
                        "gpgme libarchive systemd quotas winexe".split())
                    + " " + " ".join(
                        "--disable-" + name for name in (
                            "cups iprint avahi glusterfs cephfs spotlight"
                        ).split()),
                    "export PATH=/usr/bin:$PATH PYTHONHASHSEED=1; "
                    'buildtools/bin/waf build -j"$(nproc)" --targets='
                    "ldb_dirsync,service_nbtd,vfs_streams_xattr,vfs_worm,"
                    "smbd/smbd,nmbd,rpcd_lsad,testparm"),
}
