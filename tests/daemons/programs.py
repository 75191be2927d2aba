"""How each daemon is started: its command, and the files that it wants.

{D} is an empty folder of its own, {P} a free port on loopback.
"""

CONFIGS = {
    "named": 'options {{ directory "{D}"; listen-on port {P} {{ 127.0.0.1; }}; '
             'listen-on-v6 {{ none; }}; pid-file none; session-keyfile none; '
             'managed-keys-directory "{D}"; }}; controls {{ }};\n',
    "haproxy": "global\n nbthread 4\ndefaults\n mode http\n timeout client 5s\n"
               " timeout server 5s\n timeout connect 5s\n"
               "frontend f\n bind 127.0.0.1:{P}\n",
    "lighttpd": 'server.document-root="{D}"\nserver.port={P}\n'
                'server.bind="127.0.0.1"\n',
    "php-fpm": "[global]\nerror_log={D}/log\n[www]\nuser=nobody\ngroup=nogroup\n"
               "listen=127.0.0.1:{P}\npm=static\npm.max_children=3\n",
    "proftpd": "ServerType standalone\nPort {P}\nDefaultAddress 127.0.0.1\n"
               "PidFile {D}/pid\nScoreboardFile none\nUser nobody\nGroup nogroup\n",
    "slapd": "include /etc/ldap/schema/core.schema\nmoduleload back_mdb\n"
             "pidfile {D}/pid\ndatabase mdb\nsuffix dc=x\ndirectory {D}\n",
    "unbound": 'server:\n interface: 127.0.0.1@{P}\n chroot: ""\n username: ""\n'
               ' num-threads: 4\n pidfile: "{D}/pid"\n',
    "rsyslogd": 'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" '
                'port="{P}")\n*.* {D}/log\n',
    "smbd": "[global]\nsmb ports={P}\nbind interfaces only=yes\ninterfaces=lo\n"
            + "".join(f"{kind} directory={{D}}\n" for kind in
                      ("lock", "state", "cache", "pid")) +
            "private dir={D}\nncalrpc dir={D}/n\n",
    "cupsd": "Listen 127.0.0.1:{P}\n",
    "chronyd": "local stratum 10\nallow 127.0.0.1\nport {P}\ncmdport 0\n"
               "bindcmdaddress {D}/s\npidfile {D}/pid\n",
    "knotd": "server:\n  rundir: {D}\n  listen: 127.0.0.1@{P}\n"
             "database:\n  storage: {D}\n",
    "nsd": 'server:\n ip-address: 127.0.0.1@{P}\n zonesdir: "{D}"\n'
           ' pidfile: "{D}/pid"\n database: ""\n xfrdfile: "{D}/x"\n'
           ' zonelistfile: "{D}/z"\n username: ""\n server-count: 3\n',
    "kamailio": 'loadmodule "sl.so"\nrequest_route {{ drop; }}\n',
    "stunnel": "foreground=yes\npid=\n[x]\naccept=127.0.0.1:{P}\nconnect=9\n"
               "ciphers=PSK\nPSKsecrets={D}/psk\n",
    "snmpd": "rocommunity x\n",
    "ngircd": "[Global]\nName=a.b\nPorts={P}\nListen=127.0.0.1\nServerUID=root\n",
    "dovecot": "base_dir={D}/run\nlog_path={D}/log\nssl=no\nprotocols=imap\n"
               "listen=127.0.0.1\nmail_location=maildir:~/M\n"
               "service imap-login {{\n process_min_avail=2\n service_count=0\n"
               " inet_listener imap {{\n  port={P}\n }}\n"
               " inet_listener imaps {{\n  port=0\n }}\n}}\n"
               "passdb {{\n driver=static\n args=nopassword=y\n}}\n"
               "userdb {{\n driver=static\n"
               " args=uid=nobody gid=nogroup home={D}\n}}\n",
}

CONFIGS["chronyd-filter"] = CONFIGS["chronyd"]

HTTP = "http.server.ThreadingHTTPServer(('127.0.0.1',{P}),http.server." \
       "SimpleHTTPRequestHandler).serve_forever()"

