"""Evolution's EWS backend, driven through libecal as Evolution itself drives it. Usage: walk.py SIMULATOR_URL. Prints one line of JSON per step."""
import json
import sys
import threading
import time
import urllib.parse
import urllib.request

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("ECal", "2.0")
gi.require_version("EBook", "1.2")
gi.require_version("EBookContacts", "1.2")
gi.require_version("ICalGLib", "3.0")
from gi.repository import EBook, EBookContacts, ECal, EDataServer, GLib, ICalGLib  # noqa: E402

URL = sys.argv[1]
USER, PASSWORD = "anna@contoso.test", "demo"
PATIENCE = 25
loop = GLib.MainLoop()


def say(step, **facts):
    print(json.dumps({"step": step, **facts}, default=str), flush=True)


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + "/control/" + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def items(folder="calendar"):
    return control("GET", f"mailboxes/{USER}/items?folder={folder}")


def until(what, fits):
    """Asks again until the answer fits; gives the last one anyway."""
    end = time.time() + PATIENCE
    value = what()
    while not fits(value) and time.time() < end:
        time.sleep(0.1)
        value = what()
    return value


def authenticate(_registry, source, _reason, _pem, _errors, _error):
    credentials = EDataServer.NamedParameters.new()
    credentials.set(EDataServer.SOURCE_CREDENTIAL_USERNAME, USER)
    credentials.set(EDataServer.SOURCE_CREDENTIAL_PASSWORD, PASSWORD)
    source.invoke_authenticate(credentials, None, None, None)


def sources(registry, extension):
    return [s for s in registry.list_sources(extension) if s.get_parent() == "simulator"]


def event(text):
    return ICalGLib.Component.new_from_string("BEGIN:VEVENT\r\n" + text.strip().replace("\n", "\r\n") + "\r\nEND:VEVENT\r\n")


def read(calendar, uid, rid=None):
    found, component = calendar.get_object_sync(uid, rid, None)
    return component if found else None


def facts(component):
    start = component.get_dtstart()
    return {"summary": component.get_summary(), "location": component.get_location(), "start": start.as_ical_string() if start else None, "description": component.get_description()}


def summaries(calendar):
    _, found = calendar.get_object_list_sync("#t", None)
    return sorted(c.get_summary() for c in found if c.get_summary())


def walk():
    registry = EDataServer.SourceRegistry.new_sync(None)
    registry.connect("credentials-required", authenticate)
    calendars = until(lambda: sources(registry, EDataServer.SOURCE_EXTENSION_CALENDAR), lambda found: found)
    say("sources", calendars=[s.get_display_name() for s in calendars],
        tasks=[s.get_display_name() for s in until(lambda: sources(registry, EDataServer.SOURCE_EXTENSION_TASK_LIST), lambda found: found)],
        books=[s.get_display_name() for s in until(lambda: sources(registry, EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK), lambda found: found)])
    calendar = ECal.Client.connect_sync(calendars[0], ECal.ClientSourceType.EVENTS, PATIENCE, None)
    say("open", summaries=until(lambda: summaries(calendar), lambda found: len(found) >= len(items())))

    _, uid = calendar.create_object_sync(event("""
DTSTART:20261124T090000Z
DTEND:20261124T100000Z
SUMMARY:From Evolution
LOCATION:Ulm
DESCRIPTION:the text
CATEGORIES:Zoo,Art
"""), ECal.OperationFlags.NONE, None)
    say("create", uid=uid, item=next(i for i in items() if i["subject"] == "From Evolution"))

    component = read(calendar, uid)
    say("read", **facts(component))
    component.set_summary("Changed by Evolution")
    component.set_location("Berlin")
    calendar.modify_object_sync(component, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None)
    say("change", item=next(i for i in items() if i["subject"] == "Changed by Evolution"))

    series_walk(calendar)
    outside(calendar)

    calendar.remove_object_sync(uid, None, ECal.ObjModType.ALL, ECal.OperationFlags.NONE, None)
    say("delete", left=[i["subject"] for i in items()], bin=[i["subject"] for i in items("deleteditems")])
    tasks(registry)
    contacts(registry)


