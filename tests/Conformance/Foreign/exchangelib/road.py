"""The road of a meeting, walked by exchangelib. Usage: road.py URL. Prints one line of JSON per step."""
import datetime
import json
import sys
import threading
import time

from exchangelib import (
    BASIC, DELEGATE, IMPERSONATION, Account, CalendarItem, Configuration, Contact, Credentials, EWSDateTime, EWSTimeZone, ExtendedProperty, Task,
)
from exchangelib.errors import ErrorIrresolvableConflict, ErrorNonExistentMailbox
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.recurrence import Recurrence, WeeklyPattern


class CrmStamp(ExtendedProperty):
    property_set_id = "11111111-2222-4333-8444-555555555555"
    property_name = "CrmSyncIntent"
    property_type = "String"


CalendarItem.register("crm_stamp", CrmStamp)
URL = sys.argv[1]


def say(step, **facts):
    print(json.dumps({"step": step, **facts}, default=str), flush=True)


def account(address, user="sync@contoso.test", access_type=IMPERSONATION):
    config = Configuration(service_endpoint=URL, credentials=Credentials(user, "demo"), auth_type=BASIC)
    return Account(address, config=config, autodiscover=False, access_type=access_type, default_timezone=EWSTimeZone("Europe/Berlin"))


anna = account("anna@contoso.test")
say("connect", version=str(anna.version.api_version), folders=[f.name for f in anna.msg_folder_root.children])

tz = anna.default_timezone
start = EWSDateTime(2026, 11, 24, 9, 0, tzinfo=tz)
for change in anna.calendar.sync_items():
    pass
state = anna.calendar.item_sync_state

meeting = CalendarItem(
    account=anna, folder=anna.calendar, subject="Büro & Plan", body="line one\nline two", location="Ulm", start=start, end=start + datetime.timedelta(hours=1),
    categories=["Zoo", "Art"], required_attendees=["ben@contoso.test"], crm_stamp="intent-1",
)
meeting.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
say("create", id=meeting.id, changekey=meeting.changekey)

anna.calendar.item_sync_state = state
say("sync_create", changes=[(kind, item.id) for kind, item in anna.calendar.sync_items()])
state = anna.calendar.item_sync_state

read = anna.calendar.get(crm_stamp="intent-1")
say("read", subject=read.subject, body=read.body, location=read.location, start=read.start.isoformat(), end=read.end.isoformat(), categories=read.categories,
    uid=read.uid, stamp=read.crm_stamp, is_meeting=read.is_meeting, response=read.my_response_type, zone=str(read._start_timezone),
    attendees=[a.mailbox.email_address for a in read.required_attendees])

read.start += datetime.timedelta(hours=2)
read.end += datetime.timedelta(hours=2)
read.subject = "Moved"
read.save(update_fields=["start", "end", "subject"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY, conflict_resolution="NeverOverwrite")
anna.calendar.item_sync_state = state
say("sync_update", changes=[(kind, item.id) for kind, item in anna.calendar.sync_items()])
state = anna.calendar.item_sync_state
say("view", subjects=[i.subject for i in anna.calendar.view(start=start, end=start + datetime.timedelta(hours=4))],
    filtered=[i.subject for i in anna.calendar.filter(start__gte=start, subject__startswith="Mov")])

try:
    stale = anna.calendar.get(id=read.id, changekey=read.changekey)
    meeting.subject = "Too late"
    meeting.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE, conflict_resolution="NeverOverwrite")
    say("conflict", error=None)
except ErrorIrresolvableConflict as e:
    say("conflict", error=type(e).__name__)

ben = account("ben@contoso.test")
copy = ben.calendar.get(subject="Moved")
copy.accept(body="I come")
fresh = anna.calendar.get(id=read.id)
say("accept", response=fresh.required_attendees[0].response_type)

events = []


def listen():
    with anna.calendar.streaming_subscription() as subscription:
        say("stream_open")
        for notification in anna.calendar.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=1):
            for event in notification.events:
                events.append(type(event).__name__)


listener = threading.Thread(target=listen, daemon=True)
listener.start()
time.sleep(1)
# The stream holds the only connection of its sign-in: the change comes from another one, Anna's own.
own = account("anna@contoso.test", "anna@contoso.test", DELEGATE)
other = CalendarItem(account=own, folder=own.calendar, subject="Seen in the stream", start=start, end=start + datetime.timedelta(minutes=30))
other.save(send_meeting_invitations=SEND_TO_NONE)
listener.join(20)
say("stream", events=events)

subscription_id, watermark = anna.calendar.subscribe_to_pull(timeout=10)
other.delete(send_meeting_cancellations=SEND_TO_NONE)
time.sleep(0.5)
pulled = []
for notification in anna.calendar.get_events(subscription_id, watermark):
    pulled += [type(e).__name__ for e in notification.events]
anna.calendar.unsubscribe(subscription_id)
say("pull", events=pulled)

series = CalendarItem(
    account=anna, folder=anna.calendar, subject="Series", start=start, end=start + datetime.timedelta(hours=1),
    recurrence=Recurrence(pattern=WeeklyPattern(interval=2, weekdays=["Tuesday"]), start=start.date(), number=5),
)
series.save(send_meeting_invitations=SEND_TO_NONE)
master = anna.calendar.get(id=series.id)
say("series", type=master.type, pattern=str(master.recurrence.pattern), number=master.recurrence.boundary.number)

task = Task(account=anna, folder=anna.tasks, subject="Call back", due_date=start.date())
task.save()
task.status = "Completed"
task.save(update_fields=["status"])
say("task", percent=str(anna.tasks.get(id=task.id).percent_complete), complete=anna.tasks.get(id=task.id).is_complete)
task.delete(affected_task_occurrences="AllOccurrences")

contact = Contact(account=anna, folder=anna.contacts, given_name="Kim", surname="Lee", display_name="Kim Lee", file_as_mapping="LastCommaFirst", company_name="Fabrikam")
contact.save()
say("contact", file_as=anna.contacts.get(id=contact.id).file_as)

fresh.move_to_trash(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
anna.calendar.item_sync_state = state
changes = [(kind, getattr(item, "id", None)) for kind, item in anna.calendar.sync_items()]
say("sync_delete", changes=changes, trash=[i.subject for i in anna.trash.all()])
say("gone", error=type(list(anna.fetch([(read.id, None)]))[0]).__name__)
say("cancelled", subject=ben.calendar.get(subject__startswith="Canceled").subject)
try:
    list(account("nobody@contoso.test").calendar.all())
    say("impersonation", error=None)
except ErrorNonExistentMailbox as e:
    say("impersonation", error=type(e).__name__)
say("end")
