"""What the road of a meeting leaves out, done with exchangelib: folders, series, tasks, contacts, all conflict modes, push, delegates, free and busy. Usage: detours.py URL"""
import http.server
import json
import sys
import threading
import time
from decimal import Decimal

from exchangelib import (
    BASIC, DELEGATE, IMPERSONATION, Account, CalendarItem, Configuration, Contact, Credentials, EWSDate, EWSDateTime, EWSTimeZone, OofSettings, Task,
)
from exchangelib.errors import ErrorFolderNotFound, ErrorIrresolvableConflict, ErrorAccessDenied, ErrorItemNotFound
from exchangelib.folders import Calendar
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.items import ALL_OCCURRENCES, SEND_TO_NONE
from exchangelib.recurrence import Recurrence, WeeklyPattern
from exchangelib.services import SendNotification

URL = sys.argv[1]
TZ = EWSTimeZone("Europe/Berlin")


def say(step, **facts):
    print(json.dumps({"step": step, **facts}, default=str), flush=True)


def account(address, user="sync@contoso.test", access_type=IMPERSONATION):
    config = Configuration(service_endpoint=URL, credentials=Credentials(user, "demo"), auth_type=BASIC)
    return Account(address, config=config, autodiscover=False, access_type=access_type, default_timezone=TZ)


def at(day, hour, month=12):
    return EWSDateTime(2026, month, day, hour, 0, tzinfo=TZ)


def changes(folder):
    return [(kind, getattr(item, "subject", None) or getattr(item, "name", None)) for kind, item in folder.sync_items()]


anna = account("anna@contoso.test")


def folders():
    list(anna.msg_folder_root.sync_hierarchy())
    made = Calendar(parent=anna.msg_folder_root, name="Second calendar")
    made.save()
    created = [(kind, folder.name) for kind, folder in anna.msg_folder_root.sync_hierarchy()]
    item = CalendarItem(account=anna, folder=made, subject="In the second", start=at(1, 9), end=at(1, 10))
    item.save(send_meeting_invitations=SEND_TO_NONE)
    made.name = "Renamed"
    made.save(update_fields=["name"])
    found = [f.name for f in anna.msg_folder_root.walk() if f.name == "Renamed"]
    item.move(to_folder=anna.calendar)
    moved = anna.calendar.get(subject="In the second").id == item.id
    item.delete(send_meeting_cancellations=SEND_TO_NONE)
    made.delete()
    say("folders", created=created, found=found, moved=moved, gone=[kind for kind, _ in anna.msg_folder_root.sync_hierarchy()])


def stored_state():
    first = account("anna@contoso.test")
    for _ in first.tasks.sync_items():
        pass
    state = str(first.tasks.item_sync_state)
    Task(account=anna, folder=anna.tasks, subject="Between two programs").save()
    second = account("anna@contoso.test")
    second.tasks.item_sync_state = state
    once = changes(second.tasks)
    second.tasks.item_sync_state = state
    say("stored_state", once=once, again=changes(second.tasks))


