#!/usr/bin/env python3
"""Receivers for the tests of alert outputs: HTTP that fails, delays and repeats; SMTP; syslog.

receivers.py FOLDER: writes the ports into FOLDER/ports as "name port" lines, then what comes:
FOLDER/http (one JSON line a request), FOLDER/mail, FOLDER/syslog (frames, one a line), FOLDER/syslog-tls,
FOLDER/unix. FOLDER/mode says how HTTP answers: "ok", "fail" (503), "refuse" (400), "slow" (3 s), "drop".
"""
import http.server
import json
import os
import socket
import socketserver
import ssl
import sys
import threading
import time

folder = sys.argv[1]
lock = threading.Lock()


def note(name, line):
    with lock, open(os.path.join(folder, name), 'a', encoding='utf-8') as out:
        out.write(line + '\n')


def mode():
    try:
        with open(os.path.join(folder, 'mode'), encoding='utf-8') as at:
            return at.read().strip()
    except OSError:
        return 'ok'


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        said = mode()
        note('http', json.dumps({'path': self.path, 'mode': said, 'body': body,
                                 'headers': {k.lower(): v for k, v in self.headers.items()}}))
        if said == 'slow':
            time.sleep(3)
        if said == 'drop':
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        code = {'fail': 503, 'refuse': 400}.get(said, 200)
        self.send_response(code)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'{}')

    def log_message(self, *arguments):
        pass


class Smtp(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b'\r\n')

    def handle(self):
        self.say('220 test ESMTP')
        envelope = []
        while line := self.rfile.readline().decode().rstrip('\r\n'):
            word = line.split(' ')[0].upper()
            if word == 'EHLO':
                self.wfile.write(b'250-test\r\n250 8BITMIME\r\n')
            elif word == 'DATA':
                self.say('354 go on')
                lines = []
                while (text := self.rfile.readline().decode().rstrip('\r\n')) != '.':
                    lines.append(text)
                note('mail', json.dumps({'envelope': envelope, 'mail': '\n'.join(lines)}))
                envelope = []
                self.say('250 taken')
            elif word == 'QUIT':
                self.say('221 bye')
                return
            else:
                envelope.append(line)
                self.say('250 fine')


class Syslog(socketserver.StreamRequestHandler):
    name = 'syslog'

    def handle(self):
        while True:
            count = b''
            while (byte := self.rfile.read(1)) not in (b' ', b''):
                count += byte
            if not count:
                return
            note(self.name, self.rfile.read(int(count)).decode())


class SyslogTls(Syslog):
    name = 'syslog-tls'


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class TlsServer(Server):
    def get_request(self):
        connection, address = self.socket.accept()
        return self.context.wrap_socket(connection, server_side=True), address

    def handle_error(self, request, client_address):
        pass


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True


ports = {'http': serve(Web(('127.0.0.1', 0), Http)), 'smtp': serve(Server(('127.0.0.1', 0), Smtp)),
         'syslog': serve(Server(('127.0.0.1', 0), Syslog))}
if os.path.exists(os.path.join(folder, 'cert.pem')):
    tls = TlsServer(('127.0.0.1', 0), SyslogTls)
    tls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.context.load_cert_chain(os.path.join(folder, 'cert.pem'), os.path.join(folder, 'key.pem'))
    ports['tls'] = serve(tls)
unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
unix.bind(os.path.join(folder, 'log.sock'))
with open(os.path.join(folder, 'ports.new'), 'w', encoding='utf-8') as out:
    out.write(''.join(f'{name} {port}\n' for name, port in ports.items()))
os.rename(os.path.join(folder, 'ports.new'), os.path.join(folder, 'ports'))
while True:
    note('unix', unix.recv(65536).decode())