def series_walk(calendar):
    _, uid = calendar.create_object_sync(event("""
DTSTART;TZID=Europe/Berlin:20261201T090000
DTEND;TZID=Europe/Berlin:20261201T100000
SUMMARY:Series
RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=TU
"""), ECal.OperationFlags.NONE, None)
    say("series", item=next(i for i in items() if i["subject"] == "Series"))
    try:
        instances = []
        start, end = int(time.mktime((2026, 11, 30, 0, 0, 0, 0, 0, 0))), int(time.mktime((2027, 1, 31, 0, 0, 0, 0, 0, 0)))
        calendar.generate_instances_sync(start, end, None, lambda c, s, e, *_: instances.append((c.get_summary(), s.as_ical_string())) or True, None)
        say("instances", instances=[i for i in instances if i[0] == "Series"])
        second = read(calendar, uid)
        second.set_recurrenceid(ICalGLib.Time.new_from_string("20261208T090000"))
        second.set_summary("Series, once another")
        calendar.modify_object_sync(second, ECal.ObjModType.THIS, ECal.OperationFlags.NONE, None)
        say("occurrence")
        calendar.remove_object_sync(uid, "20261215T090000", ECal.ObjModType.THIS, ECal.OperationFlags.NONE, None)
        say("occurrence_deleted")
    except GLib.Error as e:
        say("series_error", error=str(e))


def outside(calendar):
    """Somebody else changes the mailbox; only the stream can tell Evolution in time."""
    streams = until(lambda: control("GET", "counters")["streams"], lambda n: n > 0)
    before = time.time()
    made = control("POST", f"mailboxes/{USER}/items", {"subject": "From outside", "start": "2026-11-25T09:00:00", "end": "2026-11-25T10:00:00"})
    seen = until(lambda: summaries(calendar), lambda found: "From outside" in found)
    say("outside_create", streams=streams, seen=seen, seconds=time.time() - before)
    control("PATCH", f"mailboxes/{USER}/item?id=" + urllib.parse.quote(made["id"], safe=""), {"subject": "Changed outside"})
    say("outside_change", seen=until(lambda: summaries(calendar), lambda found: "Changed outside" in found))
    control("DELETE", f"mailboxes/{USER}/item?id=" + urllib.parse.quote(made["id"], safe=""))
    say("outside_delete", seen=until(lambda: summaries(calendar), lambda found: "Changed outside" not in found))


def tasks(registry):
    client = ECal.Client.connect_sync(sources(registry, EDataServer.SOURCE_EXTENSION_TASK_LIST)[0], ECal.ClientSourceType.TASKS, PATIENCE, None)
    _, uid = client.create_object_sync(ICalGLib.Component.new_from_string(
        "BEGIN:VTODO\r\nSUMMARY:Task of Evolution\r\nDUE;VALUE=DATE:20261124\r\nSTATUS:IN-PROCESS\r\nPERCENT-COMPLETE:40\r\nEND:VTODO\r\n"), ECal.OperationFlags.NONE, None)
    say("task", uid=uid, items=items("tasks"))


def contacts(registry):
    book = next(s for s in sources(registry, EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK) if s.get_display_name() == "Contacts")
    client = EBook.BookClient.connect_sync(book, PATIENCE, None)
    contact = EBookContacts.Contact.new_from_vcard("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kim Lee\r\nN:Lee;Kim;;;\r\nEMAIL;TYPE=WORK:kim@fabrikam.test\r\nORG:Fabrikam\r\nEND:VCARD\r\n")
    _, uid = client.add_contact_sync(contact, 0, None)
    say("contact", uid=uid, items=items("contacts"))


def run():
    try:
        walk()
        say("end")
    except Exception as e:  # the step that failed is the last one printed; the reason goes with it
        say("failed", error=f"{type(e).__name__}: {e}")
    loop.quit()


threading.Thread(target=run, daemon=True).start()
loop.run()
