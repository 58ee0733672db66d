#!/usr/bin/python3
"""An iCalendar feed on standard input, read by a parser that is not libical
(python3-icalendar); its parts as JSON on standard output."""

import datetime
import json
import sys

import icalendar


def plain(value):
    if isinstance(value, (icalendar.vDDDTypes, icalendar.prop.vDDDTypes)):
        value = value.dt
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def members(component):
    return {name: plain(component[name]) for name in component}


calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())

json.dump({
    "calendar": members(calendar),
    "events": [members(event) for event in calendar.walk("VEVENT")],
    "others": [part.name for part in calendar.walk()
               if part.name not in ("VCALENDAR", "VEVENT")],
}, sys.stdout)
