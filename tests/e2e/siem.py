#!/usr/bin/env python3
"""What ready folders for SIEMs say of events.

siem.py elastic TEMPLATE EVENTS   every field of every event is mapped, with a value that its type takes
siem.py wazuh RULES EVENTS        the rule that each event ends in, as Wazuh goes through them: "ID LEVEL" a line
siem.py ids RULES                 every identifier of a rule, one a line
"""
import datetime
import ipaddress
import json
import re
import sys
import xml.etree.ElementTree as tree


def takes(kind, value):
    if kind == 'long':
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == 'boolean':
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind in ('date', 'date_nanos'):
        datetime.datetime.fromisoformat(re.sub(r'\.(\d{6})\d*Z$', r'.\1+00:00', value))
    if kind == 'ip':
        ipaddress.ip_address(value)
    return True


def unmapped(properties, event, path=''):
    for name, value in event.items():
        mapped = properties.get(name)
        if mapped is None:
            yield path + name
        elif 'properties' in mapped:
            yield from unmapped(mapped['properties'], value, path + name + '.')
        else:
            for item in value if isinstance(value, list) else [value]:
                if not takes(mapped['type'], item):
                    yield f'{path}{name} is {item!r}, not {mapped["type"]}'


def flatten(event, path=''):
    for name, value in event.items():
        if isinstance(value, dict):
            yield from flatten(value, path + name + '.')
        else:
            yield path + name, json.dumps(value) if isinstance(value, (bool, list)) else str(value)


def matches(rule, fields):
    return all(re.search(field.text, fields.get(field.get('name'), '')) for field in rule.findall('field'))


def last_rule(rules, fields, parent=None):
    """Siblings of level 0 are asked first, then the highest level; then the children of the one that matches."""
    siblings = [rule for rule in rules
                if (parent is None and rule.find('if_sid') is None)
                or (parent is not None and rule.find('if_sid') is not None
                    and parent.get('id') in rule.findtext('if_sid').split(','))]
    for rule in sorted(siblings, key=lambda rule: (rule.get('level') != '0', -int(rule.get('level')))):
        if matches(rule, fields):
            return last_rule(rules, fields, rule)
    return parent


def events_of(path):
    with open(path, encoding='utf-8') as at:
        return [json.loads(line) for line in at if line.strip()]


what, table = sys.argv[1:3]
if what == 'elastic':
    with open(table, encoding='utf-8') as at:
        mapped = json.load(at)['template']['mappings']['properties']
    wrong = {found for event in events_of(sys.argv[3]) for found in unmapped(mapped, event)}
    print('\n'.join(sorted(wrong)))
    sys.exit(bool(wrong))
rules = list(tree.parse(table).getroot().iter('rule'))
for rule in rules if what == 'ids' else []:
    print(rule.get('id'))
for event in events_of(sys.argv[3]) if what == 'wazuh' else []:
    rule = last_rule(rules, dict(flatten(event)))
    print(rule.get('id'), rule.get('level'))
