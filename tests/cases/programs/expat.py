"""expat: a shared library, in a program that reads documents for others."""
from case import Attack, Case
from service import Service
from source import Source

FIX = "debian/patches/CVE-2024-45490.patch"
READER = "tests/cases/programs/expat-reader.c"
SOURCE = Source(
    "expat", "2.5.0-1+deb12u2", fixes=[FIX], needs="autoconf automake libtool",
    configure="cd expat && ./buildconf.sh && ./configure --without-docbook "
              "--without-tests --without-examples --without-xmlwf",
    make='make -j"$(nproc)" -C expat/lib', uses=[READER],
    setup=f'gcc $CFLAGS "$TOP/{READER}" -o "$WORK/reader" -Iexpat/lib '
          '-Lexpat/lib/.libs -Wl,-rpath,"$PWD/expat/lib/.libs" -lexpat')


CASES = [Case(
    "13", SOURCE, labels="CVE-2024-45490", fix=FIX,
    targets="expat/lib/.libs/libexpat.so",
    start=lambda: Service(SOURCE.work + "/reader", stdin=True),
    works=lambda service: service.ask("<a><b/></a>") == "parsed",
    attacks=[Attack(lambda service: service.ask("negative"), "^parsed",
                    "^refused: invalid argument")])]