def series():
    master = CalendarItem(
        account=anna, folder=anna.calendar, subject="Weekly", start=at(1, 9), end=at(1, 10),
        recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Tuesday"]), start=EWSDate(2026, 12, 1), number=5))
    master.save(send_meeting_invitations=SEND_TO_NONE)
    for _ in anna.calendar.sync_items():
        pass
    changed = master.occurrence(index=2)
    changed.refresh()
    changed.subject, changed.start, changed.end = "Once later", at(8, 14), at(8, 15)
    changed.save(update_fields=["subject", "start", "end"], send_meeting_invitations=SEND_TO_NONE)
    third = master.occurrence(index=3)
    third.refresh()
    third.delete(send_meeting_cancellations=SEND_TO_NONE)
    synced = changes(anna.calendar)
    master.refresh()
    view = [(i.subject, i.start.astimezone(TZ).isoformat(), i.type) for i in anna.calendar.view(start=at(1, 0), end=at(31, 0)) if i.uid == master.uid]
    occurrence = next(i for i in anna.calendar.view(start=at(22, 0), end=at(23, 0)))
    back = occurrence.recurring_master()
    back.refresh()
    say("series", synced=synced, modified=[o.original_start.astimezone(TZ).isoformat() for o in master.modified_occurrences],
        deleted=[o.start.astimezone(TZ).isoformat() for o in master.deleted_occurrences], view=view, back=back.id == master.id, last=master.last_occurrence.start.astimezone(TZ).isoformat())
    try:
        gone = master.occurrence(index=3)
        gone.refresh()
        error = None
    except Exception as e:
        error = type(e).__name__
    say("deleted_occurrence", error=error)
    master.subject = "Weekly, changed"
    master.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
    say("series_changed", subjects=sorted({i.subject for i in anna.calendar.view(start=at(1, 0), end=at(31, 0)) if i.uid == master.uid}))
    master.delete(send_meeting_cancellations=SEND_TO_NONE)


def conflicts():
    def stale():
        item = CalendarItem(account=anna, folder=anna.calendar, subject="First", location="Ulm", sensitivity="Private", start=at(2, 9, 11), end=at(2, 10, 11))
        item.save(send_meeting_invitations=SEND_TO_NONE)
        old = anna.calendar.get(id=item.id, changekey=item.changekey)
        item.subject = "Second"
        item.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
        old.subject, old.location, old.sensitivity = "Third", "Bonn", "Normal"
        return old

    result = {}
    for mode in ("NeverOverwrite", "AutoResolve", "AlwaysOverwrite"):
        old = stale()
        try:
            old.save(update_fields=["subject", "location", "sensitivity"], conflict_resolution=mode, send_meeting_invitations=SEND_TO_NONE)
            now = anna.calendar.get(id=old.id)
            result[mode] = [now.subject, now.location, now.sensitivity]
        except ErrorIrresolvableConflict as e:
            result[mode] = str(e)
        anna.calendar.get(id=old.id).delete(send_meeting_cancellations=SEND_TO_NONE)
    say("conflicts", **result)


def tasks():
    task = Task(account=anna, folder=anna.tasks, subject="Call", body="text", start_date=EWSDate(2026, 12, 1), due_date=EWSDate(2026, 12, 4), status="InProgress", percent_complete=Decimal(25), importance="High", categories=["B", "A"])
    task.save()
    read = anna.tasks.get(id=task.id)
    facts = dict(status=read.status, percent=str(read.percent_complete), start=read.start_date, due=read.due_date, importance=read.importance, categories=read.categories)
    read.complete()
    done = anna.tasks.get(id=task.id)
    say("tasks", **facts, completed=done.is_complete, complete_date=done.complete_date is not None)
    done.delete(affected_task_occurrences=ALL_OCCURRENCES)
    say("task_gone", error=type(list(anna.fetch([(task.id, None)]))[0]).__name__)


def contacts():
    contact = Contact(
        account=anna, folder=anna.contacts, given_name="Kim", surname="Lee", display_name="Kim Lee", file_as_mapping="LastCommaFirst", company_name="Fabrikam", job_title="Buyer", birthday=EWSDate(1980, 2, 3),
        email_addresses=[EmailAddress(email="kim@fabrikam.test", label="EmailAddress1")], phone_numbers=[PhoneNumber(label="MobilePhone", phone_number="+49 170 1")],
        physical_addresses=[PhysicalAddress(label="Business", street="Street 1", city="Ulm", zipcode="89073")], body="notes")
    contact.save()
    contact.phone_numbers = [PhoneNumber(label="MobilePhone", phone_number="+49 170 2"), PhoneNumber(label="HomePhone", phone_number="+49 731 3")]
    contact.physical_addresses = [PhysicalAddress(label="Business", street="Street 1", city="Neu-Ulm", zipcode="89231")]
    contact.surname = "Berg"
    contact.save(update_fields=["phone_numbers", "physical_addresses", "surname"])
    read = anna.contacts.get(id=contact.id)
    say("contacts", file_as=read.file_as, email=read.email_addresses[0].email, phones=sorted((p.label, p.phone_number) for p in read.phone_numbers if p.phone_number),
        city=[a.city for a in read.physical_addresses if a.label == "Business"], body=read.body, birthday=read.birthday.isoformat(), title=read.job_title)
    contact.delete()
    say("contact_gone", left=[c.surname for c in anna.contacts.all()])


def push():
    received, service = [], SendNotification(protocol=None)

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for notification in service.parse(body):
                received.append((notification.subscription_id, [type(e).__name__ for e in notification.events], notification.previous_watermark is not None))
            answer = service.unsubscribe_payload() if any("DeletedEvent" in r[1] for r in received) else service.ok_payload()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    subscription_id, watermark = anna.calendar.subscribe_to_push(callback_url=f"http://127.0.0.1:{server.server_port}/hook", status_frequency=1)
    item = CalendarItem(account=anna, folder=anna.calendar, subject="Pushed", start=at(3, 9), end=at(3, 10))
    item.save(send_meeting_invitations=SEND_TO_NONE)
    end = time.time() + 60  # a post that failed is tried again after 30 s
    while time.time() < end and not any("CreatedEvent" in r[1] for r in received):
        time.sleep(0.05)
    item.delete(send_meeting_cancellations=SEND_TO_NONE)
    while time.time() < end and not any("DeletedEvent" in r[1] for r in received):
        time.sleep(0.05)
    server.shutdown()
    say("push", first=received[0][1], kinds=sorted({k for r in received for k in r[1]}), same=all(r[0] == subscription_id for r in received), watermark=watermark is not None, previous=all(r[2] for r in received))


def delegates():
    own = account("anna@contoso.test", "anna@contoso.test", DELEGATE)
    seen = {}
    for address in ("ben@contoso.test", "carla@contoso.test", "room.berlin@contoso.test"):
        try:
            other = account(address, "anna@contoso.test", DELEGATE)
            seen[address] = sorted(i.subject or "(private)" for i in other.calendar.all())
            CalendarItem(account=other, folder=other.calendar, subject="By Anna", start=at(4, 9), end=at(4, 10)).save(send_meeting_invitations=SEND_TO_NONE)
            seen[address] += ["may write"]
        except (ErrorFolderNotFound, ErrorAccessDenied, ErrorItemNotFound) as e:
            seen[address] = seen.get(address, []) + [type(e).__name__]
    say("delegates", seen=seen, mine=[d.user_id.primary_smtp_address for d in own.delegates])


def directory():
    start, end = EWSDateTime(2026, 12, 10, 0, 0, tzinfo=TZ), EWSDateTime(2026, 12, 11, 0, 0, tzinfo=TZ)
    CalendarItem(account=anna, folder=anna.calendar, subject="Busy then", start=at(10, 9), end=at(10, 11)).save(send_meeting_invitations=SEND_TO_NONE)
    CalendarItem(
        account=anna, folder=anna.calendar, subject="Daily", start=at(9, 14), end=at(9, 15),
        recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Wednesday", "Thursday"]), start=EWSDate(2026, 12, 9), number=2)).save(send_meeting_invitations=SEND_TO_NONE)
    infos = list(anna.protocol.get_free_busy_info(accounts=[(anna, "Required", False), ("nobody@contoso.test", "Required", False)], start=start, end=end, merged_free_busy_interval=60, requested_view="DetailedMerged"))
    info = infos[0]
    say("free_busy", merged=info.merged, events=[(e.start.strftime("%H:%M"), e.end.strftime("%H:%M"), e.busy_type, e.details.subject if e.details else None) for e in info.calendar_events],
        unknown=type(infos[1]).__name__, hours=[str(p) for p in info.working_hours][:1])
    say("names", one=[m.email_address for m in anna.protocol.resolve_names(["anna@contoso.test"])], expanded=[m.email_address for m in anna.protocol.expand_dl("all@contoso.test")],
        rooms=[r.email_address for r in anna.protocol.get_rooms("rooms@contoso.test")], lists=[r.email_address for r in anna.protocol.get_roomlists()],
        zones=[z.id for z in anna.protocol.get_timezones(timezones=[TZ])])
    own = account("anna@contoso.test", "anna@contoso.test", DELEGATE)
    own.oof_settings = OofSettings(state="Enabled", external_audience="All", internal_reply="Away", external_reply="Away")
    say("oof", state=own.oof_settings.state, reply=own.oof_settings.internal_reply)


for step in (folders, stored_state, series, conflicts, tasks, contacts, push, delegates, directory):
    try:
        step()
    except Exception as e:  # the others may still tell something
        say("failed " + step.__name__, error=f"{type(e).__name__}: {e}")
say("end")
