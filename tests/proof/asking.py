"""Questions to `borderflow serve` by tokens of roles."""
import http.client
import json
import urllib.parse


def query(**pairs):
    return urllib.parse.urlencode([(name, value) for name, values in pairs.items() for value in ([values] if isinstance(values, str) else values)])


class Role:
    def __init__(self, origin, token):
        self.origin = origin
        self.cookie = self.csrf = ''
        _, text, cookie = self.request('POST', '/session', {'token': token})
        self.cookie = cookie.split(';')[0].split('=', 1)[1]
        self.session = json.loads(self.request('GET', '/session')[1])
        self.csrf = self.session['csrf']

    def request(self, method, path, body=None):
        headers = {'Cookie': 'borderflow=' + self.cookie, 'X-CSRF': self.csrf}
        connection = http.client.HTTPConnection(self.origin, timeout=120)
        connection.request(method, '/api/1' + path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.getheader('Set-Cookie') or ''

    def get(self, route, **pairs):
        """The answer; None where it is refused; as text where a format is asked for."""
        status, text, _ = self.request('GET', f'/{route}?{query(**pairs)}')
        return None if status != 200 else text if 'format' in pairs else json.loads(text)

    def post(self, route, body):
        status, text, _ = self.request('POST', '/' + route, body)
        return json.loads(text) if status < 300 else None
