"""One step of a meeting's road, taken by exchangelib. Usage: meeting.py URL create|move|delete|read SUBJECT. Prints one line of JSON."""
import datetime
import json
import sys

from exchangelib import BASIC, IMPERSONATION, Account, CalendarItem, Configuration, Credentials, EWSDateTime, EWSTimeZone
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY

url, step, subject = sys.argv[1:]
config = Configuration(service_endpoint=url, credentials=Credentials("sync@contoso.test", "demo"), auth_type=BASIC)
berlin = EWSTimeZone("Europe/Berlin")
anna = Account("anna@contoso.test", config=config, autodiscover=False, access_type=IMPERSONATION, default_timezone=berlin)
start = EWSDateTime(2027, 1, 11, 9, 0, tzinfo=berlin)

if step == "create":
    CalendarItem(
        account=anna, folder=anna.calendar, subject=subject, body="from exchangelib", location="Ulm", start=start, end=start + datetime.timedelta(hours=1),
        categories=["Red"], required_attendees=["ben@contoso.test"],
    ).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    print(json.dumps({"done": step}))
    sys.exit()

item = anna.calendar.get(subject=subject)
if step == "move":
    item.start += datetime.timedelta(hours=3)
    item.end += datetime.timedelta(hours=3)
    item.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
elif step == "delete":
    item.delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
print(json.dumps({
    "subject": item.subject, "body": (item.body or "").strip(), "location": item.location, "start": item.start.astimezone(EWSTimeZone("UTC")).isoformat(),
    "end": item.end.astimezone(EWSTimeZone("UTC")).isoformat(), "allDay": item.is_all_day, "categories": item.categories, "sensitivity": item.sensitivity,
    "showAs": item.legacy_free_busy_status, "importance": item.importance, "reminder": item.reminder_minutes_before_start if item.reminder_is_set else None,
    "attendees": [attendee.mailbox.email_address for attendee in item.required_attendees or []],
}, default=str))
