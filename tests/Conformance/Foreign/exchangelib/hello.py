"""Meets a server and says what it took it for. Usage: hello.py URL"""
import json
import sys

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials

config = Configuration(service_endpoint=sys.argv[1], credentials=Credentials("anna@contoso.test", "demo"), auth_type=BASIC)
anna = Account("anna@contoso.test", config=config, autodiscover=False, access_type=DELEGATE)
print(json.dumps({"step": "hello", "build": str(anna.version.build), "version": anna.version.api_version, "read": len(list(anna.calendar.all())), "synced": len(list(anna.calendar.sync_items()))}))
print(json.dumps({"step": "end"}))
