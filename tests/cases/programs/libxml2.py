"""libxml2: a shared library, in a program that compiles schemas for others."""
from case import Attack, Case
from service import Service
from source import Source

FIX = "debian/patches/CVE-2023-28484-Fix-null-deref-in-xmlSchemaFixupCompl.patch"
READER = "tests/cases/programs/libxml2-reader.c"
SOURCE = Source(
    "libxml2", "2.9.14+dfsg-1.3~deb12u6", fixes=[FIX],
    needs="autoconf automake libtool pkg-config",
    configure="autoreconf -fi && ./configure --without-python --without-lzma "
              "--without-zlib --disable-static",
    make='make -j"$(nproc)" libxml2.la', uses=[READER],
    setup=f'gcc $CFLAGS "$TOP/{READER}" -o "$WORK/reader" -Iinclude '
          '-L.libs -Wl,-rpath,"$PWD/.libs" -lxml2')

GOOD = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        '<xs:element name="a" type="xs:int"/></xs:schema>')
# A type with children extends one that has text alone and no child types.
BAD = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
       '<xs:complexType name="Base"><xs:simpleContent>'
       '<xs:extension base="xs:int"/></xs:simpleContent></xs:complexType>'
       '<xs:complexType name="Child"><xs:complexContent>'
       '<xs:extension base="Base"><xs:sequence><xs:element name="e"/>'
       '</xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
       '<xs:element name="a" type="Child"/></xs:schema>')

CASES = [Case(
    "15", SOURCE, labels="CVE-2023-28484", fix=FIX, targets=".libs/libxml2.so",
    start=lambda: Service(SOURCE.work + "/reader", stdin=True),
    works=lambda service: service.ask(GOOD) == "compiled",
    attacks=[Attack(lambda service: service.ask(BAD), "died: SIGSEGV",
                    "^refused")])]
