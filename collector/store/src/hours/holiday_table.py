"""Writes holidays.txt: the public holidays, half days and working weekends of every country that PyPI's `holidays` knows.

Run it with the version below, and say in the change what moved:

    python3 -m venv /tmp/holidays && /tmp/holidays/bin/pip install holidays==0.108
    /tmp/holidays/bin/python collector/store/src/hours/holiday_table.py > collector/store/src/hours/holidays.txt

A line is one of
    #...                           a remark; the first lines carry version, source and licence
    years FIRST LAST               the years that the table covers
    country CODE NAME              begins a country (ISO 3166-1)
    part CODE NAME                 a part of it with days of its own (ISO 3166-2 without the country); NAME may be missing
    off|half|work WHERE NAME|DAYS  days off, days with a shorter day, weekend days that are worked. WHERE is `*` for the
                                   whole country and every part, or codes of parts with commas, where `-` is the country
                                   itself. DAYS are MMDD for every year of the table, else YYMMDD, with spaces.
"""

import datetime
import re
import sys

import holidays
from holidays import registry

VERSION = "0.108"
FIRST, LAST = 2025, 2034
YEARS = range(FIRST, LAST + 1)
# What people call a country, where the class of the source is called otherwise.
NAMES = {
    "AX": "Åland Islands", "BA": "Bosnia and Herzegovina", "BQ": "Caribbean Netherlands", "CC": "Cocos Islands",
    "CD": "Congo, Democratic Republic", "CG": "Congo", "CI": "Côte d'Ivoire", "CW": "Curaçao", "CZ": "Czechia", "GB": "United Kingdom",
    "GS": "South Georgia", "GW": "Guinea-Bissau", "HM": "Heard and McDonald Islands", "IM": "Isle of Man", "PS": "Palestine",
    "RE": "Réunion", "ST": "São Tomé and Príncipe", "TF": "French Southern Territories", "TL": "Timor-Leste",
    "TR": "Türkiye", "UM": "United States Minor Outlying Islands", "US": "United States", "BL": "Saint Barthélemy",
}


def spaced(name):
    """`NewZealand` as `New Zealand`, with small words small."""
    words = re.findall(r"[A-Z][a-z]*", name)
    return " ".join(word.lower() if word in ("And", "Of", "The") and place else word for place, word in enumerate(words))


def part_name(aliases, code):
    """The first and longest-known name of a part; empty where the source has none."""
    for name, of in aliases.items():
        if of == code and len(name) > 3:
            return name
    return ""


def calendar(country, part, category):
    language = {"language": "en_US"}
    probe = holidays.country_holidays(country)
    if "en_US" not in probe.supported_languages:
        english = [tag for tag in probe.supported_languages if tag.startswith("en")]
        language = {"language": english[0]} if english else {}
    if category not in probe.supported_categories:
        return {}, set()
    found = holidays.country_holidays(country, subdiv=part, years=YEARS, categories=(category,), **language)
    worked = {day for day in getattr(found, "weekend_workdays", set()) if FIRST <= day.year <= LAST}
    return {day: name for day, name in found.items() if FIRST <= day.year <= LAST}, worked


def days_of(country, part):
    """(kind, name) -> days, for one part or the country itself (None)."""
    days = {}
    public, worked = calendar(country, part, "public")
    for day, names in public.items():
        days.setdefault(("off", names.replace("; ", ", ").replace("|", "/")), set()).add(day)
    for day, names in calendar(country, part, "half_day")[0].items():
        if day not in public:
            days.setdefault(("half", names.replace("; ", ", ").replace("|", "/")), set()).add(day)
    if worked:
        days[("work", "Working weekend")] = worked
    return days


def shortened(days):
    """What is the same every year as MMDD, the rest as YYMMDD."""
    per_day = {}
    for day in days:
        per_day.setdefault((day.month, day.day), set()).add(day.year)
    every = {key for key, years in per_day.items() if len(years) == len(YEARS)}
    texts = [f"{month:02}{day:02}" for month, day in sorted(every)]
    texts += [f"{day:%y%m%d}" for day in sorted(days) if (day.month, day.day) not in every]
    return " ".join(texts)


def written(country, name):
    probe = holidays.country_holidays(country)
    aliases = getattr(probe, "subdivisions_aliases", {}) or {}
    of_country = days_of(country, None)
    own = {}
    for part in probe.subdivisions:
        days = days_of(country, part)
        if days != of_country:
            own[part] = days
    lines = [f"country {country} {name}"]
    for part in sorted(own):
        code = part.replace(" ", "_").replace(",", "")
        lines.append(f"part {code} {part_name(aliases, part)}".rstrip())
    # (kind, name, day) -> where it is.
    where = {}
    for part, days in [(None, of_country), *own.items()]:
        for (kind, of), found in days.items():
            for day in found:
                code = "-" if part is None else part.replace(" ", "_").replace(",", "")
                where.setdefault((kind, of, day), []).append(code)
    whole = len(own) + 1
    grouped = {}
    for (kind, of, day), places in where.items():
        key = "*" if len(places) == whole else ",".join(sorted(places))
        grouped.setdefault((kind, of, key), set()).add(day)
    order = {"off": 0, "half": 1, "work": 2}
    for (kind, of, key), days in sorted(grouped.items(), key=lambda item: (order[item[0][0]], min(item[1]), item[0])):
        lines.append(f"{kind} {key} {of}|{shortened(days)}")
    return lines


def main():
    if holidays.__version__ != VERSION:
        sys.exit(f"this writes the table of holidays {VERSION}, not of {holidays.__version__}")
    print(f"# Public holidays, made by holiday_table.py from PyPI holidays {VERSION}. Do not edit: own days of a site win.")
    print("# Source: https://github.com/vacanza/holidays. Copyright (c) Vacanza Team and individual contributors,")
    print("# (c) dr-prodigy, 2017-2023, (c) ryanss, 2014-2017. MIT licence: permission is granted, free of charge, to deal in the")
    print("# software without restriction, provided that this notice is kept. It is provided as is, without warranty of any kind.")
    print(f"years {FIRST} {LAST}")
    names = {entity[1]: spaced(entity[0]) for entity in registry.COUNTRIES.values()}
    for country in sorted(holidays.list_supported_countries(include_aliases=False)):
        print("\n".join(written(country, NAMES.get(country, names.get(country, country)))))


if __name__ == "__main__":
    main()