# Name, package, command. {C} is the file of CONFIGS. Those without {P} in either
# have no port that can be connected to. More words are for opus-send.
DAEMONS = [
    ("named", "bind9", ["named", "-f", "-c", "{C}"]),
    ("haproxy", "haproxy", ["haproxy", "-W", "-f", "{C}"]),
    ("lighttpd", "lighttpd", ["lighttpd", "-D", "-f", "{C}"]),
    ("php-fpm", "php8.2-fpm", ["php-fpm8.2", "-F", "-y", "{C}"]),
    ("varnish", "varnish", ["varnishd", "-F", "-a", "127.0.0.1:{P}", "-b",
                            "127.0.0.1:9", "-n", "{D}/n"]),
    ("proftpd", "proftpd-core", ["proftpd", "-n", "-c", "{C}"]),
    ("slapd", "slapd", ["slapd", "-d", "0", "-h", "ldap://127.0.0.1:{P}",
                        "-f", "{C}"]),
    ("unbound", "unbound", ["unbound", "-d", "-c", "{C}"]),
    ("dnsmasq", "dnsmasq-base", ["dnsmasq", "-k", "-p", "{P}", "-u", "root",
                                 "--listen-address=127.0.0.1",
                                 "--bind-interfaces", "--pid-file={D}/pid",
                                 "-C", "/dev/null"]),
    ("mosquitto", "mosquitto", ["mosquitto", "-p", "{P}"]),
    ("rsyslogd", "rsyslog", ["rsyslogd", "-n", "-i", "{D}/pid", "-f", "{C}"]),
    ("node", "nodejs", ["/usr/bin/node", "-e",
                        "require('http').createServer((q,r)=>r.end('x'))"
                        ".listen({P},'127.0.0.1')"]),
    ("node-busy", "nodejs", ["/usr/bin/node", "-e",
                             "setInterval(()=>{{let a=[];for(let i=0;i<1e5;i++)"
                             "a.push({{i}})}},1)"]),
    ("ruby", "ruby", ["/usr/bin/ruby", "-rsocket", "-e",
                      "s=TCPServer.new('127.0.0.1',{P}); 4.times{{Thread.new{{"
                      "loop{{sleep 0.001; (1..1000).map{{|x|x.to_s}}}}}}}}; "
                      "loop{{s.accept.close}}"]),
    ("python", "python3", ["/usr/bin/python3", "-c",
                           "import http.server,faulthandler\n"
                           "faulthandler.enable()\n" + HTTP]),
    ("smbd", "samba", ["smbd", "-F", "--no-process-group", "-s", "{C}"]),
    ("cupsd", "cups-daemon", ["cupsd", "-f", "-c", "{C}"]),
    ("chronyd", "chrony", ["chronyd", "-d", "-x", "-u", "root", "-f", "{C}"]),
    # Its filter kills for whatever it does not know, gettid(2) among it.
    ("chronyd-filter", "chrony", ["chronyd", "-F", "1", "-d", "-x", "-u", "root",
                                  "-f", "{C}"], "--suspend-seccomp"),
    ("knotd", "knot", ["knotd", "-c", "{C}"]),
    ("nsd", "nsd", ["nsd", "-d", "-c", "{C}"]),
    ("kamailio", "kamailio", ["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-l",
                              "tcp:127.0.0.1:{P}", "-f", "{C}"]),
    ("tor", "tor", ["tor", "--SocksPort", "{P}", "--DataDirectory", "{D}/t",
                    "--DisableNetwork", "1", "--ignore-missing-torrc", "-f",
                    "{D}/none", "--defaults-torrc", "{D}/none"]),
    ("transmission", "transmission-daemon", ["transmission-daemon", "-f", "-g",
                                             "{D}/t", "-p", "{P}"]),
    ("stunnel", "stunnel4", ["stunnel4", "{C}"]),
    ("snmpd", "snmpd", ["snmpd", "-f", "-Lf", "{D}/log", "-C", "-c", "{C}",
                        "tcp:127.0.0.1:{P}"]),
    ("erlang", "erlang-base", ["erl", "-noshell", "-eval",
                               "[spawn(fun F() -> lists:seq(1,1000), "
                               "timer:sleep(1), F() end) || _ <- lists:seq(1,50)]"
                               ", receive x -> x end."]),
    ("exim", "exim4-daemon-light", ["exim4", "-bdf", "-oX", "127.0.0.1:{P}",
                                    "-oP", "{D}/pid"]),
    ("qemu", "qemu-system-x86", ["qemu-system-x86_64", "-machine", "q35", "-m",
                                 "64", "-display", "none", "-smp", "2", "-accel",
                                 "tcg,thread=multi"]),
    ("qemu-sandbox", "qemu-system-x86", ["qemu-system-x86_64", "-machine", "q35",
                                         "-m", "64", "-display", "none",
                                         "-sandbox", "on"]),
    ("turnserver", "coturn", ["turnserver", "-n", "-L", "127.0.0.1", "-p", "{P}",
                              "--no-cli", "--no-tls", "--no-dtls", "--pidfile",
                              "{D}/pid", "--log-file", "stdout"]),
    ("gunicorn", "gunicorn", ["gunicorn", "-w", "2", "--threads", "2", "-b",
                              "127.0.0.1:{P}", "--chdir", "{D}", "app:app"]),
    ("ngircd", "ngircd", ["ngircd", "-n", "-f", "{C}"]),
    ("dovecot", "dovecot-imapd", ["dovecot", "-F", "-c", "{C}"]),
]

FILES = {
    "stunnel": {"psk": "a:" + "0" * 32 + "\n"},
    "gunicorn": {"app.py": "def app(e, s):\n    s('200 OK', [])\n"
                           "    return [b'x']\n"},
}
